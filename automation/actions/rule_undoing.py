"""Taking back what a rule did, but for what somebody has changed since."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from automation.actions.rule_running import snapshot
from automation.actions.rule_steps import known_actions
from automation.models import RuleRun
from core.clock import now
from core.errors import HelpdeskError, Invalid, NotAllowed
from core.models import Event
from tickets import actions as tickets
from tickets.actions.base import lock, record_on
from tickets.actions.undo import read_state, restore_status
from tickets.models import Ticket


@transaction.atomic
def undo_run(run: RuleRun, *, actor: User) -> list[str]:
    """Says what stayed: facts that are no longer as the rule left them, and what left the house.

    Precondition: the caller found the ticket through ``visible_to``.
    """
    if not actor.may("tickets.change_ticket"):
        raise NotAllowed(_("Your role does not allow this."))
    ticket = lock(Ticket(pk=run.ticket_id))
    run = RuleRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if run.state == RuleRun.State.UNDONE:
        raise Invalid(_("This was undone already."))
    if not run.is_undoable:
        raise Invalid(_("There is nothing to undo."))
    event = Event.objects.filter(
        ticket_id=ticket.pk, name="rule.ran", details__run=str(run.pk)
    ).first()
    kept: list[str] = []
    for step in reversed(run.done):
        kept += _undo_step(step, run, event, actor)
    run.state, run.undone_at, run.undone_by = RuleRun.State.UNDONE, now(), actor
    run.save(update_fields=["state", "undone_at", "undone_by"])
    record_on(
        lock(ticket),
        "rule.undone",
        actor=actor,
        rule=run.rule_id,
        version=run.version_id,
        run=run.pk,
        kept=kept,
    )
    return kept


def _undo_step(step: dict[str, Any], run: RuleRun, event: Event | None, actor: User) -> list[str]:
    kept = [str(step["do"])] if step.get("acted") else []
    for fact, (was, became) in (step.get("changes") or {}).items():
        if fact == "category":  # goes with the status
            continue
        if not _try(run, fact, was, became, event, actor):
            kept.append(fact)
    if made := tuple(step.get("made") or ()):
        action = known_actions().get(step["do"])
        ticket = lock(Ticket(pk=run.ticket_id))
        if not (action and action.take_back and action.take_back(ticket, actor, made)):
            kept.append(str(step["do"]))
    return kept


def _try(run: RuleRun, fact: str, was: Any, became: Any, event: Event | None, actor: User) -> bool:
    """Each by itself: that a person has left holds up nothing else."""
    try:
        with transaction.atomic():
            return _put_back(run, fact, was, became, event, actor)
    except HelpdeskError:
        return False


def _put_back(
    run: RuleRun, fact: str, was: Any, became: Any, event: Event | None, actor: User
) -> bool:
    ticket = lock(Ticket(pk=run.ticket_id))
    if fact == "tags":
        added, removed = set(became) - set(was), [tag for tag in was if tag not in became]
        left = [tag for tag in ticket.tags if tag not in added]
        tickets.set_tags(ticket, actor=actor, tags=[*left, *removed])
        return True
    if snapshot(ticket).get(fact) != became:
        return False
    match fact:
        case "status":
            if event is None:
                return False
            restore_status(ticket, read_state(event), actor=actor, undoes=event.pk)
        case "assignee":
            user = User.objects.get(pk=was) if was else None
            tickets.assign(ticket, actor=actor, assignee=user)
        case "team":
            team = Team.objects.filter(pk=was).first() if was else None
            tickets.move_to_team(ticket, actor=actor, team=team)
        case "priority":
            tickets.set_priority(ticket, actor=actor, priority=was)
        case "type":
            tickets.set_type(ticket, actor=actor, type=was)
        case _:
            code = fact.removeprefix("field:")
            tickets.set_custom_fields(ticket, {code: was}, actor=actor)
    return True
