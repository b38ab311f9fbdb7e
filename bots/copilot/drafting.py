"""A reply as it might be sent: what our articles say, or a template, with the places it is from."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bots.queries.answers import Answer
from core.registry import ComposerHint

_NO_NAME = set("@+0123456789")


@dataclass(frozen=True, slots=True)
class Source:
    kind: str  # article, template, bot or solved
    title: str
    url: str = ""


@dataclass(slots=True)
class Draft:
    text: str = ""
    sources: list[Source] = field(default_factory=list)
    is_internal: bool = False  # a template for notes

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def greet(name: str, language: str) -> str:
    """Of a mail; an address is no name."""
    called = "" if _NO_NAME & set(name) else name.strip()
    match language.partition("-")[0]:
        case "zh":
            return f"{called}，您好：" if called else "您好："
        case "en":
            return f"Hello {called},".replace(" ,", ",")
    return ""


def compose(
    answers: Sequence[Answer],
    *,
    phrased: Sequence[str],
    greeting: str,
    hints: Iterable[ComposerHint],
    by_bot: str,
) -> Draft:
    """``phrased``: what a model made of the same passages, where there is one."""
    draft = Draft(sources=_articles(answers))
    hints = list(hints)
    template = next((one for one in hints if one.kind == "reply"), None)
    paragraphs = [" ".join(phrased)] if phrased else _paragraphs(answers)
    if paragraphs:
        links = "\n".join(f"- [{one.title}]({one.url})" for one in draft.sources if one.url)
        draft.text = "\n\n".join(filter(None, [greeting, *paragraphs, links]))
    elif template:
        draft.text, draft.is_internal = template.text, template.is_internal
        draft.sources.append(Source("template", template.title))
    elif by_bot:
        draft.text = by_bot
        draft.sources.append(Source("bot", ""))
    # Not its words: whose they are may ask that they be forgotten, and these are another's.
    draft.sources += [Source("solved", "", one.url) for one in hints if one.kind == "solved"]
    return draft


def _articles(answers: Sequence[Answer]) -> list[Source]:
    found = {
        pk: Source("article", title, url) for one in answers for pk, title, url in one.articles
    }
    return list(found.values())


def _paragraphs(answers: Sequence[Answer]) -> list[str]:
    """An article in another language is named among the sources, and not quoted."""
    own = [one for one in answers if one.trace.get("reason") != "other_language"]
    return list(dict.fromkeys(" ".join(said.text for said in one.sentences) for one in own))
