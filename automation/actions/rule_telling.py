"""What rules tell people and programs."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from automation.actions.webhooks import request_delivery
from automation.models import Webhook
from automation.queries.rule_catalogue import people
from core.errors import Invalid
from core.rule_parts import RuleDone, RuleRunning
from tickets import actions as tickets
from tickets.models import Follow, Notification, Ticket


def find_named(model: Any, value: Any) -> Any:
    try:
        found = model.objects.filter(pk=UUID(str(value))).first()
    except ValueError:
        found = None
    if found is None:
        raise Invalid(_("What the rule names is no longer there."))
    return found


def whom() -> list[tuple[str, str]]:
    named = [
        ("assignee", _("whoever has it")),
        ("team", _("its team")),
        ("followers", _("whoever follows it")),
    ]
    return [*named, *((f"user:{pk}", name) for pk, name in people())]


def tell_people(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    for user in _people_of(ticket, value):
        tickets.notify(user, ticket, kind=Notification.Kind.REMINDER, by=actor.pk)
    return RuleDone(has_acted=True)


def _people_of(ticket: Ticket, value: Iterable[str]) -> list[User]:
    found: dict[UUID, User] = {}
    for pick in value:
        match pick.partition(":"):
            case ("assignee", _c, _p) if ticket.assignee:
                people = [ticket.assignee]
            case ("team", _c, _p) if ticket.team:
                people = list(User.objects.filter(teams=ticket.team, is_active=True))
            case ("followers", _c, _p):
                follows = Follow.objects.filter(ticket=ticket).select_related("user")
                people = [one.user for one in follows]
            case ("user", _c, pk):
                people = list(User.objects.filter(pk=pk, is_active=True))
            case _:
                people = []
        found.update({user.pk: user for user in people})
    return list(found.values())


def let_follow(ticket: Ticket, _actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    made = []
    for user in User.objects.filter(pk__in=value, is_active=True):
        if not Follow.objects.filter(ticket=ticket, user=user).exists():
            tickets.follow(ticket, user=user)
            made.append(str(user.pk))
    return RuleDone(made=tuple(made))


def let_go(ticket: Ticket, _actor: User, made: tuple[str, ...]) -> bool:
    for user in User.objects.filter(pk__in=made):
        tickets.unfollow(ticket, user=user)
    return True


def call_webhook(ticket: Ticket, actor: User, value: Any, running: RuleRunning) -> RuleDone:
    found: Webhook = find_named(Webhook, value)
    if not found.is_on:
        raise Invalid(_("The webhook is switched off."))
    request_delivery(found, ticket, actor=actor, rule=running.rule, run=running.run)
    return RuleDone(has_acted=True)


def webhooks() -> list[tuple[str, str]]:
    return [(str(row.pk), row.name) for row in Webhook.objects.order_by("name")]
