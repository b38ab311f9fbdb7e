"""Putting events into the lines of webhooks, and what becomes of the heads of the lines.

Safe with any number of senders and kills: events are put in under the lock of one row that
says how far; a line's head is sent by who holds the webhook's lease, and what became of it is
written only under the same fence. Whoever is killed in between sends again under the same id.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from automation.models import Webhook, WebhookAttempt, WebhookDelivery, WebhookFeed
from automation.queries.webhooks import (
    arrange,
    due_lines,
    is_wanted,
    payload_of,
    read_batch,
    read_lines,
    tickets_of,
)
from automation.webhooks.patience import GIVES_UP_AFTER, SWITCHED_OFF_AFTER, pause_after
from core.clock import now
from core.events import record
from core.models import Event

# Longer than a call may take; so long a killed sender's line stands still.
LEASE = timedelta(seconds=30)
KEPT = {WebhookDelivery.State.DELIVERED: timedelta(days=14), "dead": timedelta(days=30)}
_BATCH = 200
# So many deliveries of one line, then others have their turn.
TURN = 20
_GONE = 410
_MOST_SAID = 1024


@dataclass(frozen=True, slots=True)
class Head:
    """What its holder may send now."""

    webhook: Webhook
    delivery: WebhookDelivery
    fence: int
    behind: tuple[WebhookDelivery, ...] = ()  # the rest of its turn


@dataclass(frozen=True, slots=True)
class Outcome:
    """``problem`` is empty where it was taken."""

    problem: str = ""
    code: int | None = None
    milliseconds: int = 0
    said: str = ""
    retry_after: timedelta = timedelta()


# Into the lines


def spread() -> int:
    """Put what happened since the last time into the lines; says how many events were read."""
    if not Webhook.objects.filter(state=Webhook.State.ON).exists():
        return 0
    with transaction.atomic():
        feed = WebhookFeed.objects.select_for_update(skip_locked=True).first()
        batch = read_batch((feed.xid, feed.event_id), size=_BATCH) if feed else []
        if not feed or not batch:
            return 0
        webhooks = Webhook.objects.filter(state=Webhook.State.ON).prefetch_related("teams")
        put_in_line(arrange(batch), list(webhooks), feed)
        feed.xid, feed.event_id = batch[-1].xid, batch[-1].pk
        feed.save(update_fields=["xid", "event_id"])
    return len(batch)


def put_in_line(
    events: Sequence[Event],
    webhooks: Collection[Webhook],
    feed: WebhookFeed,
    *,
    from_the_past: bool = False,
) -> None:
    """In this order, once per event and webhook. ``feed`` is locked by the caller."""
    tickets = tickets_of(events)
    rows = []
    for event in events:
        ticket = tickets.get(event.ticket_id) if event.ticket_id else None
        payload = payload_of(event, ticket)
        for webhook in webhooks:
            is_timely = from_the_past or event.at >= webhook.created_at
            if is_timely and is_wanted(webhook, event, ticket):
                rows.append(
                    WebhookDelivery(
                        webhook=webhook,
                        event=event,
                        place=feed.next_place,
                        name=event.name,
                        payload=payload,
                    )
                )
                feed.next_place += 1
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    feed.save(update_fields=["next_place"])


# At the head


@transaction.atomic
def claim(count: int, *, failing: int) -> list[Head]:
    """Take up to ``count`` lines; of those that failed last time at most ``failing``, so that
    they cannot take up all places."""
    due = due_lines().select_for_update(skip_locked=True, no_key=True)
    rows = list(due.filter(failures=0)[:count])
    rows += due.filter(failures__gt=0)[: max(min(failing, count - len(rows)), 0)]
    if not rows:
        return []
    moment = now()
    Webhook.objects.filter(pk__in=[row.pk for row in rows]).update(
        fence=F("fence") + 1, turn_at=moment, lease_until=moment + LEASE
    )
    lines = read_lines(rows, size=TURN)
    return [
        Head(row, lines[row.pk][0], row.fence + 1, tuple(lines[row.pk][1:]))
        for row in rows
        if row.pk in lines
    ]


@transaction.atomic
def note_landed(landed: Sequence[tuple[Head, Outcome]]) -> list[Head]:
    """Write what became of them, and say what may be sent next under the leases that are kept;
    the others are given back. Of a webhook that another has taken over nothing is written."""
    locked = Webhook.objects.filter(pk__in=[head.webhook.pk for head, _ in landed])
    held = {row.pk: row for row in locked.select_for_update(no_key=True).order_by("pk")}
    mine = [pair for pair in landed if _is_held(held, pair[0])]
    taken = [pair for pair in mine if not pair[1].problem]
    _write_attempts(mine)
    _note_taken(taken)
    for head, outcome in mine:
        if outcome.problem:
            _note_refused(held[head.webhook.pk], head.delivery.pk, outcome)
    going = [head for head, _ in taken if head.behind and held[head.webhook.pk].is_on]
    _keep_leases({head.webhook.pk for head, _ in mine}, {head.webhook.pk for head in going})
    return [
        Head(held[head.webhook.pk], head.behind[0], head.fence, head.behind[1:]) for head in going
    ]


def _is_held(held: Mapping[UUID, Webhook], head: Head) -> bool:
    row = held.get(head.webhook.pk)
    return row is not None and row.fence == head.fence


def _keep_leases(mine: set[UUID], going: set[UUID]) -> None:
    Webhook.objects.filter(pk__in=going).update(lease_until=now() + LEASE)
    Webhook.objects.filter(pk__in=mine - going).update(lease_until=None)


def _write_attempts(landed: Sequence[tuple[Head, Outcome]]) -> None:
    WebhookAttempt.objects.bulk_create(
        WebhookAttempt(
            delivery=head.delivery,
            code=outcome.code,
            problem=outcome.problem,
            milliseconds=outcome.milliseconds,
            said=outcome.said[:_MOST_SAID] if outcome.problem and outcome.said else None,
        )
        for head, outcome in landed
    )


def _note_taken(taken: Sequence[tuple[Head, Outcome]]) -> None:
    """Few statements for many: this is what happens all day."""
    moment = now()
    for code in {outcome.code for _, outcome in taken}:
        pks = [head.delivery.pk for head, outcome in taken if outcome.code == code]
        WebhookDelivery.objects.filter(pk__in=pks).update(
            state=WebhookDelivery.State.DELIVERED,
            ended_at=moment,
            first_at=Coalesce("first_at", Value(moment)),
            attempts=F("attempts") + 1,
            code=code,
            problem="",
        )
    Webhook.objects.filter(pk__in=[head.webhook.pk for head, _ in taken]).update(
        ok_at=moment, failures=0, failing_since=None, retry_at=None
    )


def _note_refused(webhook: Webhook, pk: UUID, outcome: Outcome) -> None:
    moment = now()
    delivery = WebhookDelivery.objects.get(pk=pk)
    delivery.attempts += 1
    delivery.first_at = delivery.first_at or moment
    delivery.code, delivery.problem = outcome.code, outcome.problem
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or moment
    pause = pause_after(delivery.attempts, wished=outcome.retry_after)
    if moment + pause > delivery.first_at + GIVES_UP_AFTER:
        _give_up(webhook, delivery)
        pause = pause_after(1)
    webhook.retry_at = moment + pause
    if outcome.code == _GONE:
        _switch_off(webhook, Webhook.State.GONE)
    elif webhook.is_on and moment - webhook.failing_since >= SWITCHED_OFF_AFTER:
        _switch_off(webhook, Webhook.State.FAILED)
    delivery.save()
    webhook.save(update_fields=["failures", "failing_since", "retry_at", "state"])


def _give_up(webhook: Webhook, delivery: WebhookDelivery) -> None:
    """A dead letter; the line goes on. Told once while nothing is taken."""
    known = WebhookDelivery.objects.filter(webhook=webhook, state=WebhookDelivery.State.DEAD)
    if not known.filter(ended_at__gte=webhook.failing_since).exists():
        record("webhook.gave_up", subject=webhook, actor=None, delivery=delivery.pk)
    delivery.state, delivery.ended_at = WebhookDelivery.State.DEAD, now()


def _switch_off(webhook: Webhook, state: Webhook.State) -> None:
    webhook.state = state
    record("webhook.switched_off", subject=webhook, actor=None, why=str(state))


def forget_old() -> int:
    """Their attempts go with them."""
    gone = 0
    for state, kept in KEPT.items():
        old = WebhookDelivery.objects.filter(state=state, ended_at__lt=now() - kept)
        pks = list(old.order_by("ended_at").values_list("pk", flat=True)[:5000])
        gone += WebhookDelivery.objects.filter(pk__in=pks).delete()[0]
    return gone
