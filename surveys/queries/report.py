"""The figures of a time: read once, counted in memory."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from core.clock import now
from customers.models import Tier
from surveys import figures
from surveys.drivers import LEAST, Drivers, find_drivers
from surveys.figures import Bias, Figure
from surveys.models import Answer, Invitation, RecoveryTask
from surveys.models.definitions import LOW, Metric
from surveys.queries.open import policy
from tickets.models import Ticket

DAYS = (7, 30, 90, 365)
CUTS = {
    "team": gettext_lazy("Team"),
    "agent": gettext_lazy("Agent"),
    "bot": gettext_lazy("Bot or people"),
    "channel": gettext_lazy("Channel"),
    "tier": gettext_lazy("Tier"),
    "week": gettext_lazy("Week"),
}
_State = Invitation.State
_ASKED = (_State.OFFERED, _State.SENDING, _State.ANSWERED, _State.EXPIRED)
# Hours within which requests count as solved alike.
_SPANS = ((1, "< 1 h"), (8, "1–8 h"), (24, "8–24 h"), (72, "1–3 d"))


class Row(NamedTuple):
    id: UUID
    state: str
    why: str
    metric: str
    team: UUID | None
    agent: UUID | None
    by_bot: bool
    door: str
    tier: str
    type: str
    solved_seconds: int | None
    created_at: datetime
    is_second: bool
    score: int | None
    parts: Any


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    figure: Figure
    asked: int
    response: Figure


@dataclass(frozen=True, slots=True)
class BiasOf:
    name: str
    bias: Bias
    groups: list[Line]


@dataclass(slots=True)
class Report:
    days: int
    by: str
    metric: str
    least: int
    eligible: int = 0
    capped: int = 0
    why: list[tuple[str, int]] = field(default_factory=list)
    coverage: Figure = figures.NOTHING
    coverage_without_cap: Figure = figures.NOTHING
    response: Figure = figures.NOTHING
    score: Figure = figures.NOTHING
    weighted: Figure = figures.NOTHING
    lines: list[Line] = field(default_factory=list)
    drivers: list[tuple[str, Figure]] = field(default_factory=list)
    weights: Drivers | None = None
    biases: list[BiasOf] = field(default_factory=list)
    gap: Figure = figures.NOTHING
    like_strata: int = 0
    worked: Figure = figures.NOTHING
    saved: Figure = figures.NOTHING
    control: Figure = figures.NOTHING
    spread: list[tuple[int, int]] = field(default_factory=list)
    choices: dict[str, Any] = field(default_factory=dict)


def build_report(user: User, *, days: str = "", by: str = "", metric: str = "") -> Report:
    """Of tickets this user may see."""
    report = Report(
        days=int(days) if days.isascii() and days.isdigit() and int(days[:5]) in DAYS else 30,
        by=by if by in CUTS else "team",
        metric=metric if metric in Metric.values else Metric.CSAT,
        least=policy().least,
    )
    report.choices = {
        "days": DAYS,
        "by": CUTS.items(),
        "metric": [(code, code.upper()) for code in Metric.values],
        "least_for_weights": LEAST,
    }
    rows = [row for row in _rows(user, report.days) if row.metric == report.metric]
    first = [row for row in rows if not row.is_second]
    _note_coverage(report, first)
    asked = [row for row in first if row.state in _ASKED]
    answered = [row for row in asked if row.score is not None]
    report.response = figures.share(len(answered), len(asked))
    report.score = _score(report.metric, answered)
    report.weighted = _weighted(report.metric, asked)
    report.spread = sorted(Counter(row.score for row in answered if row.score is not None).items())
    report.lines = _lines(report, asked)
    report.drivers = _drivers(answered)
    report.weights = _weights(answered)
    report.biases = _biases(asked)
    if report.metric == Metric.CSAT:
        report.gap, report.like_strata = _gap(answered)
    _note_recovery(report, user, answered)
    return report


def _rows(user: User, days: int) -> list[Row]:
    since = now() - timedelta(days=days)
    tickets = Ticket.objects.visible_to(user).values("pk")
    found = Invitation.objects.filter(created_at__gt=since, ticket__in=tickets)
    names = [name if name not in ("score", "parts") else f"answer__{name}" for name in Row._fields]
    return [Row(*values) for values in found.values_list(*names)]


def _note_coverage(report: Report, rows: Sequence[Row]) -> None:
    """Offered of all that were eligible; and beside those whom the cap protects."""
    decided = [row for row in rows if row.state != _State.WAITING]
    offered = sum(row.state in _ASKED for row in decided)
    report.eligible = len(decided)
    report.capped = sum(row.why == Invitation.Why.CAP for row in decided)
    report.coverage = figures.share(offered, len(decided))
    report.coverage_without_cap = figures.share(offered, len(decided) - report.capped)
    whys = Counter(row.why for row in decided if row.state == _State.NOT_OFFERED)
    names = dict(Invitation.Why.choices)
    report.why = [(str(names.get(why, why)), n) for why, n in whys.most_common()]


def _score(metric: str, rows: Sequence[Row]) -> Figure:
    return figures.SCORED[metric]([row.score for row in rows if row.score is not None])


def _weighted(metric: str, asked: Sequence[Row]) -> Figure:
    """As though all had answered as often: by tier and channel."""
    of_all: Counter[Hashable] = Counter((row.tier, row.door) for row in asked)
    scores: dict[Hashable, list[int]] = defaultdict(list)
    for row in asked:
        if row.score is not None:
            scores[row.tier, row.door].append(row.score)
    return figures.WEIGHTED[metric](scores, of_all)


def _key_of(by: str) -> Callable[[Row], Hashable]:
    keys: dict[str, Callable[[Row], Hashable]] = {
        "team": lambda row: row.team,
        "agent": lambda row: row.agent,
        "bot": lambda row: row.by_bot,
        "channel": lambda row: row.door,
        "tier": lambda row: row.tier,
        "week": lambda row: row.created_at.date() - timedelta(days=row.created_at.weekday()),
    }
    return keys[by]


def _lines(report: Report, asked: Sequence[Row]) -> list[Line]:
    grouped: dict[Hashable, list[Row]] = defaultdict(list)
    key = _key_of(report.by)
    for row in asked:
        grouped[key(row)].append(row)
    names = _names(report.by)
    lines = [_line(str(names(key)), rows, report.metric) for key, rows in grouped.items()]
    return sorted(lines, key=lambda line: line.name)


def _line(name: str, rows: Sequence[Row], metric: str) -> Line:
    said = [row for row in rows if row.score is not None]
    return Line(name, _score(metric, said), len(rows), figures.share(len(said), len(rows)))


def _names(by: str) -> Callable[[Any], Any]:
    if by == "team":
        teams = dict(Team.objects.values_list("pk", "name"))
        return lambda key: teams.get(key, _("No team"))
    if by == "agent":
        people = dict(User.objects.values_list("pk", "name"))
        return lambda key: people.get(key, _("Nobody"))
    if by == "tier":
        tiers = {tier.code: str(tier) for tier in Tier.objects.all()}
        return lambda key: tiers.get(key, key)
    if by == "bot":
        return lambda key: _("Bot") if key else _("People")
    if by == "week":
        return lambda key: key.isoformat()
    return lambda key: {"mail": _("Mail"), "chat": _("Chat")}.get(key, key)


def _drivers(answered: Sequence[Row]) -> list[tuple[str, Figure]]:
    """The mean of each dimension."""
    values: dict[str, list[int]] = defaultdict(list)
    for row in answered:
        for code, value in ((row.parts or {}).get("dimensions") or {}).items():
            values[code].append(value)
    return [
        (_name_of(code), figures.mean(found, within=(1, 5)))
        for code, found in sorted(values.items())
    ]


def _name_of(dimension: str) -> str:
    names = {"speed": _("Speed"), "solution": _("Solution"), "attitude": _("Attitude")}
    return names.get(dimension, dimension)


def _weights(answered: Sequence[Row]) -> Drivers | None:
    """How much of the score hangs on each dimension, by those who answered all of them."""
    told = [((row.parts or {}).get("dimensions") or {}, row.score) for row in answered]
    codes = sorted({code for dimensions, _score in told for code in dimensions})
    whole = [(dimensions, score) for dimensions, score in told if len(dimensions) == len(codes)]
    values = {_name_of(code): [dimensions[code] for dimensions, _score in whole] for code in codes}
    return find_drivers([score or 0 for _dimensions, score in whole], values)


def _span(row: Row) -> str:
    hours = (row.solved_seconds or 0) / 3600
    return next((name for limit, name in _SPANS if hours < limit), ">3 d")


def _biases(asked: Sequence[Row]) -> list[BiasOf]:
    """Whether those who answer differ from those who were asked."""
    ways: list[tuple[str, Callable[[Row], str], Callable[[Any], Any]]] = [
        (_("Tier"), lambda row: row.tier, _names("tier")),
        (_("Channel"), lambda row: row.door, _names("channel")),
        (_("Time until it was solved"), _span, str),
    ]
    found = []
    for name, key, words in ways:
        of_all: Counter[Hashable] = Counter(key(row) for row in asked)
        said: Counter[Hashable] = Counter(key(row) for row in asked if row.score is not None)
        if bias := figures.response_bias(of_all, said):
            groups = [
                Line(str(words(group)), figures.NOTHING, n, figures.share(said[group], n))
                for group, n in of_all.items()
            ]
            found.append(BiasOf(str(name), bias, groups))
    return found


def _gap(answered: Sequence[Row]) -> tuple[Figure, int]:
    """Bot less people, within the same type, tier and time until it was solved."""
    sides: dict[bool, dict[Hashable, list[int]]] = {
        True: defaultdict(list),
        False: defaultdict(list),
    }
    for row in answered:
        if row.score is not None:
            sides[row.by_bot][(row.type, row.tier, _span(row))].append(row.score)
    return figures.like_for_like(sides[True], sides[False])


def _note_recovery(report: Report, user: User, answered: Sequence[Row]) -> None:
    low = [row.id for row in answered if (row.score or 0) <= LOW[report.metric]]
    tasks = RecoveryTask.objects.filter(answer__invitation__in=[row.id for row in answered])
    of_low = tasks.filter(answer__invitation__in=low).count()
    report.worked = figures.share(of_low, len(low))
    saved, control = _saved(list(tasks.select_related("answer__invitation", "second__answer")))
    report.saved, report.control = figures.share(*saved), figures.share(*control)


def _saved(tasks: Sequence[RecoveryTask]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Kept of those called back, and of those who were not: whose next answer was not low. Who has
    said nothing since counts on neither side."""
    later: dict[UUID, list[Answer]] = defaultdict(list)
    customers = [task.answer.invitation.customer_id for task in tasks]
    for answer in Answer.objects.filter(invitation__customer__in=customers).select_related(
        "invitation"
    ):
        later[answer.invitation.customer_id].append(answer)
    counts = {True: [0, 0], False: [0, 0]}
    for task in tasks:
        since = task.answer.at
        following = [a for a in later[task.answer.invitation.customer_id] if a.at > since]
        if following:
            side = counts[task.called_at is not None]
            side[1] += 1
            side[0] += not min(following, key=lambda answer: answer.at).is_low
    called, others = counts[True], counts[False]
    return (called[0], called[1]), (others[0], others[1])
