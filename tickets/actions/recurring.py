"""Tickets that are opened again and again, at the same hour of their own time zone."""

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid
from core.events import record
from core.ids import new_id
from core.language import guess_language
from tickets.actions.base import record_on
from tickets.actions.search import index_message
from tickets.actions.write import create_ticket
from tickets.models import Message, Recurrence, Ticket

MOST_EVERY = 366


@transaction.atomic
def repeat_ticket(
    ticket: Ticket,
    *,
    actor: User,
    body: str,
    every: int,
    unit: str,
    first_at: datetime,
    timezone: str,
    subject: str = "",
    until: datetime | None = None,
) -> Recurrence:
    """Open one like it at ``first_at`` and ever after; ``until`` is the last moment for one."""
    _check(every, unit, first_at, timezone)
    made = Recurrence(
        id=new_id(),
        customer=ticket.customer,
        inbox=ticket.inbox,
        subject=" ".join(subject.split())[:500] or ticket.subject,
        body=body.strip(),
        type=ticket.type,
        tags=ticket.tags,
        priority=ticket.priority,
        team=ticket.team,
        assignee=ticket.assignee,
        every=every,
        unit=unit,
        timezone=timezone,
        first_at=first_at,
        next_at=first_at,
        until=until,
        created_by=actor,
        created_at=now(),
    )
    made.save(force_insert=True)
    record("recurrence.added", subject=made, actor=actor, ticket_repeated=ticket.pk)
    return made


def _check(every: int, unit: str, first_at: datetime, timezone: str) -> None:
    if not 1 <= every <= MOST_EVERY:
        raise Invalid(_("Choose a number from 1 to %(n)d.") % {"n": MOST_EVERY}, field="every")
    if unit not in Recurrence.Unit.values:
        raise Invalid(_("Choose days, weeks, months or years."), field="unit")
    if timezone not in available_timezones():
        raise Invalid(_("There is no such time zone."), field="timezone")
    if first_at <= now():
        raise Invalid(_("Choose a time that is still to come."), field="first_at")


@transaction.atomic
def end_recurrence(recurrence: Recurrence, *, actor: User) -> None:
    found = Recurrence.objects.select_for_update().get(pk=recurrence.pk)
    if found.next_at is not None:
        found.next_at = None
        found.save(update_fields=["next_at"])
        record("recurrence.ended", subject=found, actor=actor)


def open_due_tickets(limit: int = 100) -> int:
    """Each in a transaction that also moves its next moment on, so that two workers, or one that
    is killed and another that comes after, open it once. What was missed while nothing ran is
    made up for by one ticket, not by one for each time."""
    due = Recurrence.objects.filter(next_at__lte=now()).order_by("next_at")
    return sum(_open_once(pk) for pk in list(due.values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _open_once(pk: UUID) -> bool:
    rows = Recurrence.objects.select_for_update(skip_locked=True, of=("self",))
    found = rows.select_related("customer__tier", "inbox").filter(pk=pk, next_at__lte=now()).first()
    if found is None:
        return False
    found.last_ticket = _open(found)
    found.next_at = next_moment(found, after=now())
    found.save(update_fields=["last_ticket", "next_at"])
    return True


def _still_there(user: User | None) -> User | None:
    """Whoever left or answers no more is given nothing: it stands among the unassigned."""
    return user if user and user.is_active and user.may("tickets.reply_ticket") else None


def _open(recurrence: Recurrence) -> Ticket:
    ticket = create_ticket(
        recurrence.customer,
        inbox=recurrence.inbox,
        subject=recurrence.subject,
        actor=None,
        language=guess_language(f"{recurrence.subject} {recurrence.body[:500]}"),
        is_waiting=False,
    )
    given: dict[str, Any] = {
        "type": recurrence.type,
        "tags": recurrence.tags,
        "priority": recurrence.priority,
        "team_id": recurrence.team_id or ticket.team_id,
        "assignee": _still_there(recurrence.assignee),
    }
    for name, value in given.items():
        setattr(ticket, name, value)
    ticket.save(update_fields=["type", "tags", "priority", "team", "assignee"])
    record_on(ticket, "ticket.repeated", actor=None, recurrence=recurrence.pk)
    if recurrence.body:
        _note(ticket, recurrence)
    return ticket


def _note(ticket: Ticket, recurrence: Recurrence) -> None:
    """What is to be done is ours alone: the customer has not said it."""
    message = Message(
        id=new_id(),
        ticket=ticket,
        kind=Message.Kind.NOTE,
        direction=Message.Direction.OUT,
        author_id=recurrence.created_by_id,
        body=recurrence.body,
        language=guess_language(recurrence.body),
        at=now(),
    )
    event = record_on(ticket, "message.noted", actor=None, message=message.pk)
    message.seq = message.touched_seq = event.seq or 0
    message.save(force_insert=True)
    index_message(message, ticket)
    ticket.last_at, ticket.last_message_seq = message.at, message.seq
    ticket.save(update_fields=["last_at", "last_message_seq"])


# When


def next_moment(recurrence: Recurrence, *, after: datetime) -> datetime | None:
    """The first time after the moment: always the hour and day of the first one on the clock of
    its time zone, whatever daylight saving does. A day a month does not have is its last day."""
    zone = ZoneInfo(recurrence.timezone)
    first = recurrence.first_at.astimezone(zone)
    step = max(0, _steps_until(recurrence, first, after.astimezone(zone)) - 1)
    while True:
        day = _day_after(first.date(), step * recurrence.every, recurrence.unit)
        local = datetime.combine(day, first.time().replace(fold=0), zone)
        moment = local.astimezone(UTC)
        if moment > after:
            return None if recurrence.until and moment > recurrence.until else moment
        step += 1


def _steps_until(recurrence: Recurrence, first: datetime, after: datetime) -> int:
    """About how many have passed; never more."""
    days = max(0, (after - first).days)
    longest = {"day": 1, "week": 7, "month": 31, "year": 366}[recurrence.unit]
    return days // (longest * recurrence.every)


def _day_after(first: date, count: int, unit: str) -> date:
    if unit in (Recurrence.Unit.DAY, Recurrence.Unit.WEEK):
        return first + timedelta(days=count * (7 if unit == Recurrence.Unit.WEEK else 1))
    months = first.year * 12 + first.month - 1
    months += count * (12 if unit == Recurrence.Unit.YEAR else 1)
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(first.day, last))
