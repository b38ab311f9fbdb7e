"""What rules may do with surveys; see ``core.registry.rule_actions``."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from core.errors import Invalid
from core.rule_parts import RuleAction, RuleDone, RuleRunning
from surveys.actions.asking import ask
from surveys.errors import AlreadyAsked
from surveys.models import Survey
from surveys.queries.open import usable_surveys
from tickets.models import Ticket


def _ask(ticket: Ticket, actor: User, value: Any, _running: RuleRunning) -> RuleDone:
    survey = Survey.objects.filter(pk=value).select_related("live").first()
    if survey is None:
        raise Invalid(_("There is no such survey any more."))
    try:
        ask(ticket, survey, actor=actor, by_rule=True)
    except AlreadyAsked:
        return RuleDone()
    return RuleDone(has_acted=True)


def _surveys() -> list[tuple[str, str]]:
    return [(str(one.pk), one.name) for one in usable_surveys()]


ASK = RuleAction(
    gettext_lazy("Ask the customer with the survey"),
    "tickets.reply_ticket",
    _ask,
    "one",
    _surveys,
)
