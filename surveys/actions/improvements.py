"""What was changed because customers said so, told to those who did: you said, we did."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.models import Brand
from core.errors import HelpdeskError, Invalid, NotAllowed
from core.events import record
from customers.queries import consent_allows
from surveys.actions.asking import PURPOSE
from surveys.actions.base import take, tell
from surveys.actions.recovery import RIGHT, tell_customer
from surveys.models import Cause, Improvement, RecoveryTask
from surveys.queries.improvements import tasks_of
from surveys.questions import say

_MOST_WORDS = 3000


@transaction.atomic
def publish_improvement(
    cause: Cause,
    *,
    month: date,
    brand: Brand | None,
    texts: Mapping[str, str],
    tells: bool,
    actor: User,
) -> Improvement:
    """``month``: its first day; ``tells``: those who were unhappy about it then are told."""
    if not actor.may(RIGHT) or (tells and not actor.may("tickets.reply_ticket")):
        raise NotAllowed(_("Your role does not allow this."))
    said = {code: text.replace("\0", "").strip()[:_MOST_WORDS] for code, text in texts.items()}
    said = {code: text for code, text in said.items() if text}
    if not said:
        raise Invalid(_("Say what was changed, in one language at least."))
    made = Improvement(cause=cause, month=month, brand=brand, texts=said, tells=tells, by=actor)
    made.save(force_insert=True)
    record("improvement.published", subject=made, actor=actor, cause=cause.pk)
    return made


def concerned_by(improvement: Improvement) -> "QuerySet[RecoveryTask]":
    """Worked to the end, and not told yet. Those kept for comparison are left alone."""
    tasks = tasks_of(improvement.month).filter(
        cause=improvement.cause_id, state=RecoveryTask.State.CLOSED, told_at=None, is_control=False
    )
    if improvement.brand_id:
        tasks = tasks.filter(answer__invitation__brand=improvement.brand_id)
    return tasks.order_by("created_at", "pk")


def made_for(task: RecoveryTask) -> list[Improvement]:
    """Which would tell its customer; the first first."""
    found = Improvement.objects.filter(cause=task.cause_id, tells=True).order_by("at", "pk")
    return [one for one in found if concerned_by(one).filter(pk=task.pk).exists()]


@transaction.atomic
def tell_one(improvement: Improvement, pk: UUID) -> bool:
    """Once, whoever tries it again: the task says whether they were told."""
    invitation = RecoveryTask.objects.values_list("answer__invitation", flat=True).get(pk=pk)
    asked = take(invitation)
    task = RecoveryTask.objects.select_for_update().get(pk=pk)
    customer, author = asked.customer, improvement.by
    if task.told_at or customer.merged_into_id or not consent_allows(customer, PURPOSE):
        return False
    if author is None or not author.is_active or asked.ticket.merged_into_id:
        return False
    words = say(improvement.texts, asked.language)
    try:
        with transaction.atomic():
            tell_customer(task, asked.ticket, words, author)
    except HelpdeskError:
        return False  # nobody can be reached in this ticket any more
    task.told_of = improvement
    task.save(update_fields=["told", "told_at", "told_of"])
    tell(asked, "recovery.told", actor=author, task=task.pk)
    return True
