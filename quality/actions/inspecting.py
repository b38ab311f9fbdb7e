"""Judging a conversation by the rubric in use, once per resolution."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from core.clock import now
from core.events import record
from quality.checks.running import run_checks
from quality.checks.shapes import Talk, Verdict
from quality.models import Inspection, Rubric
from quality.queries.conversation import cycle_at, is_chat, messages_of, speaker_of, talk_of
from tickets.models import Ticket

_AT_ONCE = 200
# How far back is looked for what has no score: also what is there to begin with.
_LATELY = timedelta(days=30)


def live_rubric() -> Rubric | None:
    return Rubric.objects.filter(state=Rubric.State.LIVE).first()


def judge(ticket: UUID, *, seq: int, resolved_at: datetime) -> Inspection | None:
    """Not saved: slow, and outside any transaction. Where nothing was said it has no score."""
    found = Ticket.objects.select_related("inbox", "assignee").filter(
        pk=ticket, spam_at=None, merged_into=None
    )
    row, rubric = found.first(), live_rubric()
    if row is None or rubric is None:
        return None
    said = messages_of(row, until=seq)
    agent = speaker_of(row, said)
    results = judge_talk(talk_of(row, said), rubric)
    return Inspection(
        ticket=row,
        cycle=cycle_at(ticket, seq),
        resolved_at=resolved_at,
        rubric=rubric,
        agent=agent,
        is_bot=bool(agent and agent.is_bot),
        team_id=row.team_id,
        inbox=row.inbox,
        channel=Inspection.Channel.CHAT if is_chat(row) else Inspection.Channel.MAIL,
        results=results,
        faults=faults_in(results),
        score=score_of(rubric, results),
    )


def judge_talk(talk: Talk, rubric: Rubric) -> dict[str, dict[str, Any]]:
    names = [one["check"] for one in rubric.criteria_of("auto")]
    return {name: _kept(talk, verdict) for name, verdict in run_checks(talk, names).items()}


def _kept(talk: Talk, verdict: Verdict) -> dict[str, Any]:
    """Places instead of words: those stay in the message, sealed."""
    marks = [[talk.said[one.message].key, one.start, one.end] for one in verdict.evidence]
    return {"state": verdict.state, "evidence": marks}


def faults_in(results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return sorted(code for code, one in results.items() if one["state"] == "fault")


def score_of(rubric: Rubric, results: Mapping[str, Mapping[str, Any]]) -> int | None:
    """The weight of what was right in a hundred; a critical fault leaves nothing."""
    good = bad = 0
    for one in rubric.criteria_of("auto"):
        state = (results.get(one["code"]) or {"state": "none"})["state"]
        if state == "fault" and one["is_critical"]:
            return 0
        good += one["weight"] * (state == "ok")
        bad += one["weight"] * (state == "fault")
    return round(100 * good / (good + bad)) if good + bad else None


@transaction.atomic
def keep(found: Inspection) -> Inspection | None:
    """Once per resolution, whoever comes first. None: it was there already."""
    ticket = Ticket.objects.select_for_update().filter(pk=found.ticket_id).first()
    if ticket is None:
        return None
    known = Inspection.objects.filter(ticket=ticket, cycle=found.cycle).first()
    if known is None:
        found.save(force_insert=True)
    elif known.resolved_at == found.resolved_at or ticket.resolved_at != found.resolved_at:
        return None
    else:
        # The end that was judged had been taken back; what hangs on the row stays there.
        found.pk = known.pk
        found.save(force_update=True)
    record(
        "inspection.made",
        subject=found,
        actor=None,
        inspected=found.ticket_id,
        score=found.score,
        faults=found.faults,
    )
    return found


def inspect_forgotten() -> int:
    """What was resolved lately and has no score: whose reaction failed for good, or what was closed
    without being resolved first."""
    if not Rubric.objects.exclude(published_at=None).exists():
        return 0
    since = now() - _LATELY
    # The time once more, and from the row outside: else a plan joins all there ever were.
    judged = Inspection.objects.filter(
        ticket=OuterRef("pk"), resolved_at=OuterRef("resolved_at"), resolved_at__gte=since
    )
    due = Ticket.objects.filter(resolved_at__gte=since, spam_at=None, merged_into=None)
    due = due.filter(~Exists(judged))
    made = 0
    for ticket in due.order_by("resolved_at")[:_AT_ONCE]:
        if ticket.resolved_at is None:
            continue
        found = judge(ticket.pk, seq=ticket.seq, resolved_at=ticket.resolved_at)
        made += bool(found and keep(found))
    return made
