"""What all clients of the chat share: when they try again, what they note, and the moments in which
their lines broke and held again."""

import asyncio
import json
import random
import time
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from faults.wire import BROKEN, Reply, Wire

ANSWER_PATIENCE = 20.0
BEAT_PATIENCE = 40.0  # the server beats every 15 s
LONGEST_PAUSE = 30.0
SOON = 0.3


def pause(tries: int) -> float:
    """As in the widget's script."""
    return min(LONGEST_PAUSE, 0.5 * 2.0**tries) * random.uniform(0.75, 1.25)


def soon(tries: int) -> float:
    """Nearly at once at first, but not everybody in the same moment."""
    return pause(tries - 1) if tries else random.uniform(0, SOON)


class Refused(Exception):
    """Status 0: nobody was reached."""

    def __init__(self, status: int, text: str, wait: float = 0.0) -> None:
        super().__init__(f"{status} {text[:200]}")
        self.status, self.wait = status, wait

    @property
    def is_passing(self) -> bool:
        return not self.status or self.status == 429 or self.status >= 500


@dataclass
class Break:
    """A line that held and broke; all moments are monotonic."""

    client: str
    kind: str  # socket, poll, desk
    port: int
    why: str  # closed, silent
    at: float = field(default_factory=time.monotonic)
    live: float = 0.0  # the line holds again
    read: float = 0.0  # a question asked after the break was answered
    is_again: bool = False  # broken once more before that


@dataclass
class Said:
    """Words of somebody, repeated under the same id until they are acknowledged."""

    token: str
    who: str
    kind: str  # visitor, answer, whisper
    client_id: str = field(default_factory=lambda: str(uuid4()))
    chat: str = ""
    tries: int = 0
    begun: float = field(default_factory=time.monotonic)
    acknowledged: float = 0.0
    seen: float = 0.0  # on the other side's screen
    id: str = ""


class Crowd:
    """What the clients know of each other: nothing but this."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.port: int = given["port"]
        self.key: str = given["key"]
        self.origin: str = given["origin"]
        self.run: str = given["run"]
        self.talk_seconds: float = given["talk_seconds"]
        self.dice = random.Random(given["seed"])
        self.may_talk = asyncio.Event()
        self.said: dict[str, Said] = {}
        self.breaks: list[Break] = []
        self.refusals: list[str] = []
        self.counts: Counter[str] = Counter()

    def note_said(self, words: Said) -> Said:
        return self.said.setdefault(words.token, words)

    def note_seen(self, text: str, *, by: str) -> None:
        """``text`` is shown to somebody else than who said it."""
        words = self.said.get(text.rpartition(" ")[2])
        if words and words.who != by and not words.seen:
            words.seen = time.monotonic()

    def as_json(self) -> dict[str, Any]:
        return {
            "said": [asdict(words) for words in self.said.values()],
            "breaks": [asdict(one) for one in self.breaks],
            "refusals": self.refusals,
            "counts": dict(self.counts),
        }


class Client(ABC):
    """Somebody with lines that break. A held line is one by which news come without asking."""

    def __init__(self, crowd: Crowd, name: str, *, origin: str = "") -> None:
        self.crowd, self.name = crowd, name
        self.wire = Wire(crowd.port, origin=origin)
        self.broken: Break | None = None
        self.is_live = False

    @property
    @abstractmethod
    def is_reading(self) -> bool:
        """Whether something it asked for is still to come."""

    @abstractmethod
    def hear(self, frame: dict[str, Any]) -> None:
        """What a socket said."""

    def own_headers(self) -> dict[str, str]:
        return {}

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        patience: float = ANSWER_PATIENCE,
        wire: Wire | None = None,
    ) -> Reply:
        headers = self.own_headers()
        content = b""
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        return await self.exchange(method, path, headers, content, patience, wire or self.wire)

    async def exchange(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        content: bytes,
        patience: float,
        wire: Wire,
    ) -> Reply:
        where = path.partition("?")[0].strip("/").rpartition("/")[2]
        self.crowd.counts["waits" if "&wait=" in path else f"{method} {where}"] += 1
        try:
            answer = await wire.ask(method, path, headers=headers, body=content, patience=patience)
        except BROKEN as trouble:
            self.crowd.counts["unanswered"] += 1
            raise Refused(0, f"{type(trouble).__name__} {trouble}") from None
        if answer.status >= 400:
            self.crowd.counts[f"status {answer.status}"] += 1
            wait = answer.headers.get("retry-after", "0")
            raise Refused(answer.status, answer.text, float(wait) if wait.isdigit() else 0.0)
        return answer

    # Sockets

    def connect(self, path: str, *, origin: str, patience: float, **headers: str) -> connect:
        return connect(
            f"ws://localhost:{self.crowd.port}{path}",
            host="127.0.0.1",
            additional_headers=headers,
            origin=Origin(origin),
            open_timeout=patience,
            close_timeout=1,
            ping_interval=None,
            compression=None,
            proxy=None,
        )

    async def listen(self, socket: ClientConnection) -> str:
        """Until it breaks; returns how that was noticed."""
        try:
            while True:
                text = await asyncio.wait_for(socket.recv(), BEAT_PATIENCE)
                self.hear(json.loads(text))
        except TimeoutError:
            return "silent"
        except (WebSocketException, OSError, EOFError):
            return "closed"

    # Breaks

    def note_break(self, kind: str, port: int, why: str) -> None:
        self.is_live = False
        if self.broken:
            self.broken.is_again = True
        self.broken = Break(self.name, kind, port, why)
        self.crowd.breaks.append(self.broken)

    def note_live(self) -> None:
        self.is_live = True
        if self.broken and not self.broken.live:
            self.broken.live = time.monotonic()
        self.forget_break()

    def note_read(self, began: float) -> None:
        """Everything there was at ``began`` is here."""
        if self.broken and not self.broken.read and began >= self.broken.at:
            self.broken.read = time.monotonic()
        self.forget_break()

    def forget_break(self) -> None:
        if self.broken and self.broken.live and self.broken.read:
            self.broken = None

    def refuse(self, words: Said, refusal: Refused) -> None:
        """A final no, which none of these words deserves."""
        self.crowd.refusals.append(f"{words.token} of {words.who}: {refusal}")
