"""What checks read and what they say of it. No rows, no settings: pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Who = Literal["customer", "agent", "bot"]
State = Literal["ok", "fault", "none"]  # none: there was nothing to judge


@dataclass(frozen=True, slots=True)
class Said:
    who: Who
    text: str
    at: timedelta  # since the conversation began
    key: str = ""  # of its message, for whoever shows the evidence

    @property
    def is_ours(self) -> bool:
        return self.who != "customer"


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation that is over. Whatever is not said in it did not happen."""

    said: tuple[Said, ...]
    language: str = ""  # that the customer expects, where it is known
    channel: Literal["chat", "mail"] = "chat"

    @property
    def ours(self) -> list[int]:
        return [at for at, one in enumerate(self.said) if one.is_ours]

    @property
    def theirs(self) -> list[int]:
        return [at for at, one in enumerate(self.said) if not one.is_ours]


@dataclass(frozen=True, slots=True)
class Evidence:
    message: int  # its place in the talk
    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    state: State
    evidence: tuple[Evidence, ...] = ()


OK, NONE = Verdict("ok"), Verdict("none")


def fault(*evidence: Evidence) -> Verdict:
    return Verdict("fault", evidence)


def whole(talk: Talk, at: int) -> Evidence:
    text = talk.said[at].text
    return Evidence(at, 0, len(text), text)


def part(talk: Talk, at: int, start: int, end: int) -> Evidence:
    return Evidence(at, start, end, talk.said[at].text[start:end])
