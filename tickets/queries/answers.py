"""Public macros that may answer what a customer is about to ask, by the words they share."""

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import cast

from connectors.models import Brand
from core.registry import SuggestedAnswer
from core.words import EMPTY, TOKEN, forms_of, normalise, stem
from tickets.models import Macro
from tickets.queries.variables import open_variables

MAX_WORDS = 2_000
_TITLE, _BODY = 3.0, 1.0
_ENOUGH = 2.0


def find_macros(words: str, *, brand: Brand, language: str) -> list[SuggestedAnswer]:
    """Rare words weigh more. One shared word of a title is enough, of a text it takes two."""
    asked = terms_of(words[:MAX_WORDS])
    if not asked:
        return []
    offered = [(macro, *_terms_of_macro(macro.name, macro.body)) for macro in _public(language)]
    rarity = {
        term: math.log(1 + len(offered) / (1 + sum(term in t or term in b for _, t, b in offered)))
        for term in asked
    }
    found = []
    for macro, title, body in offered:
        score = sum(
            rarity[term] * (_TITLE if term in title else _BODY) for term in asked & (title | body)
        )
        is_near = bool(asked & title) or len(asked & body) >= _ENOUGH
        text = shown_text(macro.body, brand)
        if is_near and text:
            found.append(SuggestedAnswer("macro", str(macro.pk), macro.name, text, score))
    return found


def find_public_macro(key: str) -> Macro | None:
    return next((macro for macro in _all_public() if str(macro.pk) == key), None)


def shown_text(body: str, brand: Brand) -> str:
    """Without a ticket only the brand is known; a text that names more is not for here."""
    name = brand.sender_name or brand.name
    text = body.replace("{{brand.name}}", name).replace("{{ brand.name }}", name)
    return "" if open_variables(text) else text.strip()


def _public(language: str) -> Iterable[Macro]:
    return [macro for macro in _all_public() if _speaks(macro.language, language)]


def _all_public() -> Iterable[Macro]:
    shared = Macro.objects.filter(is_public=True, is_active=True, is_note=False, owner=None)
    return cast("Iterable[Macro]", shared)


def _speaks(written: str, language: str) -> bool:
    written, language = written.lower(), language.lower()
    return not written or written == language or language.startswith(f"{written}-")


@lru_cache(2_000)
def _terms_of_macro(title: str, body: str) -> tuple[frozenset[str], frozenset[str]]:
    return terms_of(title), terms_of(body[:MAX_WORDS])


def terms_of(text: str) -> frozenset[str]:
    """Stems of words, and pairs of characters where words have no spaces between them."""
    found: set[str] = set()
    for token in TOKEN.finditer(normalise(text)):
        if run := token[1]:
            found.update(run[at : at + 2] for at in range(max(1, len(run) - 1)))
        else:
            found.update(stem(form) for form, _ in forms_of(token[0])[0] if form not in EMPTY)
    return frozenset(found - EMPTY)
