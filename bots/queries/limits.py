"""The one table of what a bot may do: intents down, tiers and moods across, mails beside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.models import Bot, Intent
from bots.queries.bots import ANSWER, DOINGS, FREE_PERSON, MOODS, PERSON, limit_of, mails_of
from customers.models import Tier

DOING_WORDS = {
    ANSWER: gettext_lazy("answers"),
    FREE_PERSON: gettext_lazy("a person if one is free"),
    PERSON: gettext_lazy("always a person"),
}
MOOD_WORDS = {"calm": gettext_lazy("calm"), "upset": gettext_lazy("upset")}


@dataclass(frozen=True, slots=True)
class Cell:
    name: str  # of the field
    label: str
    value: str  # "" follows the row or the column above
    follows: str  # what that comes to, in words


@dataclass(slots=True)
class Row:
    intent: str
    title: str
    cells: list[Cell] = field(default_factory=list)
    mail: Cell | None = None


@dataclass(slots=True)
class Table:
    heads: list[tuple[str, str]]  # tier and mood, in words
    rows: list[Row]
    doings: list[tuple[str, str]]
    mails: list[tuple[str, str]]


def load_table(bot: Bot) -> Table:
    tiers = [("*", _("everybody else")), *((tier.code, str(tier)) for tier in Tier.objects.all())]
    columns = [(code, name, mood) for code, name in tiers for mood in MOODS]
    intents = [("*", _("Everything else"))]
    intents += [(one.slug, str(one)) for one in Intent.objects.filter(is_active=True)]
    rows = [_row(bot, slug, title, columns) for slug, title in intents]
    return Table(
        heads=[(name, str(MOOD_WORDS[mood])) for _code, name, mood in columns],
        rows=rows,
        doings=[(code, str(words)) for code, words in DOING_WORDS.items()],
        mails=[(str(code), str(words)) for code, words in Bot.Mails.choices],
    )


def _row(bot: Bot, slug: str, title: str, columns: list[tuple[str, str, str]]) -> Row:
    row = Row(slug, title)
    for code, name, mood in columns:
        doing = limit_of(bot, intent=slug, tier=code, mood=mood)
        row.cells.append(
            Cell(
                f"limit:{slug}:{code}:{mood}",
                f"{title}, {name}, {MOOD_WORDS[mood]}",
                bot.limits.get(slug, {}).get(code, {}).get(mood, ""),
                str(DOING_WORDS[doing]),
            )
        )
    words = dict(Bot.Mails.choices)[mails_of(bot, slug)]
    label = f"{title}, {_('mails')}"
    row.mail = Cell(f"mail:{slug}", label, bot.mails.get(slug, ""), str(words))
    return row


def read_table(posted: Mapping[str, Any]) -> dict[str, dict[str, dict[str, str]]]:
    table: dict[str, dict[str, dict[str, str]]] = {}
    for name, value in posted.items():
        kind, *parts = name.split(":")
        if kind == "limit" and len(parts) == 3 and value in DOINGS:
            intent, tier, mood = parts
            table.setdefault(intent[:40], {}).setdefault(tier[:50], {})[mood] = value
    return table


def read_mails(posted: Mapping[str, Any]) -> dict[str, str]:
    known = set(Bot.Mails.values)
    pairs = ((name.partition(":"), value) for name, value in posted.items())
    return {parts[2][:40]: value for parts, value in pairs if parts[0] == "mail" and value in known}
