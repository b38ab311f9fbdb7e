"""JSON that must have one form, and what to say where it has not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from bots.models import Bot
from bots.queries.bots import DOINGS, MOODS
from bots.queries.tools import KINDS
from helpdesk.config.errors import ConfigRefused
from helpdesk.config.parts import Names, Part


@dataclass(frozen=True)
class Shaped(Part):
    """JSON of one form; ``wrong`` says what is the matter with it, or nothing."""

    wrong: Callable[[Any], str] = lambda value: ""

    def check(self, value: Any, row: Any, names: Names) -> Any:
        if value != getattr(row, self.name) and (problem := self.wrong(value)):
            raise ConfigRefused(problem)
        return value


def _is_words(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def in_languages(value: Any) -> str:
    if not _is_words(value) or not set(value) <= set(dict(settings.LANGUAGES)):
        return f"must be texts by language: {', '.join(dict(settings.LANGUAGES))}"
    return ""


def named_texts(value: Any) -> str:
    return "" if _is_words(value) else "must be a mapping of names to texts"


def by_name_and_language(value: Any) -> str:
    if not isinstance(value, dict) or any(in_languages(one) for one in value.values()):
        return "must be texts by name and language"
    return ""


def list_of_texts(value: Any) -> str:
    is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return "" if is_list else "must be a list of texts"


def list_of_languages(value: Any) -> str:
    known = dict(settings.LANGUAGES)
    if list_of_texts(value) or not set(value) <= set(known):
        return f"must be a list of languages: {', '.join(known)}"
    return ""


def ways_of_mail(value: Any) -> str:
    if not _is_words(value) or not set(value.values()) <= set(Bot.Mails.values):
        return f"must say, by intent or *, one of {', '.join(Bot.Mails.values)}"
    return ""


def table_of_limits(value: Any) -> str:
    problem = f"must say, by intent, tier and one of {', '.join(MOODS)}: {', '.join(DOINGS)}"
    if not isinstance(value, dict):
        return problem
    for tiers in value.values():
        if not isinstance(tiers, dict):
            return problem
        for cells in tiers.values():
            if not _is_words(cells) or not set(cells) <= set(MOODS):
                return problem
            if not set(cells.values()) <= set(DOINGS):
                return problem
    return ""


def kinds_by_name(value: Any) -> str:
    if not _is_words(value) or not set(value.values()) <= set(KINDS):
        return f"must say, by name, one of {', '.join(KINDS)}"
    return ""


def listed_things(value: Any) -> str:
    is_list = isinstance(value, list) and all(
        isinstance(one, dict)
        and set(one) == {"value", "words"}
        and isinstance(one["value"], str)
        and not list_of_texts(one["words"])
        for one in value
    )
    return "" if is_list else "must be a list of {value: …, words: […]}"
