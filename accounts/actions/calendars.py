"""Working hours and days off."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import InUse
from accounts.models import Calendar, Holiday, User
from core.errors import Invalid
from core.events import record


@transaction.atomic
def save_calendar(
    calendar: Calendar | None,
    *,
    name: str,
    timezone: str,
    hours: dict[str, list[list[str]]],
    is_default: bool,
    actor: User,
) -> Calendar:
    """A new one, or the given one with other values."""
    is_new = calendar is None
    calendar = calendar or Calendar()
    if Calendar.objects.filter(name=name).exclude(pk=calendar.pk).exists():
        raise Invalid(_("There are working hours of this name already."), field="name")
    if is_default:
        Calendar.objects.filter(is_default=True).exclude(pk=calendar.pk).update(is_default=False)
    values: dict[str, Any] = {
        "name": name,
        "timezone": timezone,
        "hours": {day: spans for day, spans in hours.items() if spans},
        "is_default": is_default,
    }
    changed = [key for key, value in values.items() if is_new or getattr(calendar, key) != value]
    for key in changed:
        setattr(calendar, key, values[key])
    if changed:
        calendar.save()
        event = "calendar.added" if is_new else "calendar.changed"
        record(event, subject=calendar, actor=actor, fields=changed)
    return calendar


@transaction.atomic
def delete_calendar(calendar: Calendar, *, actor: User) -> None:
    if calendar.is_default and Calendar.objects.exclude(pk=calendar.pk).exists():
        raise InUse(_("Make other working hours the usual ones first."))
    record("calendar.removed", subject=calendar, actor=actor)
    calendar.delete()


@transaction.atomic
def add_holidays(
    calendar: Calendar,
    days: Iterable[tuple[date, str]],
    *,
    actor: User,
    hours: list[list[str]] | None = None,
) -> int:
    """How many were new; a day that is there already keeps its name. With ``hours`` those are
    worked all the same."""
    known = set(calendar.holidays.values_list("date", flat=True))
    new = [
        Holiday(calendar=calendar, date=day, name=name, hours=hours or [])
        for day, name in days
        if day not in known
    ]
    Holiday.objects.bulk_create(new, ignore_conflicts=True)
    if new:
        dates = [holiday.date.isoformat() for holiday in new]
        record("calendar.holidays_added", subject=calendar, actor=actor, dates=dates)
    return len(new)


@transaction.atomic
def remove_holiday(holiday: Holiday, *, actor: User) -> None:
    day = holiday.date.isoformat()
    record("calendar.holiday_removed", subject=holiday.calendar, actor=actor, date=day)
    holiday.delete()
