"""A talk with a scripted customer: nobody outside sees it, and it counts for nothing."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid
from core.events import record
from quality.actions.inspecting import judge_talk, live_rubric, score_of
from quality.checks.shapes import Said, Talk
from quality.errors import AlreadyDone
from quality.models import Practice
from quality.scenarios import SCENARIOS

_MOST_WORDS = 2_000


@transaction.atomic
def begin(scenario: str, *, actor: User) -> Practice:
    if scenario not in SCENARIOS:
        raise Invalid(_("There is no such customer."), field="scenario")
    row = Practice(agent=actor, scenario=scenario)
    row.save(force_insert=True)
    record("practice.begun", subject=row, actor=actor, scenario=scenario)
    return row


@transaction.atomic
def say(pk: UUID, *, words: str, actor: User) -> Practice:
    """The answer to what the customer said last; after the last line it is judged."""
    row = Practice.objects.select_for_update().get(pk=pk, agent=actor)
    if row.done_at:
        raise AlreadyDone(_("This practice is over."))
    if not words.strip():
        raise Invalid(_("Write an answer."), field="words")
    row.answers = [*row.answers, words.strip()[:_MOST_WORDS]]
    if len(row.answers) >= len(SCENARIOS[row.scenario].lines):
        row.done_at = now()
        if rubric := live_rubric():
            row.score = score_of(rubric, judge_talk(talk_of(row), rubric))
        record("practice.done", subject=row, actor=actor, score=row.score)
    row.save()
    return row


def talk_of(row: Practice) -> Talk:
    """Its messages are named by their places, for they are no rows."""
    scenario = SCENARIOS[row.scenario]
    said: list[Said] = []
    for at, line in enumerate(scenario.lines):
        said.append(Said("customer", line, timedelta(minutes=2 * at), str(len(said))))
        if at < len(row.answers):
            moment = timedelta(minutes=2 * at + 1)
            said.append(Said("agent", row.answers[at], moment, str(len(said))))
        else:
            break
    return Talk(tuple(said), scenario.language)
