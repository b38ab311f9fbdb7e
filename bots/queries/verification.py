"""The live bot looked at again: what is sampled, what its answers cite, and the figures."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db.models import QuerySet
from django.utils import timezone

from bots.evaluation.drift import chance_of_fall, has_fallen
from bots.models import Bot, Checked, Flag, Turn, Verification
from bots.support import is_supported
from core.clock import now
from core.fields import warm_keys
from knowledge.models import Article, ArticleVersion, Passage
from knowledge.passages import SENTENCE_END
from knowledge.sentences import cut_sentences

SAMPLE = 50
MOST_ANSWERS = 3_000
# A version of an article is cut into fewer passages than this.
_MOST_PASSAGES = 400
WAYS = ("understanding", "knowledge", "flags")


def last_month() -> date:
    return first_of(timezone.localdate(now()).replace(day=1) - timedelta(days=1))


def first_of(day: date) -> date:
    return day.replace(day=1)


def turns_of(bot: Bot, month: date) -> "QuerySet[Turn]":
    """What the bot said by itself in a month, in the house's own time zone."""
    after = first_of(month + timedelta(days=31))
    zone = timezone.get_current_timezone()
    begins, ends = (datetime(one.year, one.month, 1, tzinfo=zone) for one in (month, after))
    said = Turn.objects.filter(dialogue__bot=bot, at__gte=begins, at__lt=ends)
    return said.filter(is_suggestion=False)


def draw_sample(bot: Bot, month: date) -> list[UUID]:
    """Messages that were read by what was learned, whether an intent was found or not. Who was
    asked for a number and gave it wanted nothing new."""
    heard = turns_of(bot, month).filter(model__gt=0, message__redacted_at=None)
    ids = list(heard.order_by().values_list("pk", flat=True))
    drawn = random.sample(ids, min(3 * SAMPLE, len(ids)))  # no secret: a sample
    turns = list(Turn.objects.filter(pk__in=drawn).select_related("message"))
    warm_keys(turns, [one.message for one in turns])
    return [one.pk for one in turns if not _is_value(one)][:SAMPLE]


def _is_value(turn: Turn) -> bool:
    is_short = len(turn.message.body.split()) <= 3 and len(turn.message.body) <= 24
    return is_short and bool(turn.trace.get("entities"))


# Agreement with the knowledge


class Shelf:
    """Articles as they are now, read once for many answers."""

    def __init__(self) -> None:
        self._sources: dict[tuple[UUID, str], list[str] | None] = {}
        self._versions: dict[UUID, ArticleVersion | None] = {}
        self._of_article: dict[UUID, list[UUID]] = {}

    def judge(self, turn: Turn) -> str:
        """Empty: what it cites still says it."""
        cited = self._cited(turn.trace.get("knowledge") or {})
        # An article that is gone has no versions left to be named by.
        found = {self._judge_version(turn, pk) for pk in cited} or {str(Checked.Found.GONE)}
        for worst in (Checked.Found.GONE, Checked.Found.CHANGED):
            if worst in found:
                return str(worst)
        return ""

    def _judge_version(self, turn: Turn, pk: UUID) -> str:
        version = self._version(pk)
        if version is None:
            return Checked.Found.GONE
        current = self._current(version)
        if current is None:
            return Checked.Found.GONE
        if current == [str(pk)]:
            return ""
        before = _plain(version.body)
        said = [one for one in _sentences(turn.said) if _plain(one) in before]
        is_same = all(any(is_supported(one, [line]) for line in current) for one in said)
        return "" if said and is_same else Checked.Found.CHANGED

    def _cited(self, knowledge: dict[str, Any]) -> set[UUID]:
        """Versions. Passages are named by their version and place, see ``Passage.ref``."""
        refs = set(knowledge.get("passages") or ())
        looked_at = {UUID(one["article"]) for one in (knowledge.get("trace") or {})["found"]}
        versions = [pk for article in looked_at for pk in self._versions_of(article)]
        return {
            pk
            for pk in versions
            if refs & {str(uuid5(pk, str(place))) for place in range(_MOST_PASSAGES)}
        }

    def _versions_of(self, article: UUID) -> list[UUID]:
        if article not in self._of_article:
            found = ArticleVersion.objects.filter(article=article).order_by("-number")
            self._of_article[article] = list(found.values_list("pk", flat=True)[:30])
        return self._of_article[article]

    def _version(self, pk: UUID) -> ArticleVersion | None:
        if pk not in self._versions:
            self._versions[pk] = ArticleVersion.objects.filter(pk=pk).first()
        return self._versions[pk]

    def _current(self, version: ArticleVersion) -> list[str] | None:
        """What is shown in its place, sentence by sentence; its own id where that is itself."""
        key = (version.article_id, version.language)
        if key not in self._sources:
            shown = ArticleVersion.objects.out().filter(article=key[0], language=key[1])
            shown = shown.exclude(article__audience=Article.Audience.AGENTS)
            self._sources[key] = _lines_of(shown.first(), version)
        return self._sources[key]


def _lines_of(shown: ArticleVersion | None, cited: ArticleVersion) -> list[str] | None:
    if shown is None:
        return None
    if shown.pk == cited.pk:
        return [str(shown.pk)]
    lines: list[str] = []
    for passage in Passage.objects.filter(version=shown).defer("tsv", "vector", "title_vector"):
        passage.version = shown
        for one in cut_sentences(passage):
            lines += [one.text, one.in_context]
    return lines


def _sentences(text: str) -> list[str]:
    lines = text.split("\n")
    return [part.strip() for line in lines for part in SENTENCE_END.split(line) if part.strip()]


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def answers_of(bot: Bot, month: date) -> Iterable[Turn]:
    """Those that cite something, a part at a time."""
    turns = turns_of(bot, month).exclude(answer=None).order_by("-at")[:MOST_ANSWERS]
    found = list(turns)
    for start in range(0, len(found), 200):
        part = found[start : start + 200]
        warm_keys(part)
        yield from (one for one in part if (one.trace.get("knowledge") or {}).get("passages"))


# Figures


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one way: so many right of so many, and the month before."""

    way: str
    right: int
    count: int
    before: tuple[int, int] | None = None

    @property
    def share(self) -> float | None:
        return self.right / self.count if self.count else None

    @property
    def share_before(self) -> float | None:
        return self.before[0] / self.before[1] if self.before and self.before[1] else None

    @property
    def chance(self) -> float:
        return chance_of_fall(self.before, (self.right, self.count)) if self.before else 1.0

    @property
    def has_fallen(self) -> bool:
        return bool(self.before) and has_fallen(self.before or (0, 0), (self.right, self.count))


def figures_of(verification: Verification) -> list[Figure]:
    """The month's, each beside that of the one before."""
    before = (
        Verification.objects.filter(bot=verification.bot_id, month__lt=verification.month)
        .order_by("-month")
        .first()
    )
    now_, then = _counts(verification), _counts(before) if before else {}
    return [Figure(way, *now_[way], before=then.get(way)) for way in WAYS]


def _counts(one: Verification) -> dict[str, tuple[int, int]]:
    """What people have not looked at yet counts in neither."""
    sampled = one.checked.filter(way=Checked.Way.UNDERSTANDING)
    judged = sampled.exclude(found=Checked.Found.WAITING)
    right = judged.filter(found=Checked.Found.RIGHT).count()
    kept = one.figures
    flagged = int(kept.get("flagged", 0))
    answers = int(kept.get("answers", 0))
    return {
        "understanding": (right, judged.count()),
        "knowledge": (int(kept.get("agreeing", 0)), int(kept.get("cited", 0))),
        "flags": (answers - flagged, answers),
    }


def count_flagged(bot: Bot, month: date) -> int:
    flags = Flag.objects.filter(turn__in=turns_of(bot, month).order_by().values("pk"))
    return flags.order_by().values("turn").distinct().count()
