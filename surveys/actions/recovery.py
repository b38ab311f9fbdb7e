"""Low scores are worked: somebody owns each, by a time, and says why it came and what was done."""

import hmac
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.crypto import derive
from core.errors import Invalid, NotAllowed
from core.events import record
from surveys.actions.asking import ask
from surveys.actions.base import tell
from surveys.errors import AlreadyAsked, TaskIncomplete
from surveys.models import Answer, Cause, RecoveryTask
from surveys.queries.open import policy
from surveys.queries.seniors import senior_of
from tickets.actions import notify, reply
from tickets.models import Notification, Ticket

RIGHT = "surveys.work_recovery"
NEGATIVE = -0.5
_State = RecoveryTask.State


def open_if_low(answer_pk: UUID) -> RecoveryTask | None:
    """Once per answer, whatever is asked of it again."""
    related = "invitation__ticket__inbox", "invitation__ticket__team", "invitation__customer"
    answer = Answer.objects.select_related(*related).filter(pk=answer_pk).first()
    if answer is None or RecoveryTask.objects.filter(answer=answer).exists():
        return None
    sounds_bad = answer.mood is not None and answer.mood <= NEGATIVE
    if not answer.is_low and not sounds_bad:
        return None
    reason = RecoveryTask.Reason.SCORE if answer.is_low else RecoveryTask.Reason.WORDS
    return _open(answer, reason)


@transaction.atomic
def _open(answer: Answer, reason: str) -> RecoveryTask | None:
    rules = policy()
    invitation = answer.invitation
    task, is_new = RecoveryTask.objects.get_or_create(
        answer=answer,
        defaults={
            "reason": reason,
            "team": invitation.ticket.team,
            "owner": senior_of(invitation.ticket),
            "due_at": now() + timedelta(hours=rules.recovery_hours),
            "is_control": _is_control(answer, rules.control_share),
        },
    )
    if not is_new:
        return None
    tell(invitation, "recovery.opened", task=task.pk, reason=reason, owner=task.owner_id)
    if task.owner:
        notify(task.owner, invitation.ticket, kind=Notification.Kind.REMINDER)
    return task


def _is_control(answer: Answer, share: int) -> bool:
    drawn = hmac.digest(derive("surveys.control"), answer.pk.bytes, "sha256")
    return int.from_bytes(drawn[:4], "big") % 100 < share


def _take(task: RecoveryTask, actor: User) -> RecoveryTask:
    if not actor.may(RIGHT):
        raise NotAllowed(_("Your role does not allow this."))
    related = "answer__invitation__ticket__inbox", "answer__invitation__customer", "owner"
    found = RecoveryTask.objects.select_for_update(of=("self",)).select_related(*related)
    return found.get(pk=task.pk)


@transaction.atomic
def note_call(task: RecoveryTask, *, actor: User) -> RecoveryTask:
    task = _take(task, actor)
    if task.is_control:
        raise Invalid(_("This one is for comparison: it is worked without a call."))
    if task.called_at is None:
        task.called_at = now()
        task.save(update_fields=["called_at"])
        tell(task.answer.invitation, "recovery.called", actor=actor, task=task.pk)
    return task


@transaction.atomic
def work(
    task: RecoveryTask,
    *,
    cause: Cause | None,
    remedy: str,
    owner: User | None,
    actor: User,
) -> RecoveryTask:
    """What has been found out so far."""
    task = _take(task, actor)
    if task.state == _State.CLOSED:
        raise TaskIncomplete(_("This has been closed."))
    before = task.owner_id
    task.cause, task.remedy = cause, remedy.replace("\0", "").strip()[:5000]
    task.owner = owner or task.owner
    task.save()
    details = {"cause": cause.pk if cause else None, "task": task.pk}
    tell(task.answer.invitation, "recovery.worked", actor=actor, **details)
    if task.owner and task.owner_id != before and task.owner != actor:
        notify(task.owner, task.answer.invitation.ticket, kind=Notification.Kind.REMINDER)
    return task


@transaction.atomic
def close(
    task: RecoveryTask, *, actor: User, told: str = "", asks_again: bool = False
) -> RecoveryTask:
    """Not without cause and remedy. ``told`` goes to the customer: you said, we did."""
    task = _take(task, actor)
    if task.state == _State.CLOSED:
        return task
    if task.cause is None or not task.remedy.strip():
        raise TaskIncomplete(_("Name the cause and the remedy first."))
    ticket = task.answer.invitation.ticket
    if words := told.replace("\0", "").strip()[:5000]:
        tell_customer(task, ticket, words, actor)
    task.state, task.closed_at, task.closed_by = _State.CLOSED, now(), actor
    task.save()
    if asks_again:
        _ask_again(task, ticket, actor)
    tell(
        task.answer.invitation,
        "recovery.closed",
        actor=actor,
        task=task.pk,
        cause=task.cause_id,
        told=bool(words),
    )
    return task


def tell_customer(task: RecoveryTask, ticket: Ticket, words: str, actor: User) -> None:
    if not actor.may("tickets.reply_ticket"):
        raise NotAllowed(_("Your role does not allow this."))
    reply(ticket, actor=actor, body=words, client_id=task.pk)
    task.told, task.told_at = words, now()


def _ask_again(task: RecoveryTask, ticket: Ticket, actor: User) -> None:
    survey = task.answer.invitation.survey
    if survey is None or survey.live_id is None:
        return
    try:
        task.second = ask(ticket, survey, actor=actor, is_second=True)
    except AlreadyAsked:
        return
    task.save(update_fields=["second"])


def warn_of_late(limit: int = 200) -> int:
    """Each task once, to its owner, when its promise is over."""
    late = RecoveryTask.objects.filter(state=_State.OPEN, due_at__lt=now(), warned_at=None)
    done = 0
    for pk in list(late.order_by("due_at").values_list("pk", flat=True)[:limit]):
        done += _warn(pk)
    return done


@transaction.atomic
def _warn(pk: UUID) -> int:
    related = "answer__invitation__ticket__inbox", "owner"
    found = RecoveryTask.objects.select_for_update(of=("self",), skip_locked=True)
    task = found.select_related(*related).filter(pk=pk, warned_at=None).first()
    if task is None:
        return 0
    task.warned_at = now()
    task.save(update_fields=["warned_at"])
    ticket = task.answer.invitation.ticket
    tell(task.answer.invitation, "recovery.late", task=task.pk)
    if task.owner:
        with translation.override(task.owner.language):
            notify(task.owner, ticket, kind=Notification.Kind.OVERDUE)
    return 1


@transaction.atomic
def save_cause(
    cause: Cause | None,
    *,
    name: str,
    parent: Cause | None,
    harm: int,
    is_active: bool,
    actor: User,
) -> Cause:
    place = parent
    while place is not None:
        if cause and place.pk == cause.pk:
            raise Invalid(_("A cause cannot stand under itself."), field="parent")
        place = place.parent
    cause = cause or Cause()
    cause.name, cause.parent, cause.harm, cause.is_active = name.strip(), parent, harm, is_active
    cause.save()
    record("cause.saved", subject=cause, actor=actor)
    return cause
