"""One ticket: its page, the same as a fragment, and what changed since."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from core.models import Event
from core.registry import part_of, ticket_panels
from tickets.lifecycle import allowed_targets
from tickets.models import Category, Priority, Ticket
from tickets.queries import Changes, ListRequest, TicketPage, load_changes, load_ticket
from tickets.queries.recipients import Recipients, recipients_for
from tickets.views.access import is_fragment, number, reads
from tickets.views.lists import query_of
from tickets.views.timeline import build_timeline


@reads
def ticket_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The thread at once; the list beside it asks for itself, so that neither waits."""
    page = load_ticket(request.user, pk)
    if elsewhere := _home_of(request, page.ticket):
        return elsewhere
    asked = ListRequest.from_query(request.GET)
    context = ticket_context(request, page.ticket) | {
        "page_data": page,
        "entries": build_timeline(
            page.items, user=request.user, people=page.people, read_seq=page.read_seq
        ),
        "suggestions": page.suggestions,
        "recipients": _recipients_in(page),
        "query": query_of(asked),
        "asked": asked,
    }
    template = "tickets/_ticket.html" if is_fragment(request) else "tickets/desk.html"
    response = render(request, template, context)
    response["Cache-Control"] = "no-store, private"
    return response


def _home_of(request: HttpRequest, ticket: Ticket) -> HttpResponse | None:
    """What was merged is shown where it went; with ``stay`` its own history can still be read."""
    target = ticket.merged_into_id
    if target is None or "stay" in request.GET:
        return None
    if not Ticket.objects.visible_to(request.user).filter(pk=target).exists():
        return None
    query = request.GET.copy()
    query["merged"] = str(ticket.number)
    return redirect(f"{reverse('tickets:ticket', args=[target])}?{query.urlencode()}")


@reads
def changes(request: HttpRequest, pk: UUID) -> HttpResponse:
    return render_changes(request, pk)


def render_changes(
    request: HttpRequest, pk: UUID, *, status: int = 200, event: Event | None = None
) -> HttpResponse:
    """What the page of the ticket must show differently since the ``after`` it names. ``event`` is
    one that the page may undo."""
    found = load_changes(request.user, pk, number(request, "after"))
    context = ticket_context(request, found.ticket) | {
        "changes": found,
        "entries": build_timeline(
            found.items, user=request.user, people=found.people, read_seq=None
        ),
        "suggestions": found.suggestions,
        "withdrawn": gone_from(found),
        "undoable": event,
    }
    response = render(request, "tickets/_changes.html", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


def ticket_context(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    user = request.user
    return {
        "ticket": ticket,
        "part": part_of(ticket, user),
        "panels": list(ticket_panels.values()),
        "targets": [(code, Category(code).label) for code in allowed_targets(ticket, user)],
        "priorities": [(p.value, p.label) for p in reversed(Priority)],
        "is_mine": ticket.assignee_id == user.pk,
        "may_reply": user.may("tickets.reply_ticket"),
        "may_note": user.may("tickets.note_ticket"),
        "may_change": user.may("tickets.change_ticket"),
        "may_remove": user.may("tickets.delete_message"),
        "may_see_raw": user.may("connectors.view_rawdelivery"),
        "may_block_domain": user.may("connectors.add_senderblock"),
    }


def gone_from(found: Changes) -> list[str]:
    """Messages that open pages must no longer show."""
    withdrawn = [str(message.pk) for message in found.messages if message.withdrawn_at]
    deleted = [e.details["message"] for e in found.events if e.name == "message.deleted"]
    present = {str(message.pk) for message in found.messages}
    moved = {pk for event in found.events for pk in event.details.get("gone", ())}
    return [*withdrawn, *deleted, *sorted(moved - present)]


def _recipients_in(page: TicketPage) -> Recipients:
    """Whom an answer goes to, as the action will decide, and who gets copies."""
    return recipients_for(
        [item.message for item in page.items if item.message],
        inbox_address=page.ticket.inbox.address or "",
        own=[identity.value for identity in page.identities if identity.kind == "email"],
    )
