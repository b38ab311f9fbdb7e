"""Rubrics: written as a draft, published as a version that never changes again."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid
from core.events import record
from quality.actions.base import SET_UP, require
from quality.checks.running import CHECKS
from quality.errors import NotPublishable
from quality.models import Rubric

MOST = 30
_State = Rubric.State
# As it ships: every automatic check, and what only people can judge. Names are shown translated.
FIRST: list[tuple[str, str, str, int, bool]] = [
    ("no_greeting", "Greeting", "auto", 1, False),
    ("response_gap", "No long gaps", "auto", 2, False),
    ("broken_promise", "Promises kept", "auto", 3, False),
    ("wrong_language", "Customer's language", "auto", 2, False),
    ("forbidden_words", "No forbidden words", "auto", 3, False),
    ("unanswered_question", "Every question answered", "auto", 3, False),
    ("personal_data", "No personal data in clear", "auto", 2, False),
    ("rude_tone", "Friendly tone", "auto", 3, False),
    ("not_confirmed", "Solution confirmed", "auto", 1, False),
    ("understanding", "Understood the request", "human", 3, False),
    ("solution", "Right solution", "human", 4, False),
    ("empathy", "Empathy", "human", 2, False),
    ("clarity", "Clear wording", "human", 2, False),
]
_SHIPPED = {code: name for code, name, *_rest in FIRST}


def set_up() -> None:
    """Safe to repeat; a rubric that is in use stays."""
    if Rubric.objects.exists():
        return
    criteria = [
        _criterion(
            {"code": code, "name": name, "way": way, "weight": weight, "is_critical": critical}
        )
        for code, name, way, weight, critical in FIRST
    ]
    save_draft(criteria=criteria, actor=None)
    publish(actor=None)


def _criterion(given: Mapping[str, Any]) -> dict[str, Any]:
    code, name = str(given["code"]), str(given["name"])[:80]
    shipped = _SHIPPED.get(code, "")
    return {
        "code": code,
        # As it was shown to somebody who reads another language, it is still the name that ships.
        "name": shipped if shipped and name == _(shipped) else name,
        "way": "auto" if code in CHECKS else "human",
        "check": code if code in CHECKS else "",
        "weight": int(given["weight"]),
        "is_critical": bool(given.get("is_critical")),
    }


@transaction.atomic
def save_draft(*, criteria: Sequence[Mapping[str, Any]], actor: User | None) -> Rubric:
    require(actor, SET_UP)
    found: dict[str, dict[str, Any]] = {}
    for given in criteria:
        name = str(given["name"]).strip()
        code = str(given.get("code") or "") or _code_for(name, found)
        if not name or code in found:
            raise Invalid(_("Every criterion needs a name of its own."), field="name")
        if not 0 <= int(given["weight"]) <= 100:
            raise Invalid(_("Weights go from 0 to 100."), field="weight")
        found[code] = _criterion({**given, "code": code, "name": name})
    if len(found) > MOST:
        raise Invalid(_("At most %(n)d criteria.") % {"n": MOST})
    draft = Rubric.objects.select_for_update().filter(state=_State.DRAFT).first()
    if draft is None:
        last = Rubric.objects.aggregate(last=Max("number"))["last"] or 0
        draft = Rubric(number=last + 1)
    draft.criteria, draft.made_by, draft.made_at = list(found.values()), actor, now()
    draft.save()
    record("rubric.saved", subject=draft, actor=actor, number=draft.number)
    return draft


def _code_for(name: str, known: Mapping[str, Any]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", slugify(name))[:30].strip("_") or "criterion"
    code, many = base, 1
    while code in known or code in CHECKS:
        many += 1
        code = f"{base}_{many}"
    return code


@transaction.atomic
def publish(*, actor: User | None) -> Rubric:
    """From now on it is what conversations are judged by; earlier scores stay as they are."""
    require(actor, SET_UP)
    draft = Rubric.objects.select_for_update().filter(state=_State.DRAFT).first()
    if draft is None:
        raise NotPublishable(_("There is no draft."))
    if not any(one["weight"] for one in draft.criteria):
        raise NotPublishable(_("A rubric needs a criterion that weighs something."))
    Rubric.objects.filter(state=_State.LIVE).update(state=_State.PAST)
    draft.state, draft.published_at = _State.LIVE, now()
    draft.save(update_fields=["state", "published_at"])
    record("rubric.published", subject=draft, actor=actor, number=draft.number)
    return draft
