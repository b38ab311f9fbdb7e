"""Which bot answers where, what it may do for whom, and all that its dialogues know."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet, TextField
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import Presence, User
from accounts.queries import PAGE_LOST_AFTER
from bots.dialogue.outline import OutlineError, parse
from bots.dialogue.shapes import Flow, House
from bots.models import Bot, Dialogue, FlowVersion, Tool
from connectors.models import Brand
from core.clock import now
from core.prepared import PreparedQuery
from core.registry import channels
from customers.models import Tier
from knowledge.models import Reader
from knowledge.queries.articles import in_language
from tickets.models import Message, Thread, Ticket

MOODS = ("calm", "upset")
# What a cell of the table of limits may say.
ANSWER, FREE_PERSON, PERSON = "answer", "free_person", "person"
DOINGS = (ANSWER, FREE_PERSON, PERSON)
_HIGH_PRIORITY = 80
_STARTERS = 3


# So many versions of flows are kept as they were read.
_KEPT_FLOWS = 512


def find_bot(inbox: UUID) -> Bot | None:
    return _BOT.first(inbox)


def find_bot_for(message: UUID) -> Bot | None:
    """Of the inbox in whose thread it was said."""
    return _BOT_FOR.first(message)


def _build_bot(inbox: UUID, *, shape: None) -> "QuerySet[Bot]":
    bots = Bot.objects.filter(inboxes=inbox).select_related("user", "brand")
    return bots.order_by("name", "pk")[:1]


def _build_bot_for(message: UUID, *, shape: None) -> "QuerySet[Bot]":
    inbox = Message.objects.filter(pk=message).values("thread__inbox")
    return Bot.objects.filter(inboxes__in=inbox).only("pk").order_by("name", "pk")[:1]


_BOT, _BOT_FOR = PreparedQuery(_build_bot), PreparedQuery(_build_bot_for)


def first_answerer(inbox: UUID, thread: UUID | None, *, after_hours: bool) -> User | None:
    """For ``core.registry.first_answers``: the bot of an inbox, unless people have the thread."""
    bot = find_bot(inbox)
    if bot is None or bot.is_paused or (after_hours and not bot.after_hours):
        return None
    with_people = Dialogue.objects.filter(thread=thread, state=Dialogue.State.PERSON)
    return None if thread and with_people.exists() else bot.user


def usual_limits(tiers: Iterable[Tier]) -> dict[str, dict[str, dict[str, str]]]:
    """Of a new bot: tiers that are served first go to a person whenever one is free."""
    first = [tier.code for tier in tiers if tier.priority >= _HIGH_PRIORITY]
    rows = {code: dict.fromkeys(MOODS, FREE_PERSON) for code in first}
    return {"*": {"*": dict.fromkeys(MOODS, ANSWER)} | rows}


def limit_of(bot: Bot, *, intent: str, tier: str, mood: str) -> str:
    """The nearest cell of the table: the intent counts before the tier."""
    for name in (intent, "*"):
        for code in (tier, "*"):
            if doing := bot.limits.get(name, {}).get(code, {}).get(mood):
                return str(doing)
    return ANSWER


def mails_of(bot: Bot, intent: str) -> str:
    return str(bot.mails.get(intent) or bot.mails.get("*") or Bot.Mails.OFF)


# Flows


@dataclass(frozen=True, slots=True)
class LiveFlow:
    flow: Flow
    version: int


@dataclass(frozen=True, slots=True)
class Live:
    """What a bot goes by now."""

    flows: dict[str, LiveFlow] = field(default_factory=dict)
    writes: frozenset[str] = frozenset()  # its tools that change something
    trial: UUID | None = None  # the one that runs


def find_at_work(inbox: UUID) -> tuple[Bot, Live] | None:
    """The inbox's bot with what it goes by, in one statement."""
    bot = _AT_WORK.first(inbox)
    return (bot, _live_of(bot)) if bot else None


def live_flows(bot: Bot) -> dict[str, LiveFlow]:
    """The newest version of each that is in use. What a newer release cannot read any more is left
    out; its editor says so."""
    found: Any = Bot.objects.annotate(live=_LIVE).filter(pk=bot.pk)
    return _live_of(found.only("pk").get()).flows


# Versions are named and not loaded: they never change, and each process has read them once.
_LIVE = RawSQL(
    """
SELECT json_build_object(
  'flows', (
    SELECT coalesce(json_agg(json_build_array(slug, number, id) ORDER BY position, slug), '[]')
    FROM (
      SELECT DISTINCT ON (flow.position, flow.slug)
        flow.position, flow.slug, version.number, version.id
      FROM bots_flow AS flow JOIN bots_flowversion AS version ON version.flow_id = flow.id
      WHERE flow.bot_id = bots_bot.id AND flow.is_on
      ORDER BY flow.position, flow.slug, version.number DESC
    ) AS newest
  ),
  'writes', (
    SELECT coalesce(json_agg(name), '[]') FROM bots_tool
    WHERE bot_id = bots_bot.id AND NOT reads_only
  ),
  'trial', (
    SELECT id FROM bots_trial WHERE bot_id = bots_bot.id AND state = 'running' LIMIT 1
  )
)::text
""",
    [],
    output_field=TextField(),
)


def _build_at_work(inbox: UUID, *, shape: None) -> "QuerySet[Bot]":
    return _build_bot(inbox, shape=None).annotate(live=_LIVE)


_AT_WORK = PreparedQuery(_build_at_work)


def _live_of(bot: Any) -> Live:
    live = json.loads(bot.live)
    rows = [(slug, number, UUID(pk)) for slug, number, pk in live["flows"]]
    _read_flows([pk for _slug, _number, pk in rows])
    flows = {slug: LiveFlow(flow, number) for slug, number, pk in rows if (flow := _flows.get(pk))}
    trial = UUID(live["trial"]) if live["trial"] else None
    return Live(flows, frozenset(live["writes"]), trial)


_flows: dict[UUID, Flow | None] = {}


def _read_flows(versions: list[UUID]) -> None:
    unknown = [pk for pk in versions if pk not in _flows]
    if not unknown:
        return
    if len(_flows) > _KEPT_FLOWS:
        _flows.clear()
        unknown = versions
    found = FlowVersion.objects.filter(pk__in=unknown).values_list("pk", "outline")
    _flows.update((pk, _readable(outline)) for pk, outline in found)


@lru_cache(maxsize=256)
def _readable(outline: str) -> Flow | None:
    try:
        return parse(outline)
    except OutlineError:
        return None


# Who is speaking


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whose rights the bot has in this conversation, and no others."""

    customer: UUID
    tier: str
    is_guided: bool
    proved: tuple[str, ...]
    reader: Reader


def speaker_of(message: Message, bot: Bot, proved: Iterable[str]) -> Speaker:
    """``proved``: addresses of whose holder it is proved that they speak."""
    customer = message.ticket.customer
    proved = tuple(proved)
    # Who has proved nothing reads what everybody reads.
    reader = Reader(brand=bot.brand_id, customer=customer if proved else None)
    return Speaker(
        customer=customer.pk,
        tier=customer.tier.code,
        is_guided=customer.tier.guided_onboarding,
        proved=proved,
        reader=reader,
    )


def proved_addresses(message: Message, thread: Thread) -> list[str]:
    channel = channels.get(thread.inbox.kind)
    return channel.proved_addresses(thread.pk) if channel else proved_by_mail(message)


def proved_by_mail(message: Message) -> list[str]:
    is_proved = message.verdicts.get("dmarc") == "pass" and is_trustworthy(message)
    address = str(message.addresses.get("from", "")).strip().lower()
    return [address] if is_proved and address else []


def is_trustworthy(message: Message) -> bool:
    """Whether nothing speaks against its sender."""
    was_passed_on = (message.extras or {}).get("forwarded_by")
    is_forged = message.sender_problem or message.verdicts.get("dmarc") == "fail"
    return not (is_forged or message.is_unverified or was_passed_on)


def has_free_person(ticket: Ticket, thread: Thread) -> bool:
    channel = channels.get(thread.inbox.kind)
    if channel:
        return channel.has_free_person(ticket.pk)
    online = User.objects.filter(
        kind=User.Kind.PERSON, is_active=True, presence__state=Presence.State.ONLINE
    )
    here = [user for user in online.filter(_seen_lately()) if user.may("tickets.reply_ticket")]
    return any(Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists() for user in here)


def _seen_lately() -> Q:
    return Q(presence__seen_at__gt=now() - PAGE_LOST_AFTER)


# All a dialogue knows


def load_house(
    bot: Bot,
    speaker: Speaker,
    *,
    is_person_free: bool,
    flows: Mapping[str, LiveFlow],
    writes: frozenset[str] | None = None,
    language: str = "",
) -> House:
    """``language``: the one spoken so far; articles for who is new are shown in it, and looked for
    only when they are. ``writes``: tools that change something, where they are known already."""
    limits = _limits_for(bot, speaker.tier, flows, is_person_free)
    is_for_people = limit_of(bot, intent="*", tier=speaker.tier, mood="calm") == FREE_PERSON
    return House(
        flows={slug: live.flow for slug, live in flows.items()},
        writes=_writes_of(bot) if writes is None else writes,
        phrases=bot.phrases,
        languages=tuple(bot.languages or ["en"]),
        name=bot.name,
        is_proved=bool(speaker.proved),
        tier=speaker.tier,
        goes_to_person=is_for_people and is_person_free,
        is_guided=speaker.is_guided,
        limits=limits,
        starters=_starters_when_asked(bot, speaker, language or "en"),
        facts=bot.facts,
    )


def _writes_of(bot: Bot) -> frozenset[str]:
    return frozenset(Tool.objects.filter(bot=bot, reads_only=False).values_list("name", flat=True))


def _starters_when_asked(bot: Bot, speaker: Speaker, language: str) -> tuple[tuple[str, str], ...]:
    if not speaker.is_guided:
        return ()
    shown = SimpleLazyObject(lambda: starters_of(bot, speaker, language))
    return cast(tuple[tuple[str, str], ...], shown)


def _limits_for(
    bot: Bot, tier: str, flows: Mapping[str, LiveFlow], is_person_free: bool
) -> dict[str, dict[str, str]]:
    """The table as it is for this customer now: a free person is a person, or none."""
    names = {"*", *bot.limits, *flows}
    for live in flows.values():
        names.update(live.flow.intents)
    table: dict[str, dict[str, str]] = {}
    for name in names:
        cells = {mood: limit_of(bot, intent=name, tier=tier, mood=mood) for mood in MOODS}
        free = PERSON if is_person_free else ANSWER
        table[name] = {mood: free if d == FREE_PERSON else d for mood, d in cells.items()}
    return table


def wants_free_person(bot: Bot, tier: str) -> bool:
    """Whether any cell of the tier asks for one; only then is looked for one."""
    rows = [row.get(tier, row.get("*", {})) for row in bot.limits.values()]
    return any(FREE_PERSON in row.values() for row in rows)


def starters_of(bot: Bot, speaker: Speaker, language: str) -> tuple[tuple[str, str], ...]:
    """Articles for who begins, as cards; only what they may read, and in their language."""
    shown = (in_language(pk, speaker.reader, language) for pk in starter_ids(bot, language))
    cards = [(one.title, article_url(bot.brand, one.article_id)) for one in shown if one]
    return tuple(cards[:_STARTERS])


def starter_ids(bot: Bot, language: str) -> list[UUID]:
    """Of the language, of another way of writing it, or of all languages."""
    lists, family = bot.starters, language.partition("-")[0]
    near = (found for code, found in lists.items() if code.partition("-")[0] == family)
    chosen = lists.get(language) or next(filter(None, near), None) or lists.get("*", [])
    return [UUID(pk) for pk in chosen]


def article_url(brand: Brand, article: UUID) -> str:
    where = reverse("knowledge:help_article", args=[brand.slug, article])
    return f"{settings.PUBLIC_URL}{where}"
