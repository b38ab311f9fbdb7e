"""Spam, removal and suggestions: what people decide about tickets and messages that came in."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from connectors.models import RawDelivery
from connectors.queries import read_raw
from core.errors import Invalid
from tickets import actions
from tickets.models import Suggestion, Ticket
from tickets.queries import ListRequest, list_tickets
from tickets.views.access import changes_ticket, reads, require, visible_message
from tickets.views.pages import render_changes

_TARGETS = 6


@changes_ticket("tickets.change_ticket")
def spam(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    if request.POST.get("value") == "no":
        actions.unmark_spam(ticket, actor=request.user)
    else:
        actions.mark_spam(ticket, actor=request.user)
    return render_changes(request, ticket.pk)


@changes_ticket("tickets.change_ticket")
def block(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Block the customer's address, or its whole domain; the ticket becomes spam with it."""
    whole = request.POST.get("value") == "domain"
    if whole:
        require(request, "connectors.add_senderblock")
    actions.block_sender_of_ticket(ticket, actor=request.user, whole=whole)
    return render_changes(request, ticket.pk)


@login_required
@require_POST
def dismiss(request: HttpRequest, pk: UUID) -> HttpResponse:
    visible = Ticket.objects.visible_to(request.user)
    found = get_object_or_404(
        Suggestion.objects.select_related("ticket").filter(ticket__in=visible), pk=pk
    )
    require(request, "tickets.change_ticket")
    actions.dismiss_suggestion(found, actor=request.user)
    return render_changes(request, found.ticket_id)


@login_required
@require_POST
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take the words of a message away, or the message itself; that it was there stays."""
    message = visible_message(request, pk)
    require(request, "tickets.delete_message")
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise Invalid(_("Say why it is removed."), field="reason")
    if request.POST.get("how") == "delete":
        actions.delete_message(message, actor=request.user, reason=reason)
    else:
        actions.redact_message(message, actor=request.user, reason=reason)
    return render_changes(request, message.ticket_id)


@reads
def message_raw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The mail behind a message as it came, only ever as a download."""
    message = visible_message(request, pk)
    require(request, "connectors.view_rawdelivery")
    stored = RawDelivery.objects.filter(message_id=message.pk).select_related("content")
    found = stored.order_by("pk").first()  # a copy that came later may be anybody's
    if found is None or not hasattr(found, "content"):
        raise Http404  # none came, or it was erased
    response = HttpResponse(read_raw(found), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{found.pk}.eml"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


@reads
def targets(request: HttpRequest) -> HttpResponse:
    """Tickets a mail could be filed into, by number or words."""
    text = request.GET.get("number", "").strip()[:200]
    asked = ListRequest(view="all", q=text, limit=_TARGETS)
    context = {"q": text, "found": list_tickets(request.user, asked).rows if text else []}
    response = render(request, "tickets/_targets.html", context)
    response["Cache-Control"] = "no-store, private"
    return response
