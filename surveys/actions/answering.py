"""What customers answer: the first counts, and may be changed for a while."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.clock import now
from core.errors import Invalid
from core.events import record
from core.fields import reseal
from core.language import guess_language
from surveys.actions.base import facts_of, take, tell
from surveys.errors import SurveyOver
from surveys.models import Answer, Invitation, RecoveryTask
from surveys.models.definitions import SCALES
from surveys.queries.open import ANSWERABLE, policy, survey_for
from surveys.questions import Given, WrongAnswer, read_answers
from tickets.models import Ticket

_State = Invitation.State
MAX_COMMENT = 2000


def is_open(invitation: Invitation, answer: Answer | None) -> bool:
    """Whether it may be answered, or its answer still be changed."""
    if invitation.state not in ANSWERABLE:
        return False
    if answer is None:
        return invitation.expires_at is not None and invitation.expires_at > now()
    return now() < answer.at + timedelta(hours=policy().edit_hours)


@transaction.atomic
def give_answer(pk: UUID, *, score: int | None, comment: str, given: Mapping[str, str]) -> Answer:
    """Raises ``SurveyOver`` once it is closed, ``Invalid`` for what is no answer."""
    invitation = take(pk)
    answer = Answer.objects.select_for_update().filter(invitation=invitation).first()
    if not is_open(invitation, answer):
        raise SurveyOver(_("This survey is closed. Thank you."))
    parts = _read(invitation, score, given)
    return _keep(invitation, answer, score=int(score or 0), comment=comment, given=parts)


def _read(invitation: Invitation, score: int | None, given: Mapping[str, str]) -> Given:
    low, high = SCALES[invitation.metric]
    if score is None or not low <= score <= high:
        raise Invalid(_("Choose one of the answers."), field="score")
    try:
        return read_answers(invitation.version.questions if invitation.version else [], given)
    except WrongAnswer as wrong:
        raise Invalid(wrong.reason, field=wrong.code) from None


def _keep(
    invitation: Invitation, answer: Answer | None, *, score: int, comment: str, given: Given
) -> Answer:
    words = comment.replace("\0", "").strip()[:MAX_COMMENT]
    is_new = answer is None
    answer = answer or Answer(invitation=invitation)
    was = None if is_new else answer.score
    answer.invitation = invitation
    answer.score, answer.comment = score, words
    answer.parts, answer.words = given.parts, given.words
    answer.language = guess_language(_all_words(answer)) or invitation.language
    answer.read_at, answer.mood, answer.theme = None, None, ""
    if not is_new:
        answer.changed_at = now()
    answer.save()
    invitation.state = _State.ANSWERED
    invitation.save(update_fields=["state"])
    details: dict[str, Any] = {"score": score, "metric": invitation.metric}
    if not is_new:
        details["was"] = was
    has_words = bool(_all_words(answer))
    tell(
        invitation,
        "survey.answered" if is_new else "survey.changed",
        actor=invitation.customer,
        words=has_words,
        **details,
    )
    return answer


def _all_words(answer: Answer) -> str:
    return "\n".join(filter(None, [answer.comment, *answer.words.values()]))


def words_of(answer: Answer) -> str:
    return _all_words(answer)


@transaction.atomic
def note_rating(ticket: Ticket, *, score: int, comment: str) -> None:
    """The rating at the end of a chat is the answer to the survey of that solution; the newest
    counts there, as it always has. Within the transaction of the rating."""
    invitation = _of_chat(ticket)
    if invitation is None:
        return
    answer = Answer.objects.select_for_update().filter(invitation=invitation).first()
    _keep(invitation, answer, score=score, comment=comment, given=Given({}, {}))


def _of_chat(ticket: Ticket) -> Invitation | None:
    """The invitation of this solution, made where there is none. One by mail that is on its way
    is answered by this: nobody is asked twice."""
    found = Invitation.objects.select_for_update().filter(
        ticket=ticket, cycle=ticket.reopen_count, is_second=False
    )
    invitation = found.first()
    if invitation is None:
        survey = survey_for(ticket)
        invitation = Invitation(
            survey=survey,
            version=survey.live if survey and survey.live and _is_csat(survey.live) else None,
            metric="csat",
            ticket=ticket,
            customer=ticket.customer,
            cycle=ticket.reopen_count,
            origin=Invitation.Origin.CHAT,
            due_at=now(),
            **facts_of(ticket),
        )
    if invitation.metric != "csat":
        return None  # what was asked by another scale is another question
    if invitation.state != _State.ANSWERED:
        invitation.channel = Invitation.Channel.CHAT
        invitation.offered_at = invitation.offered_at or now()
        invitation.expires_at = invitation.expires_at or now() + timedelta(days=14)
        invitation.state, invitation.why = _State.OFFERED, ""
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError:
        return _of_chat(ticket)  # the solution was noted at the same instant
    return invitation


def _is_csat(version: Any) -> bool:
    return bool(version.metric == "csat")


@transaction.atomic
def follow_customer(ticket: Ticket) -> None:
    """The ticket is somebody else's now: what was said about it is sealed with their key."""
    for pk in Invitation.objects.filter(ticket=ticket).values_list("pk", flat=True):
        invitation = take(pk)
        invitation.customer_id = invitation.ticket.customer_id
        invitation.save(update_fields=["customer"])
        for answer in Answer.objects.select_for_update().filter(invitation=invitation):
            answer.invitation = invitation
            tasks = list(RecoveryTask.objects.select_for_update().filter(answer=answer))
            for row in (answer, *tasks):
                if isinstance(row, RecoveryTask):
                    row.answer = answer
                reseal(row)
                row.save()


@transaction.atomic
def keep_reading(pk: UUID, *, mood: float | None, theme: str) -> None:
    """What was understood of its words."""
    answer = Answer.objects.select_for_update(of=("self",)).select_related("invitation").get(pk=pk)
    answer.mood, answer.theme, answer.read_at = mood, theme[:60], now()
    answer.save(update_fields=["mood", "theme", "read_at"])
    record("survey.read", subject=answer, actor=None)
