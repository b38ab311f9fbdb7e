"""The typed filter of saved views and macros: JSON that says what tickets must be like.

{"all": [{"field": "status", "is": "any", "value": ["unresolved"]}, …], "any": […]}

Every condition of ``all`` holds and, where ``any`` has some, at least one of those. The whole
grammar is told in docs/workspace.md. ``read_filter`` refuses what is no filter; what a filter
names may have gone since it was kept, which then matches nothing and breaks nothing.
"""

from collections.abc import Iterator
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Invalid
from tickets.models import UNRESOLVED, Ticket, TicketQuerySet
from tickets.queries.condition_fields import field_of

Filter = dict[str, list[dict[str, Any]]]
PARTS = ("all", "any")
MAX_CONDITIONS = 30
UNRESOLVED_ONLY: Filter = {
    "all": [{"field": "status", "is": "any", "value": ["unresolved"]}],
    "any": [],
}


def read_filter(raw: Any) -> Filter:
    """The filter as it is kept. Raises ``Invalid`` whose ``field`` is the place of what is wrong,
    e.g. "all.2.value"."""
    if not isinstance(raw, dict) or set(raw) - set(PARTS):
        raise Invalid(_("A filter has the parts “all” and “any” and no others."), field="filter")
    parts = {part: raw.get(part) or [] for part in PARTS}
    if not all(isinstance(conditions, list) for conditions in parts.values()):
        raise Invalid(_("Each part of a filter is a list of conditions."), field="filter")
    if sum(map(len, parts.values())) > MAX_CONDITIONS:
        reason = _("A filter has at most %(n)d conditions.") % {"n": MAX_CONDITIONS}
        raise Invalid(reason, field="filter")
    return {
        part: [_read_condition(one, f"{part}.{n}") for n, one in enumerate(conditions)]
        for part, conditions in parts.items()
    }


def _read_condition(raw: Any, place: str) -> dict[str, Any]:
    if not isinstance(raw, dict) or set(raw) - {"field", "is", "value"}:
        reason = _("A condition has “field”, “is” and “value” and nothing else.")
        raise Invalid(reason, field=place)
    name, op = str(raw.get("field", "")), str(raw.get("is", ""))
    field = field_of(name)
    if field is None:
        reason = _("There is no field “%(name)s” to filter by.") % {"name": name[:60]}
        raise Invalid(reason, field=f"{place}.field")
    if op not in field.ops:
        reason = _("“%(name)s” cannot be asked with “%(op)s”; use: %(known)s.") % {
            "name": name,
            "op": op[:30],
            "known": ", ".join(field.ops),
        }
        raise Invalid(reason, field=f"{place}.is")
    read = field.ops[op]
    if read is None:
        return {"field": name, "is": op}
    try:
        return {"field": name, "is": op, "value": read(raw.get("value"))}
    except ValueError as refusal:
        raise Invalid(str(refusal), field=f"{place}.value") from None


def conditions_in(kept: Filter) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each condition with its place."""
    for part in PARTS:
        for number, condition in enumerate(kept.get(part, [])):
            yield f"{part}.{number}", condition


def condition_of(kept: Filter, user: User) -> Q:
    """What is to hold, as this user asks it now."""
    # What looks into other tables comes last: the database asks in this order and no further
    # than it must.
    every = [_compile(one, user) for one in sorted(kept.get("all", []), key=_is_dear)]
    some = [_compile(one, user) for one in sorted(kept.get("any", []), key=_is_dear)]
    return reduce(and_, every, Q()) & (reduce(or_, some) if some else Q())


def _is_dear(condition: dict[str, Any]) -> bool:
    return condition.get("field") in ("unread", "followed", "text")


def _compile(condition: dict[str, Any], user: User) -> Q:
    field = field_of(condition.get("field", ""))
    if field is None or condition.get("is") not in field.ops:
        return Q(pk__in=[])  # kept by a version that knew more
    return field.where(condition["is"], condition.get("value"), user)


def filter_tickets(tickets: TicketQuerySet, kept: Filter, *, user: User) -> TicketQuerySet:
    return tickets.filter(condition_of(kept, user))


def holds(kept: Filter, ticket: Ticket, *, user: User) -> bool:
    """Whether a ticket is as the filter says, e.g. for a macro that is offered then."""
    if not kept.get("all") and not kept.get("any"):
        return True
    return filter_tickets(Ticket.objects.filter(pk=ticket.pk), kept, user=user).exists()


def is_of_unresolved(kept: Filter) -> bool:
    """Whether only unresolved tickets can match, which an index of their own then finds."""
    wanted = {"unresolved", *map(str, UNRESOLVED)}
    return any(
        one["field"] == "status" and one["is"] == "any" and set(one["value"]) <= wanted
        for one in kept.get("all", [])
    )


def is_unresolved_only(condition: dict[str, Any]) -> bool:
    return condition == UNRESOLVED_ONLY["all"][0]
