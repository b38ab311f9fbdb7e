"""What came after the shop's answers: surveys and low scores that were worked; conversations
judged, reviewed, disputed and learned from."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from core import clock
from helpdesk.demo.telling import read_content
from quality.actions.feeling import put_on_list, settle_call_back
from quality.actions.inspecting import inspect_forgotten
from quality.actions.reviewing import (
    coach,
    decide_dispute,
    finish_coaching,
    finish_review,
    raise_dispute,
    take_next,
)
from quality.actions.sampling import draw_sample, last_week
from quality.models import CallBack, Dispute, Inspection, Review
from surveys.actions.answering import give_answer, keep_reading
from surveys.actions.asking import expire_old, mark_offered, plan_after_resolution, start_offering
from surveys.actions.definitions import (
    publish,
    save_draft,
    save_policy,
    save_survey,
    switch,
)
from surveys.actions.recovery import close, note_call, open_if_low, save_cause, work
from surveys.models import Cause, RecoveryTask
from surveys.questions import READY, ready_grid
from tickets.models import Ticket

Random = random.Random
_WEEKS = 10
_REVIEWED = 14  # by each of the two who review
_ANSWERS = 0.55  # of those asked
# Of a hundred answers so many are good and middling; the rest is low.
_GOOD, _MIDDLE = 72, 85


def follow_up(people: dict[str, User], rng: Random) -> None:
    """Precondition: the history is told, and ``people`` holds ``admin`` and ``supervisor``."""
    told = read_content("afterwards")
    admin, supervisor = people["admin"], people["supervisor"]
    _ask_everybody(told, admin, rng)
    expire_old()
    _work_low_scores(told, supervisor)
    _judge(told, people, rng)


# Surveys


def _ask_everybody(told: dict[str, Any], admin: User, rng: Random) -> None:
    with clock.at(clock.now() - timedelta(weeks=_WEEKS)):
        _write_survey(told, admin)
    for ticket in _solved_since(clock.now() - timedelta(weeks=_WEEKS)):
        assert ticket.resolved_at is not None  # noqa: S101  asked for above
        with clock.at(ticket.resolved_at):
            invitation = plan_after_resolution(ticket)
        if invitation is None or invitation.due_at > clock.now():
            continue
        with clock.at(invitation.due_at):
            if not start_offering(invitation.pk):
                continue
            mark_offered(invitation.pk)
        hours = rng.uniform(0.3, 40)
        at = invitation.due_at + timedelta(hours=hours)
        if rng.random() < _ANSWERS and at < clock.now():
            with clock.at(at):
                _answer(invitation.pk, ticket, told, rng)


def _write_survey(told: dict[str, Any], admin: User) -> None:
    save_policy(actor=admin, cap=1, cap_days=14)
    made = save_survey(None, actor=admin, name="After each request", delay_minutes=60, share=100)
    save_draft(made, metric="csat", questions=[ready_grid(list(READY))], texts={}, actor=admin)
    publish(made, actor=admin)
    switch(made, is_on=True, actor=admin)
    causes: dict[str, Cause] = {}
    for name, parent, harm in told["causes"]:
        above = causes.get(parent or "")
        causes[name] = save_cause(
            None, name=name, parent=above, harm=harm, is_active=True, actor=admin
        )


def _solved_since(since: datetime) -> Iterator[Ticket]:
    related = "customer__tier", "inbox", "assignee"
    solved = Ticket.objects.filter(resolved_at__gte=since, spam_at=None, merged_into=None)
    yield from solved.select_related(*related).order_by("resolved_at")


def _answer(invitation: Any, ticket: Ticket, told: dict[str, Any], rng: Random) -> None:
    throw = rng.randrange(100)
    kind = "good" if throw < _GOOD else "middle" if throw < _MIDDLE else "low"
    score = {"good": rng.choice([4, 5, 5]), "middle": 3, "low": rng.choice([1, 2])}[kind]
    language = "zh" if ticket.language.startswith("zh") else "en"
    comment = rng.choice(told[kind][language])
    parts = {
        f"q_dimensions_{code}": str(max(1, min(5, score + rng.choice([-1, 0, 0, 1]))))
        for code in READY
    }
    answer = give_answer(invitation, score=score, comment=comment, given=parts)
    mood = {"good": 0.6, "middle": -0.1, "low": -0.7}[kind]
    keep_reading(answer.pk, mood=mood if comment else None, theme=ticket.type if comment else "")
    open_if_low(answer.pk)


def _work_low_scores(told: dict[str, Any], supervisor: User) -> None:
    """The newest are open yet."""
    tasks = list(RecoveryTask.objects.select_related("answer__invitation__ticket"))
    tasks.sort(key=lambda task: task.due_at)
    for at, task in enumerate(tasks[:-2]):
        name, remedy, english, chinese = told["remedies"][at % len(told["remedies"])]
        is_chinese = task.answer.invitation.language.startswith("zh")
        with clock.at(min(task.due_at - timedelta(hours=2), clock.now())):
            if at % 3:
                note_call(task, actor=supervisor)
            cause = Cause.objects.get(name=name)
            work(task, cause=cause, remedy=remedy, owner=None, actor=supervisor)
            close(task, actor=supervisor, told=chinese if is_chinese else english)


# Quality


def _judge(told: dict[str, Any], people: dict[str, User], rng: Random) -> None:
    while inspect_forgotten():
        pass
    week = last_week()
    for back in (2, 1, 0):
        monday = week - timedelta(weeks=back)
        draw_sample(monday, actor=None)
    for reviewer in (people["supervisor"], people["admin"]):
        for _turn in range(_REVIEWED):
            if row := take_next(actor=reviewer):
                _review(row, reviewer, told, rng)
    _dispute(told, people)
    _coach(told, people)
    _call_back(people["supervisor"])


def _review(row: Review, reviewer: User, told: dict[str, Any], rng: Random) -> None:
    """Mostly as the checks see it, and not always."""
    faults = set(row.inspection.faults)
    marks = {}
    for one in row.inspection.rubric.criteria:
        is_bad = (one["code"] in faults) != (rng.random() < 0.1)
        marks[one["code"]] = rng.choice([0, 1, 1]) if is_bad else rng.choice([2, 2, 3])
    finish_review(row.pk, marks=marks, comment=rng.choice(told["reviews"]), actor=reviewer)


def _dispute(told: dict[str, Any], people: dict[str, User]) -> None:
    criterion = "not_confirmed"
    judged = Inspection.objects.filter(faults__contains=[criterion]).exclude(is_bot=True)
    judged = judged.select_related("agent")
    wanted = judged.filter(agent__in=people.values()).order_by("-resolved_at")
    for (reason, answer), inspection in zip(told["disputes"], wanted[:3], strict=False):
        assert inspection.agent is not None  # noqa: S101  asked for above
        row = raise_dispute(inspection, criterion=criterion, reason=reason, actor=inspection.agent)
        if answer:
            is_right = not Dispute.objects.exclude(decided_at=None).exists()
            decide_dispute(row.pk, upheld=is_right, answer=answer, actor=people["supervisor"])


def _coach(told: dict[str, Any], people: dict[str, User]) -> None:
    agents = [user for key, user in people.items() if key not in ("admin", "supervisor")]
    criteria = ("broken_promise", "not_confirmed")
    for agent, words, criterion in zip(agents, told["coaching"], criteria, strict=False):
        failed = Inspection.objects.filter(agent=agent, faults__contains=[criterion])
        examples = list(failed[:2])
        row = coach(
            agent,
            criterion=criterion,
            words=words,
            examples=examples,
            due_on=(clock.now() + timedelta(days=7)).date(),
            actor=people["supervisor"],
        )
        if criterion == criteria[-1]:
            finish_coaching(row.pk, actor=agent)


def _call_back(supervisor: User) -> None:
    low = RecoveryTask.objects.select_related("answer__invitation__ticket").order_by("-due_at")
    reasons = [[str(CallBack.Reason.SILENT)], [str(CallBack.Reason.REPEAT)]]
    for task, why in zip(low[:2], reasons, strict=False):
        put_on_list(task.answer.invitation.ticket, why)
    if last := CallBack.objects.order_by("-pk").first():
        settle_call_back(last.pk, how=CallBack.State.DONE, actor=supervisor)
