"""What admins do with webhooks: addresses, secrets, on and off, trying out, sending again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.errors import OutOfReach
from accounts.models import Team, User
from automation.actions.webhook_lines import Outcome, put_in_line
from automation.actions.webhook_sender import Carrier, carry, write_letter
from automation.models import Webhook, WebhookDelivery, WebhookFeed
from automation.queries.webhooks import arrange, payload_of, refuses
from automation.webhooks.addresses import is_shortened
from automation.webhooks.catalogue import ASKED, EVENTS, TESTED
from automation.webhooks.signing import new_secret
from core.clock import now
from core.errors import Invalid
from core.events import read_in_order, record
from core.models import Event
from tickets.actions.base import record_on
from tickets.models import Ticket

# So long two secrets sign, for the other side to learn the new one.
OVERLAP = timedelta(hours=24)
FARTHEST_BACK = timedelta(days=30)
MOST_AGAIN = 10_000


@transaction.atomic
def save_webhook(
    webhook: Webhook | None,
    *,
    actor: User | None,
    name: str,
    url: str,
    events: Collection[str] = (),
    teams: Collection[Team] = (),
) -> Webhook:
    """A new one is on at once, and is told of what happens from then on."""
    if refuses(url) == "inside":
        reason = _(
            "This address leads into the helpdesk’s own network. Who runs the helpdesk can allow "
            "single machines in there by the setting WEBHOOK_INTERNAL_HOSTS."
        )
        raise Invalid(reason, field="url")
    name = name.strip()
    others = Webhook.objects.exclude(pk=webhook.pk) if webhook else Webhook.objects.all()
    if others.filter(name=name).exists():
        raise Invalid(_("There is a webhook of this name already."), field="name")
    _check_reach(actor, teams)
    verb = "changed" if webhook else "added"
    saved = webhook or _begin(actor)
    # Its line's state belongs to the senders.
    saved.name, saved.url = name, url
    saved.events = [event for event in EVENTS if event in events]
    saved.save(update_fields=["name", "url", "events"] if webhook else None)
    saved.teams.set(teams)
    record(f"webhook.{verb}", subject=saved, actor=actor, events=saved.events)
    return saved


def _check_reach(actor: User | None, teams: Collection[Team]) -> None:
    """Nobody has others told what they may not see themselves."""
    if actor is None or actor.may("tickets.view_all_ticket"):
        return
    if not teams or not {team.pk for team in teams} <= actor.access.teams:
        raise OutOfReach(_("Choose teams in which you work yourself."), field="teams")


def _begin(actor: User | None) -> Webhook:
    skip_to_now()
    return Webhook(secret=new_secret(), created_at=now(), made_by=actor)


def skip_to_now() -> None:
    """Before the first webhook is on: nobody is to be told of what happened until then."""
    feed, _new = WebhookFeed.objects.select_for_update().get_or_create(only=True)
    if Webhook.objects.filter(state=Webhook.State.ON).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        feed.xid, feed.event_id = int(cursor.fetchone()[0]), UUID(int=0)
    feed.save(update_fields=["xid", "event_id"])


@transaction.atomic
def renew_secret(webhook: Webhook, *, actor: User) -> str:
    """The new one, which is told this once. The one before signs as well for a while."""
    webhook = _lock(webhook)
    webhook.old_secret, webhook.old_until = webhook.secret, now() + OVERLAP
    webhook.secret = new_secret()
    webhook.save(update_fields=["secret", "old_secret", "old_until"])
    record("webhook.secret_renewed", subject=webhook, actor=actor)
    return str(webhook.secret)


@transaction.atomic
def end_old_secret(webhook: Webhook, *, actor: User) -> None:
    """At once, where somebody else may know it."""
    webhook = _lock(webhook)
    webhook.old_secret, webhook.old_until = "", None
    webhook.save(update_fields=["old_secret", "old_until"])
    record("webhook.secret_ended", subject=webhook, actor=actor)


@transaction.atomic
def switch_webhook(webhook: Webhook, *, is_on: bool, actor: User) -> Webhook:
    """What waits stays; what happens while it is off does not come into its line. Switched on, its
    line goes on at once."""
    if is_on:
        skip_to_now()
    webhook = _lock(webhook)
    if is_on and is_shortened(webhook.url):
        raise Invalid(_("Write its whole address first."), field="url")
    if is_on:
        webhook.state = Webhook.State.ON
        webhook.failures, webhook.failing_since, webhook.retry_at = 0, None, None
    elif webhook.is_on:
        webhook.state = Webhook.State.OFF
    webhook.save(update_fields=["state", "failures", "failing_since", "retry_at"])
    record("webhook.switched", subject=webhook, actor=actor, on=is_on)
    return webhook


@transaction.atomic
def remove_webhook(webhook: Webhook, *, actor: User) -> None:
    """Its line and its log go with it."""
    record("webhook.removed", subject=webhook, actor=actor)
    webhook.delete()


def _lock(webhook: Webhook) -> Webhook:
    return Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)


def try_webhook(webhook: Webhook, *, actor: User, carry: Carrier = carry) -> Outcome:
    """Send something at once, past the line, and say what came of it. It is not repeated."""
    with transaction.atomic():
        event = record(TESTED, subject=webhook, actor=actor)
    letter = write_letter(webhook, id=event.pk, payload=payload_of(event, None))
    return carry(letter)


# For rules


@transaction.atomic
def request_delivery(
    webhook: Webhook, ticket: Ticket, *, actor: User | None, **details: Any
) -> Event:
    """Have one webhook told of this ticket, whatever it listens to; in its line behind what has
    happened already. ``details`` are ids, codes and numbers, as of every event."""
    return record_on(ticket, ASKED, actor=actor, webhook=webhook.pk, **details)


# Once more


@transaction.atomic
def retry_now(webhook: Webhook, *, actor: User) -> None:
    """The head of its line, without waiting for the next try."""
    webhook = _lock(webhook)
    webhook.retry_at = None
    webhook.save(update_fields=["retry_at"])
    record("webhook.hastened", subject=webhook, actor=actor)


@transaction.atomic
def replay(webhook: Webhook, deliveries: "QuerySet[WebhookDelivery]", *, actor: User) -> int:
    """Those of the webhook that are over come once more, under their ids, behind what waits."""
    feed = _lock_feed()
    over = deliveries.filter(webhook=webhook).exclude(state=WebhookDelivery.State.WAITING)
    rows = list(over.select_for_update(of=("self",)).order_by("place")[:MOST_AGAIN])
    _put_behind(rows, feed)
    if rows:
        record("webhook.replayed", subject=webhook, actor=actor, count=len(rows))
    return len(rows)


@transaction.atomic
def replay_since(webhook: Webhook, moment: datetime, *, actor: User) -> int:
    """Everything it would have been told since then, whether it was or not, in its order."""
    if moment < now() - FARTHEST_BACK:
        raise Invalid(_("At most the last 30 days can be sent once more."), field="since")
    feed = _lock_feed()
    events = _events_since(webhook, moment, feed)
    put_in_line(events, [webhook], feed, from_the_past=True)
    pks = [event.pk for event in events]
    made = WebhookDelivery.objects.filter(webhook=webhook, event__in=pks)
    rows = {row.event_id: row for row in made.select_for_update(of=("self",))}
    _put_behind([rows[pk] for pk in pks if pk in rows], feed)
    record("webhook.replayed", subject=webhook, actor=actor, since=moment.isoformat())
    return len(rows)


def _events_since(webhook: Webhook, moment: datetime, feed: WebhookFeed) -> list[Event]:
    """Those that were put into the lines already; the others are still to come."""
    # Ids rise with time, and are an index.
    floor = UUID(int=int(moment.timestamp() * 1000) << 80)
    names = [*(webhook.events or EVENTS), ASKED]
    found = read_in_order(None).filter(pk__gte=floor, at__gte=moment, name__in=names)
    found = found.extra(
        where=["(core_event.xid, core_event.id) <= (%s::xid8, %s::uuid)"],
        params=[str(feed.xid), str(feed.event_id)],
    )
    events = list(found[: MOST_AGAIN + 1])
    if len(events) > MOST_AGAIN:
        reason = _("That is more than %(n)s events; choose a later time.") % {"n": MOST_AGAIN}
        raise Invalid(reason, field="since")
    return arrange(events)


def _lock_feed() -> WebhookFeed:
    return WebhookFeed.objects.select_for_update().get(only=True)


def _put_behind(rows: list[WebhookDelivery], feed: WebhookFeed) -> None:
    for row in rows:
        row.place, feed.next_place = feed.next_place, feed.next_place + 1
        row.state, row.attempts = WebhookDelivery.State.WAITING, 0
        row.first_at = row.ended_at = None
    changed = ["place", "state", "attempts", "first_at", "ended_at"]
    WebhookDelivery.objects.bulk_update(rows, changed, batch_size=500)
    feed.save(update_fields=["next_place"])
