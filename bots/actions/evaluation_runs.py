"""Suites played: asked for, done in a worker, kept."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bots.actions.evaluation import SET_UP, require
from bots.errors import GateClosed
from bots.evaluation.scripts import Outcome, read_script
from bots.models import Bot, Case, Flow, GateOverride, Result, Run, Suite
from bots.queries.candidates import Candidate, fingerprint_of
from bots.queries.gate import NOT_RUN, Standing, standings, standings_of_model
from bots.queries.playing import Heard, Stage
from core.clock import now
from core.errors import Invalid
from core.events import record
from core.fields import warm_keys

OVERRIDE = "bots.override_gate"
_KEPT = 30


@transaction.atomic
def ask_run(
    suite: Suite, candidate: Candidate, *, actor: User | None, goes_live: bool = False
) -> Run:
    """One that waits for the same already is the answer to everybody who asks."""
    require(actor, SET_UP)
    suite = Suite.objects.select_for_update(of=("self",)).select_related("bot").get(pk=suite.pk)
    cases = list(suite.cases.all())
    if not cases:
        raise Invalid(_("There is nothing to play: the suite has no tests yet."))
    mark = fingerprint_of(suite.bot, candidate, cases)
    waiting = Run.objects.filter(suite=suite, fingerprint=mark, state=Run.State.ASKED).first()
    if waiting and waiting.goes_live >= goes_live:
        return waiting
    run = Run(
        suite=suite,
        flows=dict(candidate.flows),
        model=candidate.model,
        fingerprint=mark,
        goes_live=goes_live,
        asked_by=actor,
        asked_at=now(),
    )
    run.save(force_insert=True)
    record("suite.asked", subject=run, actor=actor)
    return run


def ask_missing(found: list[Standing], candidate: Candidate, *, actor: User | None) -> int:
    """Play what was not played against this candidate yet; says how many."""
    missing = [one.suite for one in found if one.problem == NOT_RUN]
    for suite in missing:
        ask_run(suite, candidate, actor=actor)
    return len(missing)


def play_run(pk: UUID) -> list[tuple[Case, Outcome, Outcome]]:
    """Each test with what is live and with the candidate. Slow, and outside any transaction."""
    run = Run.objects.select_related("suite__bot__brand").get(pk=pk)
    Run.objects.filter(pk=pk, state=Run.State.ASKED).update(state=Run.State.RUNNING)
    candidate, heard = Candidate(run.flows, run.model), Heard()
    live = Stage(run.suite.bot, heard=heard)
    new = live if candidate.is_empty else Stage(run.suite.bot, candidate, heard)
    cases = list(run.suite.cases.all())
    warm_keys(cases)
    played = []
    for case in cases:
        script = read_script(case.given)
        before = live.play(script)
        played.append((case, before, before if new is live else new.play(script)))
    return played


def keep_run(pk: UUID, played: list[tuple[Case, Outcome, Outcome]]) -> Run:
    """Within a transaction."""
    run = Run.objects.select_for_update(of=("self",)).select_related("suite").get(pk=pk)
    Result.objects.filter(run=run).delete()
    still = set(Case.objects.filter(suite=run.suite_id).values_list("pk", flat=True))
    results = [
        Result(
            run=run,
            case=case,
            live_is_right=before.is_right,
            is_right=after.is_right,
            told={"live": _told(before), "new": _told(after)},
        )
        for case, before, after in played
        if case.pk in still
    ]
    Result.objects.bulk_create(results)
    run.state, run.done_at, run.count = Run.State.DONE, now(), len(results)
    run.live_right = sum(one.live_is_right for one in results)
    run.right = sum(one.is_right for one in results)
    run.newly_right = sum(one.is_right and not one.live_is_right for one in results)
    run.newly_wrong = sum(one.live_is_right and not one.is_right for one in results)
    run.save()
    record("suite.played", subject=run, actor=None, right=run.right, count=run.count)
    _drop_old(run.suite)
    return run


def _told(outcome: Outcome) -> dict[str, Any]:
    return {"problems": outcome.problems, "talk": [list(line) for line in outcome.talk]}


def _drop_old(suite: Suite) -> None:
    kept = list(suite.runs.values_list("pk", flat=True)[:_KEPT])
    Run.objects.filter(suite=suite).exclude(pk__in=kept).delete()


# The gate


def pass_gate_with_flow(flow: Flow, bot: Bot, *, actor: User | None, because: str) -> None:
    """In the transaction that publishes it, which a refusal takes back. Raises ``GateClosed``."""
    found = standings(bot, Candidate({flow.slug: flow.draft}))
    _pass_gate(found, actor=actor, because=because, flow=flow)


def pass_gate_with_model(number: int, *, actor: User | None, because: str) -> None:
    _pass_gate(standings_of_model(number), actor=actor, because=because, model=number)


def pass_gate_with_trial(bot: Bot, candidate: Candidate, *, actor: User) -> None:
    """Who is answered by it is a customer like any other."""
    _pass_gate(standings(bot, candidate), actor=actor, because="")


def _pass_gate(found: list[Standing], *, actor: User | None, because: str, **subject: Any) -> None:
    against = [one for one in found if one.problem]
    if not against or actor is None:
        return
    because = because.strip()
    if because and subject:
        require(actor, OVERRIDE)
        _note_override(against, actor, because, subject)
        return
    raise GateClosed(_reason(against), against)


def _reason(against: list[Standing]) -> str:
    failed = [one for one in against if not one.is_open]
    names = ", ".join(one.suite.name for one in failed or against)
    if failed:
        return _("These suites stand against it: %(names)s.") % {"names": names}
    return _("These suites have not been played against it yet: %(names)s.") % {"names": names}


def _note_override(
    against: list[Standing], actor: User, because: str, subject: dict[str, Any]
) -> None:
    made = GateOverride(by=actor, reason=because[:1000], **subject)
    made.failing = [
        {
            "suite": str(one.suite.pk),
            "name": one.suite.name,
            "problem": one.problem,
            "right": one.run.right if one.run else None,
            "live_right": one.run.live_right if one.run else None,
            "count": one.run.count if one.run else None,
            "bar": one.suite.bar,
        }
        for one in against
    ]
    made.save(force_insert=True)
    suites = [str(one.suite.pk) for one in against]
    record("gate.overridden", subject=made, actor=actor, suites=suites)
