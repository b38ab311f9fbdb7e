"""What those who teach bots look at."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from bots.models import Intent, IntentExample, UnderstandingModel
from core.fields import warm_keys


@dataclass(frozen=True, slots=True)
class IntentRow:
    intent: Intent
    english: int
    chinese: int
    others: int
    waiting: int  # from conversations, not looked at yet
    found: float | None  # of a hundred sentences with it so many were understood
    right: float | None  # of a hundred understood as it so many were


def list_intents(live: UnderstandingModel | None) -> list[IntentRow]:
    is_used = Q(examples__is_reviewed=True)
    is_chinese = Q(examples__language__startswith="zh")
    intents = Intent.objects.select_related("brand").annotate(
        english=Count("examples", filter=is_used & Q(examples__language="en")),
        chinese=Count("examples", filter=is_used & is_chinese),
        every=Count("examples", filter=is_used),
        waiting=Count("examples", filter=Q(examples__is_reviewed=False)),
    )
    intents = intents.order_by("slug")
    known = quality_of(live)
    return [
        IntentRow(
            one,
            one.english,
            one.chinese,
            one.every - one.english - one.chinese,
            one.waiting,
            _percent(known.get(one.slug, {}).get("found")),
            _percent(known.get(one.slug, {}).get("right")),
        )
        for one in intents
    ]


def quality_of(model: UnderstandingModel | None) -> dict[str, dict[str, float]]:
    if model is None:
        return {}
    found: dict[str, dict[str, float]] = (
        model.report.get("ways", {}).get("all", {}).get("intents", {})
    )
    return found


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share)


def list_examples(intent: Intent) -> dict[str, Any]:
    """Those to look at, then those that are learned from by language, the most frequent first."""
    found = list(intent.examples.select_related("customer", "created_by"))
    warm_keys(found)
    languages = Counter(one.language for one in found if one.is_reviewed)
    by_language: list[tuple[str, list[IntentExample]]] = [
        (code, [one for one in found if one.is_reviewed and one.language == code])
        for code, _count in languages.most_common()
    ]
    return {"waiting": [one for one in found if not one.is_reviewed], "by_language": by_language}


def list_versions() -> list[UnderstandingModel]:
    return list(UnderstandingModel.objects.defer("artefact").select_related("asked_by"))
