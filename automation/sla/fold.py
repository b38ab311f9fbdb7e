"""Clocks from a ticket's history: a pure function, so that rows are never more than its cache.

In two steps. First when each clock ran, which follows from what happened alone; then what that
means under the terms that held when the clock ended, or hold now: every change of priority or
policy judges the whole history anew and loses no pause.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from automation.sla.shapes import (
    PUT_ASIDE,
    STATUS,
    TAKEN_UP,
    Clock,
    Happening,
    Metric,
    State,
    Step,
    Target,
    Terms,
)

Terming = tuple[datetime, Terms | None]


@dataclass(slots=True)
class _Run:
    """One cycle of a metric: when it began and ended, and all that stood in between."""

    cycle: int
    started: datetime
    marks: list[tuple[datetime, str, str]] = field(default_factory=list)
    stopped: datetime | None = None
    is_called_off: bool = False


def fold(
    happenings: Iterable[Happening],
    terms: Terms | Sequence[Terming],
    *,
    at: datetime,
) -> list[Clock]:
    """The clocks as they stand ``at`` a moment, from what happened until then.

    ``terms`` are those of all time, or each with the moment from which it held, in order; None
    from when no policy fitted.
    """
    told = sorted((h for h in happenings if h.at <= at), key=lambda h: h.key)
    timeline = _timeline(terms, at)
    clocks = [
        clock
        for metric in _metrics_of(timeline)
        for run in _runs_of(metric, told)
        if (clock := _judge(metric, run, timeline, at)) is not None
    ]
    return sorted(clocks, key=lambda clock: (clock.started_at, clock.metric, clock.cycle))


def _timeline(terms: Terms | Sequence[Terming], at: datetime) -> list[Terming]:
    if isinstance(terms, Terms):
        return [(datetime.min.replace(tzinfo=at.tzinfo), terms)]
    return [(since, one) for since, one in terms if since <= at]


def _metrics_of(timeline: Sequence[Terming]) -> list[Metric]:
    """As the latest terms that have them define them."""
    found: dict[str, Metric] = {}
    for _since, terms in timeline:
        if terms:
            found |= {code: target.metric for code, target in terms.targets.items()}
    return list(found.values())


# When it ran


def _runs_of(metric: Metric, told: Sequence[Happening]) -> list[_Run]:
    runs: list[_Run] = []
    going: _Run | None = None
    category, aside = "new", ""
    happened: set[str] = set()
    for h in told:
        if h.what == PUT_ASIDE:
            aside = h.why or PUT_ASIDE
        elif h.what == TAKEN_UP:
            aside = ""
        elif h.what.startswith(STATUS):
            category = h.what.removeprefix(STATUS)
        standing = f"aside:{aside}" if aside else category
        if going is None:
            going = _begin(metric, runs, h, may_start=_may_start(metric, happened))
        else:
            _end(metric, going, h)
        if going is not None:
            going.marks.append((h.at, standing, h.what))
            if going.stopped is not None:
                going = None
        happened.add(h.what)
    return runs


def _may_start(metric: Metric, happened: set[str]) -> bool:
    is_needed_there = not metric.needs or metric.needs in happened
    return is_needed_there and metric.unless not in happened


def _begin(metric: Metric, runs: list[_Run], h: Happening, *, may_start: bool) -> _Run | None:
    last = runs[-1] if runs else None
    if last and last.stopped is not None and h.what in metric.resumes:
        last.stopped = None
        return last
    if h.what in metric.starts and may_start and (metric.repeats or not last):
        runs.append(_Run(cycle=len(runs) + 1, started=h.at))
        return runs[-1]
    return None


def _end(metric: Metric, run: _Run, h: Happening) -> None:
    if h.what in metric.stops:
        run.stopped = h.at
    elif h.what in metric.calls_off:
        run.stopped, run.is_called_off = h.at, True


# What that means


def _judge(metric: Metric, run: _Run, timeline: Sequence[Terming], at: datetime) -> Clock | None:
    end = run.stopped or at
    terms = _terms_at(timeline, end)
    target = terms.targets.get(metric.code) if terms else None
    if terms is None or target is None:
        return None
    stretches = list(_stretches(metric, run, target))
    elapsed, due = _measure(terms, stretches, target.length, end)
    _nothing, warn = _measure(terms, stretches, target.length * target.warn, end)
    standing = next((why for first, last, why in stretches if last is None), "")
    return Clock(
        metric=metric.code,
        cycle=run.cycle,
        version=terms.version,
        target=target.length,
        state=_state_of(run, due, at, is_paused=bool(standing)),
        started_at=run.started,
        stopped_at=run.stopped,
        due_at=due,
        warn_at=warn if target.warn < 1 else None,
        elapsed=elapsed,
        pauses=tuple((first, last, why) for first, last, why in stretches if why),
        steps=tuple(_explain(run, stretches, timeline, due, at)),
    )


def _terms_at(timeline: Sequence[Terming], moment: datetime) -> Terms | None:
    held = [terms for since, terms in timeline if since <= moment]
    return held[-1] if held else None


Stretch = tuple[datetime, datetime | None, str]  # why it stood still; "" while it ran


def _stretches(metric: Metric, run: _Run, target: Target) -> Iterator[Stretch]:
    """From the start on, each as long as it stood the same way; the last has no end unless the
    clock has one."""
    began, why = run.started, ""
    for moment, standing, what in run.marks:
        now_why = _why_still(metric, standing, what, target)
        if now_why != why:
            if moment > began:
                yield began, moment, why
            began, why = moment, now_why
    if run.stopped is None:
        yield began, None, why
    elif run.stopped > began:
        yield began, run.stopped, why


def _why_still(metric: Metric, standing: str, what: str, target: Target) -> str:
    """Ended for now and put aside stand still by themselves, a status if the target says so."""
    if standing.startswith("aside:"):
        return standing
    if f"{STATUS}{standing}" in metric.stops and metric.resumes:
        return standing
    return standing if standing in target.pauses else ""


def _measure(
    terms: Terms, stretches: Sequence[Stretch], length: timedelta, end: datetime
) -> tuple[timedelta, datetime | None]:
    """The working time used by ``end``, and when ``length`` of it was or will be used."""
    used, due = timedelta(), None
    for first, last, why in stretches:
        if why:
            continue
        if due is None:
            reached = terms.hours.after(first, length - used)
            # Of a clock that ended in time: when it would have been due.
            is_last = (first, last, why) == stretches[-1]
            if reached is not None and (last is None or reached <= last or is_last):
                due = reached
        used += terms.hours.elapsed(first, min(last or end, end))
    return used, due


def _state_of(run: _Run, due: datetime | None, at: datetime, *, is_paused: bool) -> State:
    if run.is_called_off:
        return State.CANCELLED
    if due is not None and (run.stopped or at) > due:
        return State.BREACHED
    if run.stopped is not None:
        return State.MET
    return State.PAUSED if is_paused else State.RUNNING


# In words


def _explain(
    run: _Run,
    stretches: Sequence[Stretch],
    timeline: Sequence[Terming],
    due: datetime | None,
    at: datetime,
) -> list[Step]:
    end = run.stopped or at
    steps = [Step(run.started, "started", run.marks[0][2])]
    before = ""
    for first, _last, why in stretches:
        if why != before:
            steps.append(Step(first, "paused", why) if why else Step(first, "resumed", before))
        before = why
    steps += [
        Step(since, "terms", terms.why if terms else "")
        for since, terms in timeline
        if run.started < since <= end and (terms is None or terms.why)
    ]
    if due is not None and due < end:
        steps.append(Step(due, "due"))
    if run.stopped is not None:
        steps.append(Step(run.stopped, _end_of(run), run.marks[-1][2]))
    return sorted(steps, key=lambda step: step.at)


def _end_of(run: _Run) -> str:
    return "called_off" if run.is_called_off else "stopped"
