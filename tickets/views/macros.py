"""Macros: the pages on which they are kept, and what the workspace does with them."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import Invalid
from core.models import Event
from tickets import actions
from tickets.macro_forms import MacroForm
from tickets.models import Macro, Ticket
from tickets.queries.macros import (
    editable_macros,
    find_macro,
    offered_macros,
    ticket_for_text,
    visible_macros,
)
from tickets.queries.variables import VARIABLES
from tickets.views.access import changes_ticket, reads, require, uuid_or_none
from tickets.views.pages import render_changes

# The pages


@reads
def macros(request: HttpRequest) -> HttpResponse:
    require(request, "tickets.note_ticket")
    mine = set(editable_macros(request.user).values_list("pk", flat=True))
    found = list(visible_macros(request.user))
    for macro in found:
        macro.may_edit = macro.pk in mine
    groups = [
        (_("Everybody’s"), [m for m in found if not m.owner_id and not m.team_id]),
        (_("Your teams’"), [m for m in found if m.team_id]),
        (_("Your own"), [m for m in found if m.owner_id]),
    ]
    return render(request, "tickets/macros.html", {"groups": groups, "is_empty": not found})


@login_required
def new_macro(request: HttpRequest) -> HttpResponse:
    require(request, "tickets.note_ticket")
    return _edit(request, None)


@login_required
def macro(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request, "tickets.note_ticket")
    return _edit(request, get_object_or_404(editable_macros(request.user), pk=pk))


def _edit(request: HttpRequest, found: Macro | None) -> HttpResponse:
    form = MacroForm(request.POST or None, user=request.user, macro=found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_macro(found, actor=request.user, **form.fields_of_macro())
        except Invalid as refusal:
            field = str(refusal.extra.get("field", ""))
            form.add_error(field if field in form.fields else None, refusal.reason)
        else:
            messages.success(request, _("Saved."))
            return redirect("tickets:macros")
    context = {"form": form, "macro": found, "variables": VARIABLES.items()}
    status = 400 if form.errors else 200
    return render(request, "tickets/macro.html", context, status=status)


@login_required
@require_POST
def remove_macro(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request, "tickets.note_ticket")
    found = get_object_or_404(editable_macros(request.user), pk=pk)
    actions.remove_macro(found, actor=request.user)
    messages.success(request, _("Removed."))
    return redirect("tickets:macros")


# In the workspace


@reads
def offered(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The menu of a ticket, with each text filled in."""
    ticket = ticket_for_text(request.user, pk)
    may_change = request.user.may("tickets.change_ticket")
    may_reply = request.user.may("tickets.reply_ticket")
    offers = [
        offer
        for offer in offered_macros(request.user, ticket)
        if (may_change or not offer.effects)
        and (may_reply or offer.macro.is_note or not offer.text)
    ]
    response = render(request, "tickets/_macros.html", {"offers": offers, "ticket": ticket})
    response["Cache-Control"] = "no-store, private"
    return response


@changes_ticket("tickets.note_ticket")
def apply(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    pk = uuid_or_none(request.POST.get("macro", ""))
    if pk is None:
        raise Invalid(_("Choose a macro."), field="macro")
    applied = actions.apply_macro(find_macro(request.user, pk), ticket=ticket, actor=request.user)
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        return HttpResponse(status=204)  # handed on to where this user does not work
    return render_changes(request, ticket.pk, event=applied.event)


@changes_ticket("tickets.change_ticket")
def undo(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    pk = uuid_or_none(request.POST.get("event", ""))
    event = get_object_or_404(Event, pk=pk, ticket_id=ticket.pk, name="macro.applied")
    undone = actions.undo_macro(event, actor=request.user)
    return render_changes(request, ticket.pk, event=undone)
