"""Setting up a bot: who it is, what it may do, the addresses it may call."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.actions import add_bot_user, rename_bot_user
from accounts.models import User
from bots.models import Bot, Tool
from bots.queries.bots import DOINGS, MOODS, usual_limits
from bots.queries.tools import KINDS, check_url
from connectors.models import Brand, Inbox
from core.errors import Invalid
from core.events import record
from customers.models import Tier
from knowledge.models import Article

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_STARTERS = 3
_CHANGEABLE = {
    "name",
    "tone",
    "languages",
    "phrases",
    "forbidden",
    "facts",
    "mails",
    "per_thread",
    "per_hour",
    "after_hours",
    "pauses_on_alarm",
}


@transaction.atomic
def add_bot(brand: Brand, *, name: str, actor: User | None, languages: list[str]) -> Bot:
    """It answers nowhere until it is given inboxes."""
    if Bot.objects.filter(brand=brand).exists():
        raise Invalid(_("This brand has a bot already."), field="brand")
    bot = Bot.objects.create(
        brand=brand,
        user=add_bot_user(_clean_name(name), actor=actor),
        name=_clean_name(name),
        languages=languages,
        limits=usual_limits(Tier.objects.all()),
    )
    record("bot.added", subject=bot, actor=actor)
    return bot


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 40:
        raise Invalid(_("A name of at most 40 characters."), field="name")
    return name


@transaction.atomic
def change_bot(bot: Bot, *, actor: User | None, **values: Any) -> Bot:
    bot = Bot.objects.select_for_update(of=("self",)).select_related("user").get(pk=bot.pk)
    if unknown := values.keys() - _CHANGEABLE:
        raise ValueError(f"not to be changed here: {unknown}")
    if "name" in values:
        values["name"] = _clean_name(values["name"])
        rename_bot_user(bot.user, name=values["name"])
    changed = [name for name, value in values.items() if getattr(bot, name) != value]
    for name in changed:
        setattr(bot, name, values[name])
    if changed:
        bot.save(update_fields=changed)
        record("bot.changed", subject=bot, actor=actor, fields=changed)
    return bot


@transaction.atomic
def set_inboxes(bot: Bot, inboxes: list[Inbox], *, actor: User | None) -> None:
    """Of its own brand; each inbox has one bot at most."""
    if any(inbox.brand_id != bot.brand_id for inbox in inboxes):
        raise Invalid(_("Only inboxes of the bot's own brand."), field="inboxes")
    bot.inboxes.set(inboxes)
    record("bot.changed", subject=bot, actor=actor, fields=["inboxes"])


@transaction.atomic
def set_limits(bot: Bot, limits: Mapping[str, Any], *, actor: User | None) -> Bot:
    """The whole table; a cell that says nothing follows the row or the column above it."""
    table: dict[str, dict[str, dict[str, str]]] = {}
    for intent, tiers in limits.items():
        for tier, cells in tiers.items():
            for mood, doing in cells.items():
                if mood not in MOODS or doing not in DOINGS:
                    raise Invalid(_("Choose one of what a bot can do."), field="limits")
                table.setdefault(intent, {}).setdefault(tier, {})[mood] = doing
    bot = Bot.objects.select_for_update(of=("self",)).get(pk=bot.pk)
    if bot.limits != table:
        bot.limits = table
        bot.save(update_fields=["limits"])
        record("bot.changed", subject=bot, actor=actor, fields=["limits"])
    return bot


@transaction.atomic
def set_starters(bot: Bot, lists: Mapping[str, Sequence[UUID]], *, actor: User | None) -> Bot:
    """Language or "*" → articles for who is new, in their order; published ones alone are
    shown."""
    known = {"*", *dict(settings.LANGUAGES)}
    asked = {pk for articles in lists.values() for pk in articles}
    if lists.keys() - known or Article.objects.filter(pk__in=asked).count() != len(asked):
        raise Invalid(_("There is no such article."), field="starters")
    kept = {code: [str(pk) for pk in dict.fromkeys(found)] for code, found in lists.items()}
    wanted = {code: found[:_STARTERS] for code, found in kept.items() if found}
    bot = Bot.objects.select_for_update(of=("self",)).get(pk=bot.pk)
    if bot.starters != wanted:
        bot.starters = wanted
        bot.save(update_fields=["starters"])
        record("bot.changed", subject=bot, actor=actor, fields=["starters"])
    return bot


@transaction.atomic
def pause_bot(bot: Bot, *, is_paused: bool, actor: User | None, **why: Any) -> Bot:
    """Chats it has go to people with their next message; new ones do so at once. ``why`` is kept
    with the event: what made the system do it."""
    bot = Bot.objects.select_for_update(of=("self",)).get(pk=bot.pk)
    if bot.is_paused != is_paused:
        bot.is_paused = is_paused
        bot.save(update_fields=["is_paused"])
        name = "bot.paused" if is_paused else "bot.resumed"
        record(name, subject=bot, actor=actor, **why)
    return bot


@transaction.atomic
def save_tool(
    bot: Bot, *, name: str, actor: User | None, secret: str | None = None, **values: Any
) -> Tool:
    """``url``, ``inputs``, ``outputs``, ``reads_only``, ``description``, ``timeout_seconds``.
    Without a secret the one before is kept."""
    if not _NAME.match(name):
        raise Invalid(_("A name of small letters, digits and underscores."), field="name")
    check_url(values["url"])
    kinds = {*values.get("inputs", {}).values(), *values.get("outputs", {}).values()}
    if kinds - set(KINDS):
        raise Invalid(_("Kinds are: %(known)s.") % {"known": ", ".join(KINDS)}, field="outputs")
    tool = Tool.objects.filter(bot=bot, name=name).first() or Tool(bot=bot, name=name)
    for key, value in values.items():
        setattr(tool, key, value)
    if secret is not None:
        tool.secret = secret
    try:
        with transaction.atomic():
            tool.save()
    except IntegrityError:
        raise Invalid(_("There is a tool of this name already."), field="name") from None
    record("bot.tool_saved", subject=bot, actor=actor, tool=name)
    return tool
