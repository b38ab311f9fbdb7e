"""Parts of the configuration that say who answers by itself, what it may, knows and follows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bots.actions.flows import publish_flow, save_draft
from bots.actions.setup import add_bot, change_bot, save_tool, set_inboxes, set_limits
from bots.actions.teaching import (
    MAX_LINES,
    check_entity_type,
    check_names,
    check_slug,
    fingerprint,
    forget_example,
    teach,
)
from bots.errors import NotPublishable
from bots.models import Bot, EntityType, Flow, Intent, IntentExample, Tool
from bots.queries.flows import live_version
from core.errors import HelpdeskError
from core.fields import warm_keys
from helpdesk.config.errors import ConfigRefused
from helpdesk.config.parts import Many, Names, Part, Reference, texts
from helpdesk.config.section import ID, Section, columns, is_active, switch_off
from helpdesk.config.shaped import (
    Shaped,
    by_name_and_language,
    in_languages,
    kinds_by_name,
    list_of_languages,
    list_of_texts,
    listed_things,
    named_texts,
    table_of_limits,
    ways_of_mail,
)

# What is taught


@dataclass(frozen=True)
class Examples(Part):
    """Sentences by language. Those that customers said stay here, and so do those that nobody has
    looked at yet."""

    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: Intent, names: Names) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in _examples(row):
            found.setdefault(one.language, []).append(str(one.text))
        return {code: sorted(found[code]) for code in sorted(found)}

    def check(self, value: Any, row: Any, names: Names) -> dict[str, list[str]]:
        if not isinstance(value, dict):
            raise ConfigRefused("must be lists of sentences by language")
        if unknown := [code for code in value if not isinstance(code, str) or len(code) > 10]:
            raise ConfigRefused(f"there is no language {unknown[0]!r}")
        shown = {bytes(one.fingerprint) for one in _examples(row)}
        hidden = set() if row._state.adding else _fingerprints(row) - shown
        found = {code: _distinct(texts(value[code]), hidden) for code in sorted(value)}
        return {code: lines for code, lines in found.items() if lines}

    def write(self, row: Intent, value: dict[str, list[str]], names: Names) -> None:
        wanted = {(code, line) for code, lines in value.items() for line in lines}
        had = {(one.language, str(one.text)): one for one in _examples(row)}
        for gone in had.keys() - wanted:
            forget_example(had[gone], actor=None)
        for code, lines in value.items():
            _teach(row, [line for line in lines if (code, line) not in had], code)


def _examples(row: Intent) -> list[IntentExample]:
    if row._state.adding:
        return []
    said = IntentExample.Source.CONVERSATION
    found = row.examples.filter(customer=None, is_reviewed=True).exclude(source=said)
    examples = list(found)
    warm_keys(examples)
    return examples


def _fingerprints(row: Intent) -> set[bytes]:
    return {bytes(one) for one in row.examples.values_list("fingerprint", flat=True)}


def _distinct(lines: Iterable[str], hidden: set[bytes]) -> list[str]:
    """Without those that are the same but for their signs, or were said here already."""
    said = sorted({" ".join(line.split()) for line in lines} - {""}, reverse=True)
    by_print = {fingerprint(line): line for line in said}
    return sorted(line for mark, line in by_print.items() if mark not in hidden)


def _teach(row: Intent, lines: list[str], language: str) -> None:
    for start in range(0, len(lines), MAX_LINES):
        some = lines[start : start + MAX_LINES]
        lesson = teach(row, lines=some, language=language, actor=None)
        if lesson.elsewhere:
            sentence, other = lesson.elsewhere[0]
            raise ConfigRefused(f"{sentence!r} is an example of {other.slug} already")
        if lesson.too_long:
            raise ConfigRefused("a sentence is too long")


def verify_intent(row: Intent) -> None:
    _try(lambda: check_slug(row.slug))
    _try(lambda: check_names(row.names))


def verify_entity_type(row: EntityType) -> None:
    _try(lambda: check_slug(row.slug))
    _try(lambda: check_names(row.names))
    _try(lambda: check_entity_type(row))


# Who answers


def begin_bot(key: str, names: Names) -> Bot:
    brand = names.find("brands", key)
    made: Bot = _try(lambda: add_bot(brand, name=key[:40], actor=None, languages=["en"]))
    return made


def _try(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except NotPublishable as refusal:
        found = [f"line {one.line}: {one.words}" for one in refusal.problems]
        raise ConfigRefused("; ".join([refusal.reason, *found])) from None
    except HelpdeskError as refusal:
        raise ConfigRefused(refusal.reason) from None


@dataclass(frozen=True)
class BotName(Part):
    """With the account that signs."""

    is_late: bool = field(default=True, kw_only=True)

    def write(self, row: Bot, value: str, names: Names) -> None:
        _try(lambda: change_bot(row, actor=None, name=value))


@dataclass(frozen=True)
class Limits(Shaped):
    is_late: bool = field(default=True, kw_only=True)

    def write(self, row: Bot, value: dict[str, Any], names: Names) -> None:
        _try(lambda: set_limits(row, value, actor=None))


@dataclass(frozen=True)
class Inboxes(Many):
    def write(self, row: Bot, value: Iterable[str], names: Names) -> None:
        inboxes = [names.find(self.to, key) for key in value]
        _try(lambda: set_inboxes(row, inboxes, actor=None))


def begin_tool(key: str, names: Names) -> Tool:
    brand, _slash, name = key.rpartition("/")
    return Tool(bot=names.find("bots", brand), name=name)


def verify_tool(row: Tool) -> None:
    given = {"url": row.url, "inputs": row.inputs, "outputs": row.outputs}
    _try(lambda: save_tool(row.bot, name=row.name, actor=None, **given))


def begin_flow(key: str, names: Names) -> Flow:
    brand, _slash, slug = key.rpartition("/")
    return Flow(bot=names.find("bots", brand), slug=slug)


@dataclass(frozen=True)
class Outline(Part):
    """What is followed, else the draft. A change of it is a new version, once it was published;
    a draft beside what is followed stays here."""

    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: Flow, names: Names) -> str:
        live = None if row._state.adding else live_version(row)
        return live.outline if live else row.draft

    def check(self, value: Any, row: Flow, names: Names) -> str:
        if not isinstance(value, str):
            raise ConfigRefused(f"must be text, not {value!r}")
        return value.rstrip() + "\n"

    def write(self, row: Flow, value: str, names: Names) -> None:
        _try(lambda: save_draft(row.bot, value, actor=None, flow=row))
        if live_version(row):
            _try(lambda: publish_flow(row, actor=None))


@dataclass(frozen=True)
class IsPublished(Part):
    """Written after what it says. What was published is never taken back; it is switched off."""

    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: Flow, names: Names) -> bool:
        return not row._state.adding and live_version(row) is not None

    def check(self, value: Any, row: Flow, names: Names) -> bool:
        if not isinstance(value, bool):
            raise ConfigRefused(f"must be true or false, not {value!r}")
        if not value and self.read(row, names):
            raise ConfigRefused("it was published; switch it off with is_on")
        return value

    def write(self, row: Flow, value: bool, names: Names) -> None:
        if value:
            _try(lambda: publish_flow(row, actor=None))


def _retire_bot(row: Bot) -> None:
    row.is_paused = True
    row.save(update_fields=["is_paused"])


def _retire_flow(row: Flow) -> None:
    row.is_on = False
    row.save(update_fields=["is_on"])


BOTS = (
    Section(
        "intents",
        "intent",
        Intent,
        ("slug",),
        (
            Shaped("names", wrong=in_languages),
            Part("description"),
            Reference("brand", to="brands"),
            Part("is_active"),
            Examples("examples"),
        ),
        ID | {"slug": "its key", "created_at": ""},
        removal=switch_off,
        is_used=is_active,
        verify=verify_intent,
    ),
    Section(
        "entity_types",
        "entity_type",
        EntityType,
        ("slug",),
        (
            Shaped("names", wrong=in_languages),
            *columns("kind", "pattern", "form"),
            Shaped("entries", wrong=listed_things),
            Part("is_active"),
        ),
        ID | {"slug": "its key"},
        removal=switch_off,
        is_used=is_active,
        verify=verify_entity_type,
    ),
    Section(
        "bots",
        "bot",
        Bot,
        ("brand",),
        (
            Shaped("languages", wrong=list_of_languages),
            Part("tone"),
            Shaped("phrases", wrong=by_name_and_language),
            Shaped("forbidden", wrong=list_of_texts),
            Shaped("facts", wrong=named_texts),
            Shaped("mails", wrong=ways_of_mail),
            *columns("per_thread", "per_hour", "is_paused", "after_hours", "pauses_on_alarm"),
            BotName("name"),
            Limits("limits", wrong=table_of_limits),
            Inboxes("inboxes", to="inboxes"),
        ),
        ID
        | {
            "brand": "its key",
            "user": "made with it",
            "starters": "name articles, which are no configuration",
            "created_at": "",
        },
        removal=_retire_bot,
        is_used=lambda row: not row.is_paused,
        key_of=lambda row: row.brand.name,
        make=begin_bot,
    ),
    Section(
        "tools",
        "tool",
        Tool,
        ("bot", "name"),
        (
            *columns("description", "url"),
            Shaped("inputs", wrong=kinds_by_name),
            Shaped("outputs", wrong=kinds_by_name),
            *columns("reads_only", "timeout_seconds"),
        ),
        ID | {"bot": "in its key", "name": "in its key", "secret": "a secret"},
        key_of=lambda row: f"{row.bot.brand.name}/{row.name}",
        make=begin_tool,
        verify=verify_tool,
    ),
    Section(
        "flows",
        "flow",
        Flow,
        ("bot", "slug"),
        (*columns("position", "is_on"), Outline("outline"), IsPublished("is_published")),
        ID
        | {
            "bot": "in its key",
            "slug": "in its key",
            "titles": "stand in its outline",
            "draft": "its outline",
            "changed_at": "",
        },
        removal=_retire_flow,
        is_used=lambda row: bool(row.is_on),
        key_of=lambda row: f"{row.bot.brand.name}/{row.slug}",
        make=begin_flow,
    ),
)
