"""What apps beside one another offer: each registers itself in its ``AppConfig.ready``."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from core.rule_parts import RuleAction


@dataclass(frozen=True, slots=True)
class SuggestedAnswer:
    """Something a customer may read instead of asking."""

    source: str  # the name of its provider
    key: str
    title: str
    text: str
    score: float
    url: str = ""  # where the whole of it stands, if that is more

    @property
    def name(self) -> str:
        return f"{self.source}:{self.key}"


class AnswerProvider(Protocol):
    def find(self, words: str, *, brand: UUID, language: str) -> Iterable[SuggestedAnswer]:
        """What may answer these words of a customer, in their language."""

    def note_helped(self, key: str, *, brand: UUID, customer: UUID | None) -> bool:
        """Remember that it answered somebody; say whether there is such an answer."""


answer_providers: dict[str, AnswerProvider] = {}
_SHOWN = 3


def find_answers(words: str, *, brand: UUID, language: str) -> list[SuggestedAnswer]:
    """The best of all providers, the best first."""
    found = [
        answer
        for provider in answer_providers.values()
        for answer in provider.find(words, brand=brand, language=language)
    ]
    return sorted(found, key=lambda answer: -answer.score)[:_SHOWN]


def note_helped(name: str, *, brand: UUID, customer: UUID | None) -> bool:
    source, _colon, key = name.partition(":")
    provider = answer_providers.get(source)
    return provider is not None and provider.note_helped(key, brand=brand, customer=customer)


@dataclass(frozen=True, slots=True)
class Moved:
    thread: UUID | None
    before: int  # its number in the ticket it was in
    after: int


@dataclass(frozen=True, slots=True)
class AfterHours:
    """Nobody works just now: what may be promised instead."""

    back_at: datetime | None  # in the time zone of who is back then
    by_mail: bool  # an address is known to which their answer goes


@dataclass(frozen=True, slots=True)
class Standing:
    """All a bot asks of a conversation when it is its turn."""

    is_with_bot: bool = False
    proved: tuple[str, ...] = ()
    closed: AfterHours | None = None  # None while people work there: then they are looked for


class Channel(Protocol):
    """What a kind of inbox other than mail does with a ticket's answers. Tickets know of it no
    more than this."""

    def rooms_for(self, ticket: UUID, event: str) -> list[str]:
        """Who outside is told at once that this happened on the ticket; most events none."""

    def note_answer(self, message: Any, *, leaves_at: datetime) -> bool:
        """In the transaction of an answer. True: it arrives with that, nothing is to be sent."""

    def send(self, message: UUID) -> str:
        """Send what was to leave later; its name outside. May raise as sending a mail does."""

    def note_read(self, ticket: UUID, seq: int) -> None:
        """Somebody who works here has read so far."""

    def note_moved(self, source: UUID, moved: "Sequence[Moved]") -> None:
        """In the transaction of a merge or its undo, before the tickets say where they went: what
        was said in this ticket has other numbers now."""

    # What a bot asks; mail, which is no channel, is always open to it.

    def standing_of(self, thread: UUID) -> Standing: ...

    def is_with_bot(self, thread: UUID) -> bool:
        """Whether no person has it or is looked for. What changes that is an event of the
        ticket."""

    def proved_addresses(self, thread: UUID) -> list[str]:
        """Those of whose holder it is proved that they speak here."""

    def has_free_person(self, ticket: UUID) -> bool:
        """Whether somebody who may see it is there and has room."""

    def call_people(self, thread: UUID) -> None:
        """In the transaction of a hand-off: from now on people are looked for; outside working
        hours it waits for them as a ticket."""

    def talks_of(self, users: Collection[UUID]) -> dict[UUID, UUID]:
        """Tickets in which these people talk now, with who does."""

    def look_for_another(self, ticket: UUID, *, of: UUID) -> bool:
        """Whoever talks there has to go: somebody else is looked for. Whether they still had it."""

    def give_to_bot(self, thread: UUID, *, bot: Any, actor: Any) -> None:
        """In the transaction in which a person gives it back."""


# By kind of inbox.
channels: dict[str, Channel] = {}
# What a page of the workspace may watch besides tickets: name → (user, "") → rooms.
watchable: dict[str, Callable[[Any, str], list[str]]] = {}


class Passing(Protocol):
    """What is told of a ticket for a moment and never kept."""

    def room_of(self, ticket: UUID) -> str:
        """Where it is heard that there is something to read."""

    def read(self, ticket: UUID) -> dict[str, Any] | None:
        """As it is now; whoever asks has been allowed to see the ticket by their caller."""


# By the name of the frame that carries it.
passing: dict[str, Passing] = {}


@dataclass(frozen=True, slots=True)
class Understood:
    """What was understood of somebody's words, each with how sure that is (0 to 1)."""

    intent: str = ""
    confidence: float = 0.0
    language: str = ""
    mood: float = 0.0  # -1 very unhappy … 1 very happy
    urgency: float = 0.0


# (words, language=, brand=) → what was understood, or None where nothing was taught yet. May take
# seconds; whether it is worth asking at all says that of the same name below, and is cheap.
understanders: dict[str, Callable[..., Understood | None]] = {}
has_understanding: dict[str, Callable[[], bool]] = {}


@dataclass(frozen=True, slots=True)
class InLine:
    """Somebody who waits in a queue of its own."""

    ticket: UUID
    since: datetime
    asked: frozenset[UUID] = frozenset()  # to whom it was offered already in this wait


@dataclass(frozen=True, slots=True)
class Busy:
    """Of somebody who takes such conversations now."""

    talks: int = 0
    offered: int = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    ticket: UUID
    user: UUID
    team: Any | None  # it goes to this team, which helps; None: it stays where it is
    keep: Callable[[], object]  # in the transaction of the offer: why it was them


class Chooser(Protocol):
    """Decides whom a queue of its own offers what waits in it. Without one the queue does."""

    def choose(
        self, line: Sequence[InLine], people: Mapping[UUID, Busy]
    ) -> tuple[set[UUID], list[Chosen]]:
        """The tickets it decides on, and those of them for which there is somebody now."""


choosers: dict[str, Chooser] = {}


@dataclass(frozen=True, slots=True)
class NextWork:
    """What somebody who asks for work is led to."""

    ticket: Any | None
    reasons: list[str]
    is_taken: bool = False  # it is theirs already
    teams: frozenset[UUID] = frozenset()  # in which nothing else is to be looked for


# (user, ids to leave out) → what is next, or None where it does not matter who asks.
next_work: dict[str, Callable[[Any, Any], NextWork | None]] = {}


@dataclass(frozen=True, slots=True)
class ThreadPart:
    """What a kind of inbox shows within a ticket's page besides what mail does."""

    channel: str  # how an answer goes now: by this kind, or "mail"
    said_here: frozenset[UUID]  # threads of this kind; the ticket's other messages are mails
    words: str  # how what was said here came: "in the chat"
    # A template each, given this part as ``part``.
    head: str = ""
    tools: str = ""
    above: str = ""
    side: str = ""
    told: dict[str, Any] = field(default_factory=dict)


# By kind of inbox: (ticket, user) → what its page shows.
thread_parts: dict[str, Callable[[Any, Any], ThreadPart | None]] = {}


def part_of(ticket: Any, user: Any) -> ThreadPart | None:
    load = thread_parts.get(ticket.inbox.kind)
    return load(ticket, user) if load else None


@dataclass(frozen=True, slots=True)
class WritersPage:
    """A page of another app for those who write articles."""

    url: str  # the name of its route
    name: Any
    icon: str


writers_pages: list[WritersPage] = []


@dataclass(frozen=True, slots=True)
class ComposerHint:
    """What another app offers beside an answer: a text to insert, or something to look at."""

    kind: str  # reply or solved
    title: str
    text: str = ""
    url: str = ""
    fragments: tuple[tuple[str, bool], ...] = ()
    is_internal: bool = False


class HintProvider(Protocol):
    def find(self, words: str, *, user: Any, ticket: UUID) -> Iterable[ComposerHint]:
        """What this user may see of it, the best first."""


hint_providers: list[HintProvider] = []
# Told the words of a search of the help centre that found nothing: (words, brand=, language=).
missed_searches: list[Callable[..., None]] = []
# What other apps show beside every ticket: name → a template, which is given the ticket.
ticket_panels: dict[str, str] = {}
# Sentences of other apps' events in the timeline, with {who} in them: name → event → sentence.
event_sentences: dict[str, Callable[[Any], str]] = {}
# Events that say nothing a reader of the timeline wants to know.
silent_events: set[str] = set()


@dataclass(frozen=True, slots=True)
class InboxPages:
    """Where inboxes of a kind of another app are made and set up, as names of routes."""

    add: str
    settings: str  # asked with the inbox's id
    name: Any  # what is added, in words
    icon: str


inbox_pages: dict[str, InboxPages] = {}


# Who answers in an inbox before people do: name → (inbox, thread or None, after_hours=) → its
# user, or None.
first_answers: dict[str, Callable[..., Any | None]] = {}


# Told in the transaction of what was said where such a user answers: (inbox, message).
asked_first: dict[str, Callable[[UUID, UUID], None]] = {}


def first_answerer(
    inbox: UUID, thread: UUID | None = None, *, after_hours: bool = False
) -> Any | None:
    """A bot that takes the conversation; with a thread whether it still would. ``after_hours``:
    while nobody works there."""
    found = (find(inbox, thread, after_hours=after_hours) for find in first_answers.values())
    return next((user for user in found if user is not None), None)


# Told in the transaction in which a customer rated a conversation at its end, from 1 to 5:
# (ticket, score=, comment=), the ticket locked.
ratings: dict[str, Callable[..., None]] = {}
# Asked in the transaction in which such a conversation ends, its ticket locked: whether the
# customer may be asked for a rating. All must agree.
rating_asks: dict[str, Callable[..., bool]] = {}
# By kind of inbox: whether the customer of this ticket is shown such a rating where they wrote.
rating_shown: dict[str, Callable[[UUID], bool]] = {}
# What the portal offers beside a request: its id → an address and words, or None.
portal_links: dict[str, Callable[[UUID], tuple[str, str] | None]] = {}
# What rules may do besides what they do with tickets: code → action.
rule_actions: dict[str, RuleAction] = {}
# Told in the transaction in which a customer's message comes in, before anybody sees it:
# (ticket, event), the ticket locked.
arrivals: list[Callable[[Any, Any], None]] = []
# Names of intents, for those who choose among them.
intent_names: list[Callable[[], list[tuple[str, str]]]] = []
# Why somebody of ours, or the system, may not take this step: (ticket, category it would have) → a
# reason, or "". The ticket is locked.
step_guards: dict[str, Callable[[Any, str], str]] = {}


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation somebody had with a bot."""

    ticket: UUID
    customer: UUID
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Setback:
    """A way in which conversations turn out badly, and can be counted."""

    words: Any
    # (talks, within=) → which of these did within so long, of those that can be judged; by ticket.
    judge: Callable[..., Mapping[UUID, bool]]


setbacks: dict[str, Setback] = {}


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that got worse and waits for somebody to look at it."""

    words: str
    url: str


# (user) → what rings that they may know of.
alarms: list[Callable[[Any], Iterable[Alarm]]] = []
# How a customer sounded in a ticket: its id → moods from -100 to 100, the oldest first.
felt: dict[str, Callable[[UUID], Sequence[int]]] = {}
