"""What stands between a candidate and being live."""

from dataclasses import dataclass
from datetime import timedelta

from bots.models import Bot, Run, Suite
from bots.queries.candidates import Candidate, fingerprint_of
from core.clock import now

# Articles change, too, and what a tool would answer.
_GOOD_FOR = timedelta(days=1)
NOT_RUN, RUNNING, WORSE, UNDER_BAR = "not_run", "running", "worse", "under_bar"


@dataclass(frozen=True, slots=True)
class Standing:
    """What one suite says of the candidate; ``problem`` is empty where nothing is against it."""

    suite: Suite
    run: Run | None
    problem: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the suite has only to be played."""
        return self.problem in (NOT_RUN, RUNNING)


def standings(bot: Bot, candidate: Candidate) -> list[Standing]:
    """Of every gating suite of this bot that has tests."""
    gating = Suite.objects.filter(bot=bot, is_gating=True).prefetch_related("cases")
    return [_standing(bot, suite, candidate) for suite in gating if suite.cases.all()]


def _standing(bot: Bot, suite: Suite, candidate: Candidate) -> Standing:
    mark = fingerprint_of(bot, candidate, suite.cases.all())
    found = Run.objects.filter(suite=suite, fingerprint=mark, asked_at__gt=now() - _GOOD_FOR)
    run = found.exclude(state=Run.State.FAILED).first()
    if run is None:
        return Standing(suite, None, NOT_RUN)
    if run.state != Run.State.DONE:
        return Standing(suite, run, RUNNING)
    return Standing(suite, run, problem_of(run, suite))


def problem_of(run: Run, suite: Suite) -> str:
    if run.right < run.live_right:
        return WORSE
    return UNDER_BAR if 100 * run.right < suite.bar * run.count else ""


def standings_of_model(number: int) -> list[Standing]:
    """An understanding serves every bot."""
    candidate = Candidate(model=number)
    return [one for bot in Bot.objects.all() for one in standings(bot, candidate)]
