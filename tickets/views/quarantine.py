"""What arrived and did not become a message: why, and what an admin may do with it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from connectors.errors import ParserBug, Unreadable, ZygoteLost
from connectors.models import RawContent, RawDelivery
from connectors.queries import (
    count_deliveries,
    heads_of,
    list_deliveries,
    read_head_of,
    read_inbound,
    read_raw,
)
from core.crypto import DecryptionError
from core.errors import HelpdeskError, Invalid
from tickets import actions
from tickets.models import Ticket
from tickets.views.access import reads, require

# What needs a look comes first; the rest is there to be found.
STATES = {
    "quarantined": gettext_lazy("Quarantine"),
    "failed": gettext_lazy("Failed"),
    "received": gettext_lazy("Waiting"),
    "applied": gettext_lazy("Applied"),
    "dismissed": gettext_lazy("Put aside"),
    "all": gettext_lazy("All"),
}
_PER_PAGE = 25
_PREVIEW = 20_000


@reads
def deliveries(request: HttpRequest) -> HttpResponse:
    require(request, "connectors.view_rawdelivery")
    asked = request.GET.get("state", "")
    state = asked if asked in STATES else "quarantined"
    found = list_deliveries(request.user, "" if state == "all" else state)
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    counts = count_deliveries(request.user)
    heads = heads_of(list(page.object_list))
    suspected = _suspected(request, list(page.object_list))
    context = {
        "state": state,
        "tabs": [(key, label, counts.get(key)) for key, label in STATES.items()],
        "page": page,
        "rows": [(row, heads[row.pk], suspected.get(_near(row))) for row in page],
        "may_act": request.user.may("connectors.change_rawdelivery"),
    }
    return _private(render(request, "tickets/deliveries.html", context))


def _near(delivery: RawDelivery) -> UUID | None:
    return delivery.ticket_id or delivery.suspected_ticket_id


def _suspected(request: HttpRequest, rows: list[RawDelivery]) -> dict[UUID | None, Ticket]:
    """The tickets they entered or wanted to enter, as far as this user may see them."""
    wanted = {pk for row in rows if (pk := _near(row))}
    visible = Ticket.objects.visible_to(request.user).filter(pk__in=wanted)
    return {ticket.pk: ticket for ticket in visible}


@reads
def delivery(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One of them, read as text alone: nothing of it runs, loads or is linked."""
    require(request, "connectors.view_rawdelivery")
    found = get_object_or_404(list_deliveries(request.user).select_related("content"), pk=pk)
    return _show(request, found)


def _show(request: HttpRequest, found: RawDelivery, *, refusal: str = "") -> HttpResponse:
    ticket = _suspected(request, [found]).get(_near(found))
    context = _preview(found) | {
        "d": found,
        "ticket": ticket,
        "refusal": refusal,
        "asked": request.POST.get("number", ticket.number if ticket else ""),
        "may_act": request.user.may("connectors.change_rawdelivery"),
    }
    status = 409 if refusal else 200
    return _private(render(request, "tickets/delivery.html", context, status=status))


def _preview(found: RawDelivery) -> dict[str, Any]:
    """The words of the mail, or of its head alone where it cannot be understood."""
    try:
        head = read_head_of(read_raw(found))
    except (DecryptionError, RawContent.DoesNotExist):
        return {"head": None, "unreadable": _("It was altered or erased and cannot be opened.")}
    try:
        inbound = read_inbound(found)
    except (Unreadable, DecryptionError) as problem:
        return {"head": head, "unreadable": str(problem)}
    except (ParserBug, ZygoteLost):
        return {
            "head": head,
            "unreadable": _("Our reader failed on it. It is kept and can be tried again."),
        }
    return {
        "head": head,
        "inbound": inbound,
        "text": inbound.text[:_PREVIEW],
        "is_cut": len(inbound.text) > _PREVIEW,
        "files": [(file.filename, len(file.content)) for file in inbound.attachments],
    }


def _acts(request: HttpRequest, pk: UUID) -> RawDelivery:
    require(request, "connectors.change_rawdelivery")
    return get_object_or_404(list_deliveries(request.user).select_related("content"), pk=pk)


@login_required
@require_POST
def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let it in as if nothing had been suspected."""
    found = _acts(request, pk)
    try:
        message = actions.release_delivery(found, actor=request.user)
    except HelpdeskError as refusal:
        return _show(request, found, refusal=refusal.reason)
    return _done(request, _("Released into #%(n)d."), message.ticket)


@login_required
@require_POST
def refile(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put it into the ticket that a person says it belongs to."""
    found = _acts(request, pk)
    try:
        message = actions.refile_delivery(found, ticket=_named(request), actor=request.user)
    except HelpdeskError as refusal:
        return _show(request, found, refusal=refusal.reason)
    return _done(request, _("Filed into #%(n)d."), message.ticket)


def _named(request: HttpRequest) -> Ticket:
    text = request.POST.get("number", "").strip().removeprefix("#")
    if not (text.isascii() and text.isdigit() and len(text) < 13):
        raise Invalid(_("Name a ticket by its number."), field="number")
    ticket = Ticket.objects.visible_to(request.user).filter(number=int(text)).first()
    if ticket is None:
        raise Invalid(_("There is no ticket with this number."), field="number")
    return ticket


@login_required
@require_POST
def block(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its sender's mail goes to the spam folder from now on; this one is put aside."""
    found = _acts(request, pk)
    try:
        actions.block_sender_of(found, actor=request.user, whole="domain" in request.POST)
    except HelpdeskError as refusal:
        return _show(request, found, refusal=refusal.reason)
    messages.success(request, _("Blocked. Mail from there goes to the spam folder."))
    return redirect(f"{reverse('tickets:deliveries')}?state=quarantined")


def _done(request: HttpRequest, words: str, ticket: Ticket) -> HttpResponse:
    messages.success(request, words % {"n": ticket.number})
    return redirect(f"{reverse('tickets:deliveries')}?state=quarantined")


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response
