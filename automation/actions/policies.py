"""Promises of service: drafts, what is put in force, and what is taken out of it."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.errors import InUse
from accounts.models import Calendar, User
from automation.models import Policy, PolicyVersion
from core.clock import now
from core.errors import Invalid
from core.events import record
from tickets.actions import create_view


@transaction.atomic
def save_draft(
    policy: Policy | None,
    *,
    actor: User | None,
    name: str,
    conditions: Mapping[str, Any],
    targets: list[dict[str, Any]],
    hours: str = PolicyVersion.Hours.ALWAYS,
    calendar: Calendar | None = None,
    zone: str = PolicyVersion.Zone.CALENDAR,
) -> PolicyVersion:
    """What was in force stays as it was said; the draft holds for nobody yet."""
    if not any(any(target["minutes"].values()) for target in targets):
        raise Invalid(_("Promise at least one thing: give one of the times."), field="name")
    if hours == PolicyVersion.Hours.CALENDAR and calendar is None:
        raise Invalid(_("Choose the working hours."), field="calendar")
    policy = _named(policy, name)
    draft = policy.versions.filter(since=None).first() or PolicyVersion(
        policy=policy, number=_next_number(policy), made_by=actor
    )
    draft.conditions = {key: list(values) for key, values in conditions.items() if values}
    draft.targets, draft.hours, draft.zone = targets, hours, zone
    draft.calendar = calendar if hours == PolicyVersion.Hours.CALENDAR else None
    draft.made_at, draft.made_by = now(), actor
    draft.save()
    record("policy.drafted", subject=policy, actor=actor, version=draft.number)
    return draft


def _named(policy: Policy | None, name: str) -> Policy:
    policy = policy or Policy(position=Policy.objects.count())
    if Policy.objects.filter(name=name).exclude(pk=policy.pk).exists():
        raise Invalid(_("There is a service level of this name already."), field="name")
    policy.name = name
    policy.save()
    return policy


def _next_number(policy: Policy) -> int:
    newest: int | None = policy.versions.aggregate(newest=Max("number"))["newest"]
    return (newest or 0) + 1


@transaction.atomic
def put_in_force(policy: Policy, *, actor: User | None) -> PolicyVersion:
    """From this moment on the draft holds; all open tickets are judged by it, from their
    beginnings."""
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    draft = policy.versions.filter(since=None).first()
    if draft is None:
        raise Invalid(_("Nothing was changed since it was put in force."))
    moment = now()
    if not PolicyVersion.objects.filter(since__isnull=False).exists():
        _offer_view(actor)
    policy.versions.filter(since__isnull=False, until=None).update(until=moment)
    draft.since = moment
    draft.save(update_fields=["since"])
    record("policy.changed", subject=policy, actor=actor, version=draft.number, is_on=True)
    return draft


def _offer_view(actor: User | None) -> None:
    """With the first promise comes a list of those that are about to be broken; theirs to change
    or to delete."""
    if actor is None or not actor.may("tickets.share_savedview"):
        return
    create_view(
        actor=actor,
        name=_("About to breach"),
        filter={
            "all": [{"field": "status", "is": "any", "value": ["unresolved"]}],
            "any": [
                {"field": "due", "is": "less_than", "value": "1 h"},
                {"field": "due", "is": "at_risk"},
            ],
        },
        sort="due",
        scope="everybody",
    )


@transaction.atomic
def take_out_of_force(policy: Policy, *, actor: User | None) -> None:
    """Its last version becomes a draft again, under a new number."""
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    last = policy.versions.filter(since__isnull=False, until=None).first()
    if last is None:
        return
    last.until = now()
    last.save(update_fields=["until"])
    if not policy.versions.filter(since=None).exists():
        PolicyVersion.objects.create(
            policy=policy,
            number=_next_number(policy),
            conditions=last.conditions,
            targets=last.targets,
            hours=last.hours,
            calendar=last.calendar,
            zone=last.zone,
            made_by=actor,
        )
    record("policy.changed", subject=policy, actor=actor, version=last.number, is_on=False)


@transaction.atomic
def move_policy(policy: Policy, *, way: str, actor: User | None) -> None:
    """Up or down by one: the first that fits a ticket holds."""
    rows = list(Policy.objects.select_for_update().order_by("position", "name"))
    index = rows.index(policy)
    other = index - 1 if way == "up" else index + 1
    if not 0 <= other < len(rows):
        return
    rows[index], rows[other] = rows[other], rows[index]
    for position, row in enumerate(rows):
        row.position = position
    Policy.objects.bulk_update(rows, ["position"])
    record("policy.changed", subject=policy, actor=actor, position=other)


@transaction.atomic
def delete_policy(policy: Policy, *, actor: User) -> None:
    """One by which tickets were judged stays, so that its verdicts can be read."""
    if policy.versions.filter(clocks__isnull=False).exists():
        raise InUse(_("Tickets were judged by it. Take it out of force instead."))
    record("policy.removed", subject=policy, actor=actor)
    policy.delete()
