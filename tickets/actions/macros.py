"""Macros: keeping them, and carrying one out on a ticket."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import Team, User
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.events import record
from core.models import Event
from tickets.actions.base import lock, record_on
from tickets.actions.change import (
    assign,
    move_to_status,
    move_to_team,
    set_priority,
    set_tags,
    set_type,
)
from tickets.actions.checklist import add_item, remove_item
from tickets.actions.notify import follow, unfollow
from tickets.actions.undo import read_state, restore_status, state_of
from tickets.errors import AlreadyThere
from tickets.models import ChecklistItem, Follow, Macro, Ticket
from tickets.queries.variables import unknown_variables

CHANGE = "tickets.change_ticket"
_FIELDS = ("status", "assignee", "team", "priority", "tags", "type")


# Keeping


@transaction.atomic
def save_macro(macro: Macro | None, *, actor: User, **fields: Any) -> Macro:
    """Make or change a macro; ``owner`` and ``team`` say whose it is, neither: everybody's."""
    is_new = macro is None
    macro = macro or Macro()
    was_public = macro.is_public
    if not is_new:
        _check_may_keep(macro, actor)
    for name, value in fields.items():
        setattr(macro, name, value)
    _check_may_keep(macro, actor)
    if (was_public or macro.is_public) and not actor.may("tickets.share_macro"):
        raise NotAllowed(_("Your role does not allow this."))
    _check_content(macro)
    macro.updated_at = now()
    macro.save()
    record("macro.added" if is_new else "macro.changed", subject=macro, actor=actor)
    return macro


@transaction.atomic
def remove_macro(macro: Macro, *, actor: User) -> None:
    _check_may_keep(macro, actor)
    record("macro.removed", subject=macro, actor=actor)
    macro.delete()


def _check_may_keep(macro: Macro, actor: User) -> None:
    if macro.owner_id:
        is_allowed = macro.owner_id == actor.pk
    elif macro.team_id:
        is_allowed = macro.team_id in actor.access.teams or actor.may("tickets.share_macro")
    else:
        is_allowed = actor.may("tickets.share_macro")
    if not is_allowed:
        raise NotAllowed(_("Your role does not allow this."))


def _check_content(macro: Macro) -> None:
    if unknown := unknown_variables(macro.body):
        names = ", ".join(f"{{{{{name}}}}}" for name in unknown)
        raise Invalid(_("There is no variable %(names)s.") % {"names": names}, field="body")
    for step in macro.actions:
        if step.get("do") not in STEPS:
            raise Invalid(f"There is no action {step.get('do')!r}.", field="actions")
    if not macro.body.strip() and not macro.actions:
        raise Invalid(_("A macro needs a text or something to do."), field="body")


# Carrying out


@dataclass(slots=True)
class Applied:
    ticket: Ticket
    event: Event | None = None
    changes: dict[str, list[Any]] = field(default_factory=dict)


class Made(list[str]):
    """Ids of what a step has made."""


@dataclass(frozen=True, slots=True)
class Step:
    right: str
    act: Callable[[Ticket, User, Any], object]


@transaction.atomic
def apply_macro(macro: Macro, *, ticket: Ticket, actor: User) -> Applied:
    """Take all its steps or none, each as if the actor took it alone and with the actor's rights.

    What is as wanted already is left alone. Its text is put in by the page that writes.
    """
    for step in macro.actions:
        _check_step(step, actor)
    Macro.objects.filter(pk=macro.pk).update(used_count=F("used_count") + 1)
    if not macro.actions:
        return Applied(ticket)
    ticket = lock(ticket)
    before, was, since = _snapshot(ticket), state_of(ticket), ticket.seq
    made: dict[str, list[str]] = {}  # what undoing takes away again
    for step in macro.actions:
        try:
            done = STEPS[step["do"]].act(ticket, actor, step.get("value"))
        except AlreadyThere:
            continue
        if isinstance(done, Made):
            made[step["do"]] = done
    ticket = lock(ticket)
    after = _snapshot(ticket)
    changes = {name: [before[name], after[name]] for name in _FIELDS if before[name] != after[name]}
    event = record_on(
        ticket,
        "macro.applied",
        actor=actor,
        macro=macro.pk,
        changes=changes,
        since=since,
        before=was,
        made=made,
    )
    return Applied(ticket, event, changes)


def _check_step(step: dict[str, Any], actor: User) -> None:
    known = STEPS.get(step.get("do", ""))
    if known is None:
        raise Invalid(f"There is no action {step.get('do')!r}.", field="actions")
    if not actor.may(known.right):
        raise NotAllowed(_("Your role does not allow this."), right=known.right)


def _snapshot(ticket: Ticket) -> dict[str, Any]:
    return {
        "status": ticket.status.code,
        "assignee": str(ticket.assignee_id) if ticket.assignee_id else None,
        "team": str(ticket.team_id) if ticket.team_id else None,
        "priority": ticket.priority,
        "tags": list(ticket.tags),
        "type": ticket.type,
    }


def _assign(ticket: Ticket, actor: User, value: Any) -> object:
    return assign(ticket, actor=actor, assignee=actor if value == "me" else _find(User, value))


def _assign_team(ticket: Ticket, actor: User, value: Any) -> object:
    return move_to_team(ticket, actor=actor, team=_find(Team, value))


def _find(model: Any, value: Any) -> Any:
    """Whoever the macro names may have left since."""
    if not value:
        return None
    found = model.objects.filter(pk=value).first()
    if found is None:
        raise Invalid(_("This macro names somebody who is no longer here."), field="actions")
    return found


def _add_tags(ticket: Ticket, actor: User, value: Any) -> object:
    return set_tags(ticket, actor=actor, tags=[*lock(ticket).tags, *(value or [])])


def _remove_tags(ticket: Ticket, actor: User, value: Any) -> object:
    unwanted = set(value or [])
    kept = [tag for tag in lock(ticket).tags if tag not in unwanted]
    return set_tags(ticket, actor=actor, tags=kept)


def _add_checklist(ticket: Ticket, actor: User, value: Any) -> object:
    return Made(str(add_item(ticket, actor=actor, text=text).pk) for text in value or [])


def _follow(ticket: Ticket, actor: User, value: Any) -> object:
    if Follow.objects.filter(ticket=ticket, user=actor).exists():
        return None
    follow(ticket, user=actor)
    return Made([str(actor.pk)])


STEPS: dict[str, Step] = {
    "set_status": Step(CHANGE, lambda t, a, v: move_to_status(t, actor=a, status=str(v))),
    "assign_team": Step(CHANGE, _assign_team),
    "assign": Step(CHANGE, _assign),
    "set_priority": Step(CHANGE, lambda t, a, v: set_priority(t, actor=a, priority=int(v))),
    "add_tags": Step(CHANGE, _add_tags),
    "remove_tags": Step(CHANGE, _remove_tags),
    "set_type": Step(CHANGE, lambda t, a, v: set_type(t, actor=a, type=str(v or ""))),
    "add_checklist": Step(CHANGE, _add_checklist),
    "follow": Step("tickets.view_ticket", _follow),
}


# Undoing


@transaction.atomic
def undo_macro(event: Event, *, actor: User) -> Event:
    """Put back what the macro changed, but for what somebody has changed since.

    Only who applied it may do that. What is left alone is named in the event.
    """
    if event.actor_id != actor.pk:
        raise NotAllowed(_("Only who applied a macro can undo it."))
    ticket = lock(Ticket(pk=event.ticket_id))
    if Event.objects.filter(
        ticket_id=ticket.pk, name="macro.undone", details__undoes=str(event.pk)
    ).exists():
        raise AlreadyThere("This macro was undone already.")
    kept = [
        name
        for name, (was, became) in event.details["changes"].items()
        if not _put_back(ticket.pk, name, was, became, event, actor)
    ]
    _take_away(ticket, event.details.get("made", {}), actor)
    ticket = lock(ticket)
    return record_on(ticket, "macro.undone", actor=actor, undoes=event.pk, kept=kept)


def _take_away(ticket: Ticket, made: dict[str, list[str]], actor: User) -> None:
    """Points that nobody has ticked off since, and following."""
    undone = ChecklistItem.objects.filter(ticket=ticket, done_at=None)
    for item in undone.filter(pk__in=made.get("add_checklist", ())).select_related("ticket"):
        remove_item(item, actor=actor)
    if "follow" in made:
        unfollow(ticket, user=actor)


def _put_back(pk: UUID, name: str, was: Any, became: Any, event: Event, actor: User) -> bool:
    ticket = lock(Ticket(pk=pk))
    if name == "tags":
        added, removed = set(became) - set(was), [tag for tag in was if tag not in became]
        set_tags(ticket, actor=actor, tags=[*(t for t in ticket.tags if t not in added), *removed])
        return True
    if _snapshot(ticket)[name] != became:
        return False
    match name:
        case "status":
            restore_status(ticket, read_state(event), actor=actor, undoes=event.pk)
        case "assignee":
            assign(ticket, actor=actor, assignee=_find(User, was))
        case "team":
            move_to_team(ticket, actor=actor, team=_find(Team, was))
        case "priority":
            set_priority(ticket, actor=actor, priority=was)
        case "type":
            set_type(ticket, actor=actor, type=was)
    return True
