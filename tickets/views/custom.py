"""Fields of the house's own in the side panel of a ticket: read, and changed in place."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from core.errors import Invalid
from customers.queries import CustomFieldsForm, read_values, show_values
from tickets import actions
from tickets.models import Ticket
from tickets.queries.types import active_types, fields_of_ticket
from tickets.views.access import require


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def custom_fields(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The part of the panel: shown, with ``?edit=1`` as a form. Loaded by itself, since most
    tickets are looked at without it."""
    ticket = get_object_or_404(
        Ticket.objects.visible_to(request.user).select_related("customer"), pk=pk
    )
    if request.method == "POST":
        require(request, "tickets.change_ticket")
        return _change(request, ticket)
    return _show(request, ticket, _form(ticket), is_open="edit" in request.GET)


def _form(ticket: Ticket, data: Any = None) -> CustomFieldsForm:
    fields = fields_of_ticket(ticket.type)
    return CustomFieldsForm(
        data,
        custom_fields=fields,
        custom=read_values(ticket),
        auto_id="cf-%s",
    )


def _change(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    form = _form(ticket, request.POST)
    kind = request.POST.get("type", ticket.type)
    if kind not in {"", ticket.type, *(row.code for row in active_types())}:
        raise Invalid("There is no such type.", field="type")
    if kind != ticket.type:
        # The fields are those of the type that was shown; the new one's are asked for next.
        ticket = actions.set_type(ticket, actor=request.user, type=kind)
        return _show(request, ticket, _form(ticket), is_open=True)
    if not form.is_valid():
        return _show(request, ticket, form, is_open=True, status=400)
    ticket = actions.set_custom_fields(ticket, form.custom_values(), actor=request.user)
    return _show(request, ticket, _form(ticket), is_open=False)


def _show(
    request: HttpRequest,
    ticket: Ticket,
    form: CustomFieldsForm,
    *,
    is_open: bool,
    status: int = 200,
) -> HttpResponse:
    types = active_types()
    context = {
        "ticket": ticket,
        "shown": show_values(fields_of_ticket(ticket.type), read_values(ticket)),
        "form": form,
        "types": types,
        "may_change": request.user.may("tickets.change_ticket"),
        "is_open": is_open,
    }
    return render(request, "tickets/_custom_values.html", context, status=status)
