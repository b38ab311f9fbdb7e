"""Reviews by people, disputes by agents, and coaching."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.events import record
from quality.actions.base import LEAD, REVIEW, require
from quality.actions.inspecting import faults_in, score_of
from quality.errors import AlreadyDone
from quality.models import Coaching, Dispute, Inspection, Review, Rubric
from tickets.models import Ticket

STEPS = (0, 1, 2, 3)  # poor, weak, good, very good
_TOP = STEPS[-1]
_MOST_WORDS = 4_000


@transaction.atomic
def take_next(*, actor: User) -> Review | None:
    """The oldest that waits and that they may judge: never their own, never the same twice. One
    they have begun comes first."""
    require(actor, REVIEW)
    mine = Review.objects.filter(reviewer=actor, done_at=None).order_by("taken_at").first()
    if mine:
        return mine
    visible = Ticket.objects.visible_to(actor).values("pk")
    known = Review.objects.filter(reviewer=actor).values("inspection")
    waiting = (
        Review.objects.filter(reviewer=None, done_at=None, inspection__ticket__in=visible)
        .exclude(inspection__agent=actor)
        .exclude(inspection__in=known)
        .select_for_update(skip_locked=True, of=("self",))
    )
    row = waiting.order_by("week", "pk").first()
    if row:
        row.reviewer, row.taken_at = actor, now()
        row.save(update_fields=["reviewer", "taken_at"])
    return row


@transaction.atomic
def finish_review(
    pk: UUID, *, marks: Mapping[str, int | None], comment: str, actor: User
) -> Review:
    """Every criterion needs a mark; null where it does not apply."""
    require(actor, REVIEW)
    found = Review.objects.select_for_update(of=("self",)).select_related(
        "inspection__rubric", "inspection__ticket__customer"
    )
    row = found.get(pk=pk)
    if row.reviewer_id != actor.pk:
        raise NotAllowed(_("Somebody else reviews this conversation."))
    if row.done_at:
        raise AlreadyDone(_("This review is finished."))
    criteria = row.inspection.rubric.criteria
    codes = {one["code"] for one in criteria}
    if set(marks) != codes or any(m is not None and m not in STEPS for m in marks.values()):
        raise Invalid(_("Give every criterion a mark."), field="marks")
    row.marks, row.comment, row.done_at = dict(marks), comment[:_MOST_WORDS], now()
    row.score = score_of_marks(row.inspection.rubric, row.marks)
    row.save()
    record(
        "inspection.reviewed",
        subject=row.inspection,
        actor=actor,
        inspected=row.inspection.ticket_id,
        score=row.score,
    )
    return row


def score_of_marks(rubric: Rubric, marks: Mapping[str, int | None]) -> int | None:
    total = good = 0.0
    for one in rubric.criteria:
        mark = marks.get(one["code"])
        if mark is None:
            continue
        if mark == 0 and one["is_critical"]:
            return 0
        total += one["weight"]
        good += one["weight"] * mark / _TOP
    return round(100 * good / total) if total else None


# Disputes


@transaction.atomic
def raise_dispute(inspection: Inspection, *, criterion: str, reason: str, actor: User) -> Dispute:
    """By whose conversation it is, once for each automatic verdict or mark of a reviewer."""
    inspection = (
        Inspection.objects.select_for_update(of=("self",))
        .select_related("rubric", "ticket__customer")
        .get(pk=inspection.pk)
    )
    if inspection.agent_id != actor.pk:
        raise NotAllowed(_("Only the agent whose conversation it is may dispute its score."))
    if not reason.strip():
        raise Invalid(_("Say why the verdict is wrong."), field="reason")
    if inspection.disputes.filter(criterion=criterion).exists():
        raise AlreadyDone(_("This verdict was disputed before."))
    review = None
    if criterion not in inspection.faults:
        done = inspection.reviews.exclude(done_at=None).order_by("place")
        review = next((one for one in done if (one.marks.get(criterion) or _TOP) < _TOP), None)
        if review is None and not any(one.marks.get(criterion) == 0 for one in done):
            raise Invalid(_("There is nothing against this criterion."), field="criterion")
        review = review or next(one for one in done if one.marks.get(criterion) == 0)
    row = Dispute(
        inspection=inspection,
        review=review,
        criterion=criterion,
        reason=reason[:_MOST_WORDS],
        raised_by=actor,
    )
    row.save(force_insert=True)
    record(
        "inspection.disputed", subject=inspection, actor=actor, criterion=criterion, dispute=row.pk
    )
    return row


@transaction.atomic
def decide_dispute(pk: UUID, *, upheld: bool, answer: str, actor: User) -> Dispute:
    """Never by whoever raised it, nor by the reviewer it is about."""
    require(actor, LEAD)
    found = Dispute.objects.select_for_update(of=("self",)).select_related(
        "inspection__rubric", "inspection__ticket__customer", "review"
    )
    row = found.get(pk=pk)
    if row.state != Dispute.State.OPEN:
        raise AlreadyDone(_("This dispute is decided."))
    if actor.pk in (row.raised_by_id, row.review.reviewer_id if row.review else None):
        raise NotAllowed(_("Somebody else has to decide about this."))
    row.state = Dispute.State.UPHELD if upheld else Dispute.State.REJECTED
    row.answer, row.decided_by, row.decided_at = answer[:_MOST_WORDS], actor, now()
    row.save()
    if upheld:
        _set_right(row)
    record(
        "inspection.dispute_decided",
        subject=row.inspection,
        actor=actor,
        criterion=row.criterion,
        upheld=upheld,
        dispute=row.pk,
    )
    return row


def _set_right(dispute: Dispute) -> None:
    if dispute.review:
        review = Review.objects.select_for_update().get(pk=dispute.review.pk)
        review.marks[dispute.criterion] = None
        review.score = score_of_marks(dispute.inspection.rubric, review.marks)
        review.save(update_fields=["marks", "score"])
        return
    row = (
        Inspection.objects.select_for_update(of=("self",))
        .select_related("rubric")
        .get(pk=dispute.inspection_id)
    )
    row.results[dispute.criterion] |= {"state": "ok", "set_right": True}
    row.faults, row.score = faults_in(row.results), score_of(row.rubric, row.results)
    row.save(update_fields=["results", "faults", "score"])


# Coaching


@transaction.atomic
def coach(
    agent: User,
    *,
    criterion: str,
    words: str,
    examples: Sequence[Inspection] = (),
    scenario: str = "",
    due_on: date | None = None,
    actor: User,
) -> Coaching:
    require(actor, LEAD)
    if not words.strip():
        raise Invalid(_("Say what to work at."), field="words")
    if any(one.agent_id != agent.pk for one in examples):
        raise Invalid(_("The examples are to be theirs."), field="examples")
    row = Coaching(
        agent=agent,
        criterion=criterion[:40],
        words=words[:_MOST_WORDS],
        scenario=scenario,
        due_on=due_on,
        made_by=actor,
    )
    row.save(force_insert=True)
    row.examples.set(examples)
    record("coaching.given", subject=row, actor=actor, agent=agent.pk, criterion=row.criterion)
    return row


@transaction.atomic
def finish_coaching(pk: UUID, *, actor: User) -> Coaching:
    """By the agent, or whoever leads."""
    row = Coaching.objects.select_for_update().get(pk=pk)
    if row.agent_id != actor.pk:
        require(actor, LEAD)
    if row.done_at is None:
        row.done_at = now()
        row.save(update_fields=["done_at"])
        record("coaching.done", subject=row, actor=actor, agent=row.agent_id)
    return row


def waiting_for(actor: User) -> Any:
    """Reviews this person could take now."""
    visible = Ticket.objects.visible_to(actor).values("pk")
    known = Review.objects.filter(reviewer=actor).values("inspection")
    free = Q(reviewer=None, inspection__ticket__in=visible) & ~Q(inspection__in=known)
    free &= ~Q(inspection__agent=actor) | Q(inspection__agent=None)
    return Review.objects.filter(done_at=None).filter(free | Q(reviewer=actor))
