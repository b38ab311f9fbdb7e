"""Invitations and tasks in words."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from core.clock import now
from core.models import Event
from surveys.models import Answer, Invitation, RecoveryTask
from surveys.models.definitions import GOOD, LOW, SCALES

register = template.Library()


def sentence_of(event: Event) -> str:
    details: dict[str, Any] = event.details
    match event.name:
        case "survey.offered":
            return _("The customer was asked how we did")
        case "survey.answered":
            return _score_in(details, _("The customer gave {score} of {most}"))
        case "survey.changed":
            return _score_in(details, _("The customer changed their answer to {score} of {most}"))
        case "recovery.opened":
            return _("This is to be put right: a low score or unhappy words")
        case "recovery.called":
            return _("{who} called the customer back about their low score")
        case "recovery.worked":
            return _("{who} noted what was found out about the low score")
        case "recovery.late":
            return _("The promise to work the low score is over")
    return _("{who} closed the work on the low score")


def _score_in(details: dict[str, Any], words: str) -> str:
    most = SCALES.get(str(details.get("metric")), (1, 5))[1]
    return words.replace("{score}", str(details.get("score", ""))).replace("{most}", str(most))


SENTENCES = (
    "survey.offered",
    "survey.answered",
    "survey.changed",
    "recovery.opened",
    "recovery.called",
    "recovery.worked",
    "recovery.late",
    "recovery.closed",
)


@register.filter
def state_words(invitation: Invitation) -> str:
    if invitation.state == Invitation.State.NOT_OFFERED:
        why = {"why": invitation.get_why_display()}
        return _("not asked: %(why)s") % why
    return str(invitation.get_state_display())


@register.filter
def score_words(answer: Answer) -> str:
    most = SCALES[answer.invitation.metric][1]
    return _("%(score)d of %(most)d") % {"score": answer.score, "most": most}


@register.filter
def score_tone(answer: Answer) -> str:
    metric = answer.invitation.metric
    if answer.score <= LOW[metric]:
        return "bad"
    return "ok" if answer.score >= GOOD[metric] else "warn"


@register.filter
def is_late(task: RecoveryTask) -> bool:
    return task.state == RecoveryTask.State.OPEN and task.due_at < now()
