"""One ticket: its page, the same as a fragment, and what changed since."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core import blind
from tickets.lifecycle import allowed_targets
from tickets.models import Category, Priority, Ticket
from tickets.queries import Changes, ListRequest, load_changes, load_ticket
from tickets.queries.evidence import recipients_of
from tickets.queries.newest import address_of, is_trusted
from tickets.views.access import is_fragment, number, reads
from tickets.views.lists import query_of
from tickets.views.timeline import build_timeline


@reads
def ticket_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The thread at once; the list beside it asks for itself, so that neither waits."""
    page = load_ticket(request.user, pk)
    asked = ListRequest.from_query(request.GET)
    context = ticket_context(request, page.ticket) | {
        "page_data": page,
        "entries": build_timeline(
            page.items, user=request.user, people=page.people, read_seq=page.read_seq
        ),
        "suggestions": page.suggestions,
        "recipient": find_recipient(page),
        "query": query_of(asked),
        "asked": asked,
    }
    template = "tickets/_ticket.html" if is_fragment(request) else "tickets/desk.html"
    response = render(request, template, context)
    response["Cache-Control"] = "no-store, private"
    return response


@reads
def changes(request: HttpRequest, pk: UUID) -> HttpResponse:
    return render_changes(request, pk)


def render_changes(request: HttpRequest, pk: UUID, *, status: int = 200) -> HttpResponse:
    """What the page of the ticket must show differently since the ``after`` it names."""
    found = load_changes(request.user, pk, number(request, "after"))
    context = ticket_context(request, found.ticket) | {
        "changes": found,
        "entries": build_timeline(
            found.items, user=request.user, people=found.people, read_seq=None
        ),
        "suggestions": found.suggestions,
        "withdrawn": gone_from(found),
    }
    response = render(request, "tickets/_changes.html", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


def ticket_context(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    user = request.user
    return {
        "ticket": ticket,
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
    return withdrawn + deleted


def find_recipient(page: Any) -> str:
    """Whom an answer goes to, as the action will decide: who wrote last, else the customer."""
    messages = [item.message for item in page.items if item.message]
    written_to = {
        blind.normalise_email(address)
        for message in messages
        if not message.is_inbound and not message.is_note
        for address in recipients_of(message)
    }
    for message in reversed(messages):
        if not message.is_inbound or message.is_automatic:
            continue
        sender = address_of(message)
        if sender and (is_trusted(message) or blind.normalise_email(sender) in written_to):
            return sender
    own = (identity.value for identity in page.identities if identity.kind == "email")
    return next(own, "")
