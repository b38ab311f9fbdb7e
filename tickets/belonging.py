"""Where an incoming mail belongs: evidence in, decision out. Nothing here reads or writes.

docs/mail-threading.md has the table and its reasons.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from uuid import UUID

from core.words import normalise
from tickets.models import Category, Suggestion

MAX_SUGGESTIONS = 5

# "Re:", "Fwd:", "AW:", "回复：", "Re[2]:" and tags in brackets, as often as they come.
_LEAD = re.compile(
    r"\s*(?:(?:re|fwd?|aw|wg|sv|vs|antw|tr|rif|res|回复|答复|回覆|答覆|转发|轉寄|轉發)"
    r"(?:\[\d+\])?\s*[:：]|\[[^\]]{0,40}\])\s*",
    re.IGNORECASE,
)
_BARE_LEAD = re.compile(r"(?:re|fwd?|aw|wg)", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NUMBER = re.compile(r"#\s?([1-9][0-9]{0,11})\b")


class Kind(IntEnum):
    """What names a ticket, the strongest first."""

    REPLY_ADDRESS = 1
    OWN_ID = 2
    STORED_ID = 3
    SUBJECT_TOKEN = 4
    # What anybody can write; good for a suggestion.
    NUMBER = 5
    SAME_SUBJECT = 6


STRONG = (Kind.REPLY_ADDRESS, Kind.OWN_ID, Kind.STORED_ID, Kind.SUBJECT_TOKEN)
_REASONS = {
    Kind.REPLY_ADDRESS: Suggestion.Reason.REFERENCE,
    Kind.OWN_ID: Suggestion.Reason.REFERENCE,
    Kind.STORED_ID: Suggestion.Reason.REFERENCE,
    Kind.SUBJECT_TOKEN: Suggestion.Reason.NUMBER,
    Kind.NUMBER: Suggestion.Reason.NUMBER,
    Kind.SAME_SUBJECT: Suggestion.Reason.SUBJECT,
}


@dataclass(frozen=True, slots=True)
class Place:
    """A ticket the mail may belong to, as it stands to the sender."""

    ticket: UUID
    category: str = Category.OPEN
    is_spam: bool = False
    # Resolved longer ago than the inbox reopens.
    is_too_late: bool = False
    # The subject has no word in common with the ticket's.
    has_diverged: bool = False
    # The request is the sender's own.
    is_customer: bool = False
    # … or we have written to the sender in it.
    takes_part: bool = False
    # The sender works here and may answer in it now.
    may_answer: bool = False


@dataclass(frozen=True, slots=True)
class Pointer:
    kind: Kind
    place: Place
    # Of a reply address: it was made for this very sender.
    is_bound: bool = False

    @property
    def has_standing(self) -> bool:
        return self.is_bound or self.place.is_customer or self.place.takes_part


@dataclass(frozen=True, slots=True)
class Evidence:
    pointers: tuple[Pointer, ...] = ()
    dmarc: str = ""
    is_automatic: bool = False
    is_colleague: bool = False
    # A forwarded mail whose first sender could be read from it.
    is_forward: bool = False
    works_in_inbox: bool = False
    is_blocked: bool = False
    # An admin has looked at it and vouches for it.
    is_released: bool = False


class Step(StrEnum):
    APPEND = "append"
    OPEN = "open"
    ANSWER = "answer"  # as the colleague's answer to the customer
    NOTE = "note"
    QUARANTINE = "quarantine"
    DISMISS = "dismiss"


@dataclass(frozen=True, slots=True)
class Decision:
    step: Step
    place: Place | None = None
    code: str = ""
    is_unverified: bool = False
    is_spam: bool = False
    # The first sender of a forwarded mail is the customer.
    for_first_sender: bool = False
    suggestions: tuple[tuple[UUID, str], ...] = ()


def decide(evidence: Evidence) -> Decision:
    pointers = sorted(evidence.pointers, key=lambda pointer: pointer.kind)
    strong = [pointer for pointer in pointers if pointer.kind in STRONG]
    if evidence.dmarc == "fail" and not evidence.is_released:
        return _set_aside("dmarc_fail", strong)
    # By the strongest alone: naming a request of their own beside it proves nothing.
    if evidence.is_colleague and strong and not strong[0].place.is_customer:
        return _decide_for_colleague(evidence, strong)
    named = [pointer for pointer in strong if pointer.kind == Kind.REPLY_ADDRESS]
    known = next((pointer for pointer in named if pointer.has_standing), None)
    if named and known is None:
        if not evidence.is_released:
            return _set_aside("stranger_with_token", named)
        known = named[0]
    known = known or next((pointer for pointer in strong if pointer.has_standing), None)
    if known and _can_enter(known.place, evidence):
        return _append(known.place, evidence)
    return _open(evidence, pointers)


def _set_aside(code: str, pointers: list[Pointer]) -> Decision:
    return Decision(Step.QUARANTINE, pointers[0].place if pointers else None, code)


def _decide_for_colleague(evidence: Evidence, strong: list[Pointer]) -> Decision:
    bound = next((p for p in strong if p.kind == Kind.REPLY_ADDRESS and p.is_bound), None)
    place = (bound or strong[0]).place
    if evidence.is_automatic:
        return Decision(Step.DISMISS, place, "agent_automatic")
    if evidence.is_released:
        # Nobody has proved who wrote it, so nothing of it may leave the house.
        return Decision(Step.NOTE, place, is_unverified=True)
    if bound is None or evidence.dmarc != "pass":
        return Decision(Step.QUARANTINE, place, "agent_unproven")
    if not place.may_answer:
        return Decision(Step.QUARANTINE, place, "agent_without_access")
    return Decision(Step.NOTE if evidence.is_forward else Step.ANSWER, place)


def _can_enter(place: Place, evidence: Evidence) -> bool:
    if evidence.is_blocked and not place.is_spam:
        return False
    if evidence.is_automatic:
        return True  # kept where it belongs; it opens and reopens nothing
    if place.category == Category.CLOSED:
        return False
    return place.category != Category.RESOLVED or not (place.is_too_late or place.has_diverged)


def _append(place: Place, evidence: Evidence) -> Decision:
    return Decision(Step.APPEND, place, is_unverified=evidence.dmarc != "pass")


def _open(evidence: Evidence, pointers: list[Pointer]) -> Decision:
    proven = evidence.is_colleague and evidence.works_in_inbox and evidence.dmarc == "pass"
    return Decision(
        Step.OPEN,
        is_spam=evidence.is_blocked,
        for_first_sender=evidence.is_forward and proven,
        suggestions=tuple(_suggest(pointers)),
    )


def _suggest(pointers: list[Pointer]) -> Iterator[tuple[UUID, str]]:
    reasons: dict[UUID, str] = {}
    for pointer in pointers:
        reasons.setdefault(pointer.place.ticket, str(_REASONS[pointer.kind]))
    yield from list(reasons.items())[:MAX_SUGGESTIONS]


# Subjects


def topic_of(subject: str) -> str:
    """The subject without the signs of answering and forwarding, in one spelling."""
    rest = " ".join(normalise(subject).split())
    while match := _LEAD.match(rest):
        rest = rest[match.end() :]
    rest = rest.strip()
    return "" if _BARE_LEAD.fullmatch(rest) else rest


def has_diverged(subject: str, known: str) -> bool:
    """Two subjects without one word in common; none at all diverges from nothing."""
    one, other = set(_words_of(topic_of(subject))), set(_words_of(topic_of(known)))
    return bool(one) and bool(other) and not one & other


def _words_of(topic: str) -> Iterator[str]:
    for word in _WORD.findall(topic):
        if _HAN.search(word) and len(word) > 1:
            yield from (word[at : at + 2] for at in range(len(word) - 1))
        else:
            yield word


def numbers_in(subject: str, limit: int = 3) -> Iterable[int]:
    return list(dict.fromkeys(map(int, _NUMBER.findall(subject))))[:limit]
