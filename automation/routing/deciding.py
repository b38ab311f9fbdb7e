"""One request and everybody who might get it → one decision that can be explained.

Refusals are hard: capacity, presence and required skills hold always. What remains is compared by
points. Whose turn it is in a queue is decided before, by ``urgency``.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from math import inf
from uuid import UUID

from automation.routing.fairness import deficits
from automation.routing.shapes import (
    Candidate,
    Decided,
    Need,
    Policy,
    Relax,
    Request,
    Verdict,
)

_HIGHEST_LEVEL = 5
_LONG_IDLE = 1800.0
# Refusals that time or a freed hand can cure; those before them cannot.
_BUSY = ("full", "channel_full")


def urgency(request: Request, policy: Policy) -> tuple[int, float, float, float, UUID]:
    """To sort by, the most urgent first: who starves, then the lane, the promise, the wait."""
    slack = inf if request.slack is None else request.slack
    if request.waited >= policy.starves_after:
        return 0, -request.waited, slack, 0.0, request.id
    return 1, -float(request.lane), slack, -request.waited, request.id


def given_up(request: Request, floor: Iterable[Candidate], policy: Policy) -> tuple[Relax, ...]:
    """By the time it waits; and at once what nobody could offer at any time."""
    late = {what for after, what in policy.relaxes if request.waited >= after}
    people = [one for one in floor if one.is_own or Relax.TEAM in late]
    if request.language and not any(request.language in one.languages for one in people):
        late.add(Relax.LANGUAGE)
    wished = [need for need in request.needs if not need.is_required]
    if wished and not any(_has_all(one, wished) for one in people):
        late.add(Relax.PREFERRED)
    return tuple(step for step in Relax if step in late)


def _has_all(candidate: Candidate, needs: Iterable[Need]) -> bool:
    return all(candidate.skills.get(need.skill, 0) >= need.level for need in needs)


def has_room(request: Request, candidate: Candidate) -> str:
    """Empty, or in which way they have none."""
    limit = candidate.limits.get(request.channel)
    if limit is not None and candidate.held.get(request.channel, 0) >= limit:
        return "channel_full"
    return "full" if candidate.load + request.weight > candidate.capacity else ""


def refuse(
    request: Request, candidate: Candidate, dropped: Collection[Relax]
) -> tuple[str, str] | None:
    """Why they cannot get it, and about what; the reason that lasts longest is named."""
    if not candidate.is_own and Relax.TEAM not in dropped:
        return "team", ""
    for need in request.needs:
        if need.is_required and candidate.skills.get(need.skill, 0) < _wanted(need, dropped):
            return "skill", need.skill
        if need.is_required or Relax.PREFERRED in dropped:
            continue
        if candidate.skills.get(need.skill, 0) < need.level:
            return "preferred", need.skill
    speaks = not request.language or request.language in candidate.languages
    if not speaks and Relax.LANGUAGE not in dropped:
        return "language", request.language
    if candidate.id in request.passed_by:
        return "passed_by", ""
    if candidate.away:
        return "away", candidate.away
    room = has_room(request, candidate)
    return (room, "") if room else None


def _wanted(need: Need, dropped: Collection[Relax]) -> int:
    return min(need.level, need.least) if Relax.LEVEL in dropped else max(need.level, need.least)


def decide(request: Request, floor: Sequence[Candidate], policy: Policy) -> Decided:
    """``floor``: everybody of the teams concerned, whether there or not."""
    dropped = given_up(request, floor, policy)
    refusals = [(one, refuse(request, one, dropped)) for one in floor]
    free = [one for one, refusal in refusals if refusal is None]
    behind = deficits(free)
    verdicts = []
    for one, refusal in refusals:
        if refusal:
            verdicts.append(Verdict(one.id, *refusal))
        else:
            parts = score(request, one, behind[one.id], policy)
            verdicts.append(Verdict(one.id, score=round(sum(parts.values()), 2), parts=parts))
    # The id breaks ties, so that the same situation is always decided alike.
    best = max(
        (v for v in verdicts if not v.refused), key=lambda v: (v.score, v.agent.int), default=None
    )
    return Decided(
        request.id, best.agent if best else None, tuple(verdicts), dropped, _why_none(verdicts)
    )


def decide_for(
    who: UUID, request: Request, floor: Sequence[Candidate], policy: Policy
) -> Decided | None:
    """They ask for it, so they are there. None if it is not for them or they have no room; how
    the others would have been judged is told all the same."""
    people = [replace(one, away="") if one.id == who else one for one in floor]
    me = next((one for one in people if one.id == who), None)
    dropped = given_up(request, people, policy)
    if me is None or refuse(request, me, dropped):
        return None
    return replace(decide(request, people, policy), chosen=who)


def _why_none(verdicts: Iterable[Verdict]) -> str:
    reasons = {verdict.refused for verdict in verdicts}
    if "" in reasons:
        return ""
    if reasons & {*_BUSY}:
        return "nobody_free"
    return "nobody_there" if reasons & {"away", "passed_by"} else "nobody_can"


def score(
    request: Request, candidate: Candidate, deficit: float, policy: Policy
) -> dict[str, float]:
    """Points by part. Fairness may count against somebody, all else only for them."""
    weights = policy.weights
    behind = max(-1.0, min(1.0, deficit / policy.burst))
    parts = {
        "fair": weights.fair * behind,
        "room": weights.room * (1 - candidate.load / max(candidate.capacity, 1)),
        "skill": weights.skill * _skill_share(request, candidate),
        "knows": weights.knows * request.knows.get(candidate.id, 0.0),
        "idle": weights.idle * min(candidate.idle / _LONG_IDLE, 1.0),
    }
    return {name: round(points, 2) for name, points in parts.items()}


def _skill_share(request: Request, candidate: Candidate) -> float:
    """How much of what was asked for, required or wished, they bring; the language counts too."""
    asked = [min(candidate.skills.get(n.skill, 0) / n.level, 1.0) for n in request.needs if n.level]
    if request.language:
        asked.append(1.0 if request.language in candidate.languages else 0.0)
    return sum(asked) / len(asked) if asked else 0.0


def charge(candidate: Candidate, request: Request) -> Candidate:
    """As they are with it."""
    held = {**candidate.held, request.channel: candidate.held.get(request.channel, 0) + 1}
    return replace(
        candidate,
        load=candidate.load + request.weight,
        held=held,
        given=candidate.given + request.weight,
        idle=0.0,
    )


def drain(
    waiting: Iterable[Request], floor: Sequence[Candidate], policy: Policy
) -> tuple[list[Decided], list[Candidate]]:
    """Give away what can be given, the most urgent first; the people as they are afterwards.

    A request for which nobody is free lets those behind it pass: they need other hands.
    """
    people = {one.id: one for one in floor}
    free = {one.id for one in floor if _may_get_more(one)}
    made: list[Decided] = []
    for request in sorted(waiting, key=lambda one: urgency(one, policy)):
        if not free:
            break
        dropped = given_up(request, people.values(), policy)
        if all(refuse(request, people[pk], dropped) for pk in free):
            continue
        decided = decide(request, list(people.values()), policy)
        if decided.chosen:
            changed = people[decided.chosen] = charge(people[decided.chosen], request)
            made.append(decided)
            if not _may_get_more(changed):
                free.discard(changed.id)
    return made, list(people.values())


def _may_get_more(candidate: Candidate) -> bool:
    return not candidate.away and candidate.load < candidate.capacity
