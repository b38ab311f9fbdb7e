"""What webhooks are told, and how their lines stand."""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Team, User
from automation.models import Webhook, WebhookDelivery
from automation.webhooks.catalogue import ASKED, EVENTS
from core.clock import now
from core.events import read_in_order
from core.models import Event
from core.outside import Place, Unreachable, find_address, read_url
from tickets.models import Priority, Ticket

_WAITING = WebhookDelivery.State.WAITING


def inside_hosts() -> Collection[str]:
    hosts: Collection[str] = settings.WEBHOOK_INTERNAL_HOSTS
    return hosts


def refuses(url: str) -> str:
    """The code of why an address that is one may not be called; a name nobody knows may yet be."""
    place: Place = read_url(url, inside=inside_hosts())
    try:
        find_address(place, inside=inside_hosts())
    except Unreachable as refusal:
        return str(refusal) if str(refusal) == "inside" else ""
    return ""


# What is said


def is_wanted(webhook: Webhook, event: Event, ticket: Ticket | None) -> bool:
    """``webhook`` with its teams prefetched."""
    if event.name == ASKED:
        return bool(event.details.get("webhook") == str(webhook.pk))
    if event.name not in (webhook.events or EVENTS):
        return False
    teams = {team.pk for team in webhook.teams.all()}
    return not teams or (ticket is not None and ticket.team_id in teams)


def payload_of(event: Event, ticket: Ticket | None) -> dict[str, Any]:
    """Ids, codes and numbers. What was said and by whom is asked of the API, which knows who may
    read it."""
    data: dict[str, Any] = {
        "event": str(event.pk),
        "actor": {"kind": event.actor_kind, "id": _id(event.actor_id)},
        "subject": {"kind": event.subject_kind, "id": str(event.subject_id)},
        "seq": event.seq,
        "via": event.via,
        "details": event.details,
        "ticket": describe_ticket(ticket) if ticket else None,
    }
    return {"type": event.name, "timestamp": event.at.isoformat(), "data": data}


def describe_ticket(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": str(ticket.pk),
        "number": ticket.number,
        "status": ticket.status.code,
        "category": ticket.category,
        "priority": Priority(ticket.priority).name.lower(),
        "type": ticket.type,
        "team": _id(ticket.team_id),
        "assignee": _id(ticket.assignee_id),
        "inbox": _id(ticket.inbox_id),
        "tags": ticket.tags,
    }


def _id(pk: UUID | None) -> str | None:
    return str(pk) if pk else None


def tickets_of(events: Iterable[Event]) -> dict[UUID, Ticket]:
    pks = {event.ticket_id for event in events if event.ticket_id}
    found = Ticket.objects.filter(pk__in=pks).select_related("status")
    return {ticket.pk: ticket for ticket in found}


# In which order


def read_batch(after: tuple[int, UUID], *, size: int) -> list[Event]:
    """The next events behind the horizon."""
    return list(read_in_order(after)[:size])


def arrange(batch: Sequence[Event]) -> list[Event]:
    """The feed's order, and within it each ticket's own.

    Where two transactions overlapped, the one that began later may have been the first at the
    ticket. It is committed by then, so what it did is brought forward.
    """
    lines: dict[UUID, deque[Event]] = defaultdict(deque)
    numbered = [event for event in [*batch, *_brought_forward(batch)] if event.ticket_id]
    for event in sorted(numbered, key=lambda one: one.seq or 0):
        lines[event.ticket_id].append(event)  # type: ignore[index]
    found: list[Event] = []
    for event in batch:
        if event.ticket_id is None:
            found.append(event)
            continue
        line = lines[event.ticket_id]
        while line and (line[0].seq or 0) <= (event.seq or 0):
            found.append(line.popleft())
    return found


def _brought_forward(batch: Sequence[Event]) -> list[Event]:
    """Events behind the batch whose ticket's number lies before one of its own."""
    heads: dict[UUID, int] = {}
    for event in batch:
        if event.ticket_id and event.seq:
            heads[event.ticket_id] = max(event.seq, heads.get(event.ticket_id, 0))
    if not heads:
        return []
    last = batch[-1]
    later = Event.objects.filter(ticket_id__in=heads, seq__lt=max(heads.values())).extra(
        where=["(core_event.xid, core_event.id) > (%s::xid8, %s::uuid)"],
        params=[str(last.xid), str(last.pk)],
    )
    return [event for event in later if (event.seq or 0) < heads[event.ticket_id]]


# Lines


def due_lines() -> "QuerySet[Webhook]":
    """Those whose head may be sent now and whom nobody holds; whoever waited longest comes
    first."""
    moment = now()
    waiting = WebhookDelivery.objects.filter(webhook=OuterRef("pk"), state=_WAITING)
    return Webhook.objects.filter(
        Exists(waiting),
        Q(retry_at=None) | Q(retry_at__lte=moment),
        Q(lease_until=None) | Q(lease_until__lte=moment),
        state=Webhook.State.ON,
    ).order_by(F("turn_at").asc(nulls_first=True), "pk")


def read_lines(webhooks: Collection[Webhook], *, size: int) -> dict[UUID, list[WebhookDelivery]]:
    """The first of each line, in one query that looks at no more than these."""
    heads = [
        WebhookDelivery.objects.filter(webhook=webhook, state=_WAITING).order_by("place")[:size]
        for webhook in webhooks
    ]
    found: dict[UUID, list[WebhookDelivery]] = defaultdict(list)
    first, *rest = heads
    for row in first.union(*rest, all=True) if rest else first:
        found[row.webhook_id].append(row)
    for line in found.values():
        line.sort(key=lambda row: row.place)
    return found


# For the pages


def list_webhooks(user: User) -> "QuerySet[Webhook]":
    """Those that tell nothing this user may not see, with ``waiting`` and ``dead``: how many
    deliveries are in these states."""
    rows = Webhook.objects.order_by("name")
    if not user.may("tickets.view_all_ticket"):
        others = Team.objects.exclude(pk__in=user.access.teams)
        rows = rows.filter(teams__isnull=False).exclude(teams__in=others).distinct()
    return rows.annotate(
        waiting=_count(WebhookDelivery.State.WAITING), dead=_count(WebhookDelivery.State.DEAD)
    )


def _count(state: str) -> Coalesce:
    """What was delivered may be millions and is not looked at."""
    rows = WebhookDelivery.objects.filter(webhook=OuterRef("pk"), state=state)
    counted = rows.order_by().values("webhook").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def search_log(
    webhook: Webhook, *, state: str = "", event: str = ""
) -> "QuerySet[WebhookDelivery]":
    """The newest first."""
    rows = WebhookDelivery.objects.filter(webhook=webhook)
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(name=event) if event else rows
    return rows.order_by("-place")
