"""What is wrong with a flow that can be read: asked before it is published, and while it is
written."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from bots.dialogue.outline import Problem
from bots.dialogue.shapes import (
    Answer,
    Ask,
    Branch,
    Call,
    Condition,
    Confirm,
    Flow,
    HandOver,
    Retry,
    Say,
    Step,
    Texts,
)
from bots.dialogue.texts import names_in

_FACTS = {"proved", "tier", "language", "new", "mood", "name", "described"}
_LINK = re.compile(r"https?://|www\.", re.I)


def check(
    flow: Flow,
    *,
    tools: Mapping[str, tuple[Sequence[str], Sequence[str], bool]],
    intents: Iterable[str],
    languages: Sequence[str],
    forbidden: Iterable[str] = (),
    facts: Iterable[str] = (),
) -> list[Problem]:
    """``tools``: name → inputs, outputs, whether it only reads."""
    known = _FACTS | set(facts)
    found = [
        *_check_head(flow, set(intents)),
        *_check_names(flow, tools, known),
        *_check_calls(flow, tools),
        *_check_texts(flow, languages, list(forbidden)),
    ]
    return sorted(found, key=lambda one: one.line)


def _check_head(flow: Flow, intents: set[str]) -> Iterator[Problem]:
    for name in flow.intents:
        if name not in intents:
            yield Problem(1, _("There is no intent “%(name)s”.") % {"name": name})
    if not flow.intents:
        yield Problem(1, _("Nothing leads to this flow: name an intent behind “when”."))


def _check_names(
    flow: Flow, tools: Mapping[str, tuple[Sequence[str], Sequence[str], bool]], known: set[str]
) -> Iterator[Problem]:
    """Slots and results that are named must be asked for or called for in this flow."""
    slots = set(flow.asks())
    results = {
        step.into: set(tools.get(step.tool, ((), (), True))[1])
        for step in flow.steps
        if isinstance(step, Call)
    }
    for step in flow.steps:
        for name in sorted(_named_in(step)):
            first, dot, rest = name.partition(".")
            if dot and first in results:
                if rest not in results[first]:
                    words = _("The tool gives no “%(name)s”.")
                    yield Problem(step.line, words % {"name": rest})
            elif dot or (first not in slots | known):
                words = _("Nothing is called “%(name)s” here.")
                yield Problem(step.line, words % {"name": name})
        if isinstance(step, Retry):
            yield from _unknown_slots(step, slots)


def _unknown_slots(step: Retry, slots: set[str]) -> Iterator[Problem]:
    for name in step.slots:
        if name not in slots:
            words = _("Nothing is called “%(name)s” here.")
            yield Problem(step.line, words % {"name": name})


def _named_in(step: Step) -> set[str]:
    named = {name for text in _texts_of(step) for name in names_in(text)}
    if isinstance(step, Branch):
        named |= _names_of(step.condition)
    if isinstance(step, Ask) and step.unless:
        named |= _names_of(step.unless)
    if isinstance(step, Ask) and step.listed:
        named.add(step.listed)
    if isinstance(step, Call):
        named |= {name for template in step.inputs.values() for name in names_in(template)}
    return named


def _names_of(condition: Condition) -> set[str]:
    return {name for name, _values, _negated in condition.refs}


def _check_calls(
    flow: Flow, tools: Mapping[str, tuple[Sequence[str], Sequence[str], bool]]
) -> Iterator[Problem]:
    is_confirmed = False
    for step in flow.steps:
        is_confirmed = is_confirmed or isinstance(step, Confirm)
        if not isinstance(step, Call):
            continue
        if step.tool not in tools:
            yield Problem(step.line, _("There is no tool “%(name)s”.") % {"name": step.tool})
            continue
        inputs, _outputs, reads_only = tools[step.tool]
        for name in step.inputs:
            if name not in inputs:
                words = _("The tool takes no “%(name)s”.")
                yield Problem(step.line, words % {"name": name})
        if not reads_only and not is_confirmed:
            yield Problem(step.line, _("What changes something needs a “confirm” before it."))


def _check_texts(flow: Flow, languages: Sequence[str], forbidden: list[str]) -> Iterator[Problem]:
    for step in flow.steps:
        for texts in _all_texts(step):
            missing = [code for code in languages if not texts.get(code)]
            if texts and missing:
                words = _("A text is missing in: %(languages)s.")
                yield Problem(step.line, words % {"languages": ", ".join(missing)})
        for text in _texts_of(step):
            for word in forbidden:
                if word and word.lower() in text.lower():
                    words = _("“%(word)s” is a forbidden word.")
                    yield Problem(step.line, words % {"word": word})
            if _LINK.search(text):
                yield Problem(step.line, _("Links are not said; articles are shown as cards."))


def _all_texts(step: Step) -> list[Texts]:
    match step:
        case Ask():
            return [step.texts, step.again, *step.choices.values()]
        case Confirm() | Retry() | HandOver():
            return [step.texts]
        case Say():
            return [step.texts, *step.quick]
        case Answer():
            return [step.question]
    return []


def _texts_of(step: Step) -> list[str]:
    return [text for texts in _all_texts(step) for text in texts.values()]
