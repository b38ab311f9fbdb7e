"""Gaps as editors see them: what is asked most and answered worst, and how much is covered."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count, Q

from bots.models import Gap, Question, Turn
from core.clock import now
from core.fields import warm_keys
from knowledge.models import ArticleFeedback, ArticleVersion

PER_PAGE = 40
_DAYS, _WEEKS = 30, 8
_EXAMPLES = 12


@dataclass(frozen=True, slots=True)
class GapRow:
    gap: Gap
    lately: int  # in the last seven days
    before: int  # in the seven before those

    @property
    def trend(self) -> str:
        if self.lately == self.before:
            return "level"
        return "up" if self.lately > self.before else "down"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of the last thirty days."""

    days: int
    asked: int  # what bots were asked
    unanswered: int
    missed: int  # searches without result
    helpful: int
    rated: int
    worst: list[tuple[str, str, int]] = field(default_factory=list)  # intent, language, unanswered

    @property
    def share(self) -> int | None:
        return round(100 * (1 - min(self.unanswered / self.asked, 1))) if self.asked else None

    @property
    def helpful_share(self) -> int | None:
        return round(100 * self.helpful / self.rated) if self.rated else None


@dataclass(frozen=True, slots=True)
class GapPage:
    gap: Gap
    examples: list[Question]
    sources: list[tuple[str, int]]
    weeks: list[int]  # the oldest first
    version: ArticleVersion | None
    tickets: int  # from which the draft is

    @property
    def most(self) -> int:
        return max(self.weeks, default=0) or 1


def list_gaps(state: str, language: str, *, page: int = 1) -> tuple[list[GapRow], bool]:
    week = now() - timedelta(days=7)
    found = Gap.objects.filter(state=state)
    if language:
        found = found.filter(language=language)
    counted = found.annotate(
        lately=Count("questions", filter=Q(questions__at__gt=week)),
        before=Count(
            "questions",
            filter=Q(questions__at__lte=week, questions__at__gt=week - timedelta(days=7)),
        ),
    ).order_by("-size", "-last_at", "id")
    start = (page - 1) * PER_PAGE
    gaps = list(counted[start : start + PER_PAGE + 1])
    warm_keys(gaps[:PER_PAGE])
    # Put there by the annotation.
    rows = [GapRow(gap, gap.lately, gap.before) for gap in gaps[:PER_PAGE]]
    return rows, len(gaps) > PER_PAGE


def count_gaps() -> dict[str, int]:
    return dict(Counter(Gap.objects.values_list("state", flat=True)))


def languages_of_gaps() -> list[str]:
    return sorted(set(Gap.objects.order_by().values_list("language", flat=True).distinct()))


def load_gap(gap: Gap) -> GapPage:
    questions = gap.questions.order_by("-at")
    examples = list(questions[:_EXAMPLES])
    warm_keys(examples, [gap])
    sources = Counter(
        Question.Source(one).label for one in questions.values_list("source", flat=True)
    )
    version = gap.article.versions.order_by("-number").first() if gap.article else None
    return GapPage(
        gap,
        _different(examples),
        [(str(label), many) for label, many in sources.most_common()],
        _weeks(gap),
        version,
        len(gap.drafted_from),
    )


def _different(questions: list[Question]) -> list[Question]:
    return list({one.text.casefold(): one for one in reversed(questions)}.values())[::-1]


def _weeks(gap: Gap) -> list[int]:
    today = now()
    counts = [0] * _WEEKS
    since = today - timedelta(weeks=_WEEKS)
    for at in gap.questions.filter(at__gt=since).values_list("at", flat=True):
        counts[_WEEKS - 1 - min((today - at).days // 7, _WEEKS - 1)] += 1
    return counts


def load_coverage() -> Coverage:
    since = now() - timedelta(days=_DAYS)
    asked = Question.objects.filter(at__gt=since)
    bot = asked.filter(source=Question.Source.BOT)
    rated = ArticleFeedback.objects.filter(at__gt=since)
    worst = bot.values_list("intent", "language").annotate(many=Count("pk")).order_by("-many")
    return Coverage(
        _DAYS,
        Turn.objects.filter(at__gt=since).count(),
        bot.count(),
        asked.filter(source=Question.Source.SEARCH).count(),
        rated.filter(is_helpful=True).count(),
        rated.count(),
        [(intent or "—", language, many) for intent, language, many in worst[:8]],
    )
