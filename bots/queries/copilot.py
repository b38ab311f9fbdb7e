"""All that the copilot may know of a conversation: what its customer and we said to one another in
this ticket. What other customers said in it, since their tickets were merged into it, is not read,
nor are notes and side conversations."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from bots.copilot.extracting import Line, most_telling, open_questions
from bots.dialogue.shapes import State
from bots.generator import is_set_up
from bots.models import CopilotChoice, CopilotSettings, CopilotUse, Dialogue, HandOff
from bots.models.copilot import FEATURES
from bots.queries.bots import proved_addresses
from bots.queries.handoffs import slot_words, tried_words
from connectors.queries import fold_quotes
from core.fields import warm_keys
from core.languages import identify
from core.registry import ComposerHint, hint_providers
from knowledge.models import Reader
from tickets.models import Message, Ticket
from tickets.queries.around import is_others

NEEDS_MODEL = ("translation", "tone")
_MOST_LINES = 60
_MOST_LETTERS = 6000
_QUESTIONS = 3
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass(frozen=True, slots=True)
class Fact:
    name: str  # a code, see ``label_of``
    text: str
    messages: tuple[str, ...] = ()


@dataclass(slots=True)
class Talk:
    ticket: Ticket
    lines: list[Line] = field(default_factory=list)
    newest: Message | None = None  # of the customer
    threads: set[UUID] = field(default_factory=set)

    @property
    def language(self) -> str:
        """The customer's, as far as it can be told."""
        spoken = [line for line in self.lines if line.is_customers]
        last = spoken[-1] if spoken else None
        found = (last.language or identify(last.text).code) if last else ""
        return found or self.ticket.language or self.ticket.customer.locale or "en"

    @property
    def names(self) -> list[str]:
        brand = self.ticket.inbox.brand
        said = {line.by for line in self.lines if line.by}
        return [self.ticket.customer.name, brand.name, *sorted(said)]


# Where it may be used


@dataclass(frozen=True, slots=True)
class Offer:
    """What the panel of a ticket offers."""

    features: frozenset[str]
    has_model: bool
    is_hidden: bool

    @property
    def lacks_model(self) -> bool:
        return not self.has_model and bool(self.features & set(NEEDS_MODEL))


def features_of(brand: UUID) -> frozenset[str]:
    found = CopilotSettings.objects.filter(brand=brand).first()
    return frozenset(name for name in FEATURES if found is None or getattr(found, name))


def load_offer(ticket: Ticket, user: User) -> Offer | None:
    """None where an admin has switched it off."""
    features = features_of(ticket.inbox.brand_id)
    if not features:
        return None
    is_hidden = CopilotChoice.objects.filter(user=user, is_hidden=True).exists()
    return Offer(features, is_set_up(), is_hidden)


# The conversation


def load_talk(ticket: Ticket) -> Talk:
    """The caller has seen to it that the user may see the ticket."""
    talk = Talk(ticket)
    messages = _said_in(ticket)
    for message in messages:
        text = fold_quotes(message.body)[0].strip()[:_MOST_LETTERS]
        if not text:
            continue
        by = message.author.name if message.author else ""
        line = Line(str(message.pk), message.is_inbound, by, text, message.language)
        talk.lines.append(line)
        if message.thread_id:
            talk.threads.add(message.thread_id)
        if message.is_inbound:
            talk.newest = message
    return talk


def _said_in(ticket: Ticket) -> list[Message]:
    said = Message.objects.filter(
        ticket=ticket,
        kind=Message.Kind.PUBLIC,
        classification=Message.Classification.PERSON,
        withdrawn_at=None,
        redacted_at=None,
    ).select_related("ticket__customer", "author", "thread__inbox")
    newest = list(said.order_by("-seq")[:_MOST_LINES])[::-1]
    warm_keys(newest)
    merged = Ticket.objects.filter(merged_into=ticket).exclude(customer=ticket.customer_id)
    others = {str(pk) for pk in merged.values_list("customer", flat=True)}
    return [one for one in newest if _is_theirs(one, ticket) and not is_others(one, others)]


def _is_theirs(message: Message, ticket: Ticket) -> bool:
    """Nobody else's words, whoever wrote into the ticket."""
    return not message.is_inbound or message.customer_id in (None, ticket.customer_id)


def find_message(ticket: Ticket, pk: UUID) -> Message | None:
    """One of those above, to be translated."""
    return next((one for one in _said_in(ticket) if one.pk == pk), None)


def reader_of(talk: Talk) -> Reader:
    """What may be quoted to this customer: who has proved nothing reads what everybody reads."""
    newest, brand = talk.newest, talk.ticket.inbox.brand_id
    proved = proved_addresses(newest, newest.thread) if newest and newest.thread else []
    return Reader(brand=brand, customer=talk.ticket.customer if proved else None)


def questions_of(talk: Talk) -> list[str]:
    """What is to be answered; without a question it is what the customer said last."""
    found = [one for one, _message in open_questions(talk.lines, most=_QUESTIONS)]
    last = next((line.text for line in reversed(talk.lines) if line.is_customers), "")
    return found or ([last[:500]] if last else [])


def hints_for(words: str, *, user: User, ticket: UUID) -> list[ComposerHint]:
    return [hint for one in hint_providers for hint in one.find(words, user=user, ticket=ticket)]


# The facts of a summary


def facts_of(talk: Talk) -> list[Fact]:
    """Word for word what was said, and what the bot found out; the labels alone are ours."""
    theirs = [line for line in talk.lines if line.is_customers]
    facts: list[Fact] = []
    if theirs:
        facts += _told(theirs[:1], "began", most=3)
    facts += _of_bot(talk)
    ours = [line for line in talk.lines if not line.is_customers]
    if ours:
        facts += _told(ours[-1:], "answered", most=2)
    since = [line for line in _since(talk.lines) if line not in theirs[:1]]
    facts += _told(since[-2:], "since", most=2)
    asked = open_questions(talk.lines, most=_QUESTIONS)
    return [*facts, *(Fact("open", one, (message,)) for one, message in asked)]


def _told(lines: Sequence[Line], name: str, *, most: int) -> list[Fact]:
    said = [(one, line) for line in lines for one in most_telling(line.text, most=most)]
    return [Fact(name, one, (line.message,)) for one, line in said]


def _since(lines: Sequence[Line]) -> list[Line]:
    """What the customer said after our last answer."""
    last = max((at for at, line in enumerate(lines) if not line.is_customers), default=-1)
    return [line for line in lines[last + 1 :] if line.is_customers]


def _of_bot(talk: Talk) -> list[Fact]:
    dialogues = Dialogue.objects.filter(ticket=talk.ticket, thread__in=talk.threads)
    dialogue = dialogues.select_related("ticket").order_by("-began_at").first()
    if dialogue is None:
        return []
    handoff = dialogue.handoffs.select_related("dialogue__ticket").first()
    told: dict[str, Any] = handoff.told if handoff and handoff.told else _so_far(dialogue)
    facts = [Fact("handed", str(HandOff.Reason(handoff.reason).label))] if handoff else []
    slots = told.get("slots", {}).items()
    facts += [Fact("known", f"{slot_words(name)}: {value}") for name, value in slots]
    tried = ", ".join(tried_words(name) for name in told.get("tried", []))
    return [*facts, Fact("tried", tried)] if tried else facts


def _so_far(dialogue: Dialogue) -> dict[str, Any]:
    state = State.from_json(dialogue.kept)
    frames = [*([state.last] if state.last else []), *state.frames]
    slots = {name: value for frame in frames for name, value in frame.slots.items()}
    return {"slots": slots, "tried": list(dict.fromkeys(state.tried))}


def label_of(name: str) -> str:
    labels = {
        "began": _("At first"),
        "handed": _("Handed over"),
        "known": _("Known"),
        "tried": _("Tried"),
        "answered": _("We answered"),
        "since": _("Since then"),
        "open": _("Open question"),
    }
    return labels.get(name, name)


# What was asked before


def find_use(pk: UUID, user: User) -> CopilotUse | None:
    """One's own, of a ticket one may see."""
    seen = Ticket.objects.visible_to(user).values("pk")
    found = CopilotUse.objects.filter(pk=pk, user=user, ticket__in=seen)
    return found.select_related("ticket__inbox").first()


def find_translation(message: Message, language: str) -> CopilotUse | None:
    """Nothing leaves twice for the same."""
    done = CopilotUse.objects.filter(
        message=message, kind="translation", language=language, state=CopilotUse.State.DONE
    )
    return done.select_related("ticket").order_by("-at").first()


def sources_of(made: dict[str, Any], user: User) -> list[dict[str, str]]:
    """Where a suggestion is from; of tickets solved before those that the user may see."""
    sources: list[dict[str, str]] = made.get("sources", [])
    ids = {one["url"]: _ID.search(one["url"]) for one in sources if one["kind"] == "solved"}
    wanted = [found[0] for found in ids.values() if found]
    seen = Ticket.objects.visible_to(user).filter(pk__in=wanted).select_related("customer")
    titles = {str(ticket.pk): f"#{ticket.number} {ticket.subject}" for ticket in seen}
    named = []
    for one in sources:
        found = ids.get(one["url"])
        title = titles.get(found[0], "") if found else one["title"]
        if title or one["kind"] == "bot":
            named.append(one | {"title": title})
    return named


def list_uses(most: int = 50) -> list[CopilotUse]:
    """The newest, for who looks after it: who asked for what and when, not what was said."""
    newest = CopilotUse.objects.select_related("user", "ticket").defer("given", "made")
    return list(newest.order_by("-at")[:most])
