"""Suites as those who test bots see them."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from bots.models import Bot, Case, Result, Run, Suite
from bots.words_of_evaluation import problem_words
from core.fields import warm_keys

_RUNS = 12


@dataclass(frozen=True, slots=True)
class SuiteRow:
    suite: Suite
    count: int
    last: Run | None


def list_suites(bot: Bot) -> list[SuiteRow]:
    suites = Suite.objects.filter(bot=bot).annotate(count=Count("cases"))
    done = Run.objects.filter(suite__bot=bot, state=Run.State.DONE)
    newest = {run.suite_id: run for run in done.order_by("asked_at")}
    # Put there by the annotation.
    return [SuiteRow(one, one.count, newest.get(one.pk)) for one in suites.order_by("name")]


def list_cases(suite: Suite) -> list[Case]:
    found = list(suite.cases.all())
    warm_keys(found)
    return found


def list_runs(suite: Suite) -> list[Run]:
    return list(suite.runs.select_related("asked_by")[:_RUNS])


@dataclass(frozen=True, slots=True)
class Side:
    """What one of both said, and what was wrong about it."""

    problems: list[str]
    talk: list[tuple[str, str]]


@dataclass(slots=True)
class ResultRow:
    result: Result
    name: str
    live: Side
    new: Side
    is_same: bool


@dataclass(slots=True)
class RunPage:
    run: Run
    # In the order in which somebody wants to read them: code, rows.
    groups: list[tuple[str, list[ResultRow]]] = field(default_factory=list)


def load_run(run: Run) -> RunPage:
    results = list(run.results.select_related("case"))
    warm_keys(results, [one.case for one in results])
    rows = [_row(one) for one in results]
    by_change: dict[str, list[ResultRow]] = {}
    for row in rows:
        by_change.setdefault(_change_of(row.result), []).append(row)
    order = ("newly_wrong", "newly_right", "still_wrong", "still_right")
    return RunPage(run, [(code, by_change[code]) for code in order if code in by_change])


def _change_of(result: Result) -> str:
    if result.is_right == result.live_is_right:
        return "still_right" if result.is_right else "still_wrong"
    return "newly_right" if result.is_right else "newly_wrong"


def _row(result: Result) -> ResultRow:
    live, new = _side(result.told.get("live")), _side(result.told.get("new"))
    name = result.case.given.get("name") or result.case.given.get("turns", ["—"])[0]
    return ResultRow(result, str(name), live, new, live.talk == new.talk)


def _side(told: dict[str, Any] | None) -> Side:
    told = told or {}
    problems = [problem_words(*map(str, one)) for one in told.get("problems", ())]
    return Side(problems, [(str(who), str(words)) for who, words in told.get("talk", ())])
