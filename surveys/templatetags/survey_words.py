"""Invitations and tasks in words."""

from typing import Any

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.clock import now
from core.models import Event
from surveys.models import Answer, Complaint, Improvement, Invitation, RecoveryTask
from surveys.models.definitions import GOOD, LOW, SCALES
from surveys.questions import say

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
        case "recovery.told":
            return _("The customer was told what was changed: you said, we did")
        case "complaint.opened":
            return _("This is a complaint, to be acknowledged in time")
        case "complaint.acknowledged":
            if details.get("in_time"):
                return _("The customer heard that their complaint was taken up")
            return _("The customer heard too late that their complaint was taken up")
        case "complaint.unheard":
            return _("What told the customer that their complaint was taken up did not arrive")
        case "complaint.late":
            return _("The promise to acknowledge the complaint is over")
        case "complaint.worked":
            return _("{who} noted cause and remedy of the complaint")
        case "complaint.closed":
            return _("The complaint was closed with its cause and its remedy")
        case "complaint.reopened":
            return _("The complaint is open again")
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
    "recovery.told",
    "complaint.opened",
    "complaint.acknowledged",
    "complaint.unheard",
    "complaint.late",
    "complaint.worked",
    "complaint.closed",
    "complaint.reopened",
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


@register.filter
def complaint_tone(complaint: Complaint) -> str:
    if complaint.closed_at or complaint.acknowledged_at:
        return "warn" if complaint.is_late else "ok"
    return "bad" if complaint.is_late else ""


@register.filter
def complaint_words(complaint: Complaint) -> str:
    """How far the promise is."""
    if complaint.acknowledged_at:
        return _("acknowledged late") if complaint.is_late else _("acknowledged")
    return _("overdue") if complaint.is_late else _("to be acknowledged")


@register.filter
def in_my_words(improvement: Improvement) -> str:
    return say(improvement.texts, get_language() or "en")
