"""Visitors: what the widget's script does (livechat/widget/parts), line by line and as patient.

`flush` is outbox.js, `read` is rooms.js, `hold_line` and `poll` are line.js.
"""

import asyncio
import contextlib
import json
import time
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from faults.lines import (
    ANSWER_PATIENCE,
    Client,
    Crowd,
    Refused,
    Said,
    pause,
    soon,
)
from faults.wire import BROKEN, Wire

AUTH_PATIENCE = 6.0
SOCKET_AGAIN = 60.0
POLL_WAIT = 25


class Visitor(Client):
    """``is_blocked``: their network lets no socket through, so they ask and wait."""

    def __init__(self, crowd: Crowd, number: int, *, is_blocked: bool) -> None:
        super().__init__(crowd, f"v{number:03}", origin=crowd.origin)
        self.canary = f"{self.name}q{crowd.run}"
        self.is_blocked = is_blocked
        self.poll_wire = Wire(crowd.port, origin=crowd.origin, repeats=False)
        self.token = self.chat = self.epoch = self.spare = ""
        self.head = self.got = self.count = 0
        self.rows: dict[str, dict[str, Any]] = {}
        self.outbox: list[Said] = []
        self.has_words, self.may_flush = asyncio.Event(), asyncio.Event()
        self.reading: asyncio.Task[None] | None = None
        self.must_read_again = False
        self.tasks: set[asyncio.Task[Any]] = set()

    @property
    def is_reading(self) -> bool:
        return self.reading is not None

    def own_headers(self) -> dict[str, str]:
        headers = {"X-Chat-Language": "en"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers

    async def call(
        self, method: str, path: str, body: object = None, **more: Any
    ) -> dict[str, Any]:
        answer = await self.ask(method, f"/chat/{self.crowd.key}/{path}", body, **more)
        return answer.json()

    def begin(self, work: Any) -> None:
        """In the background; kept, or it would be collected."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def live(self) -> None:
        await self.meet()
        self.say()
        await asyncio.gather(self.flush(), self.hold_line(), self.talk())

    async def meet(self) -> None:
        tries = 0
        while not self.token:
            try:
                self.token = (await self.call("POST", "visitors/", {}))["token"]
            except Refused as refusal:
                await asyncio.sleep(refusal.wait or pause(tries))
                tries += 1

    async def talk(self) -> None:
        dice = self.crowd.dice
        while True:
            await asyncio.sleep(dice.expovariate(1 / self.crowd.talk_seconds))
            await self.crowd.may_talk.wait()
            # Some send their thoughts in pieces; the pieces must stay in their order.
            for _ in range(dice.choice((1, 1, 1, 3))):
                self.say()

    # Saying

    def say(self) -> None:
        self.count += 1
        words = Said(f"{self.canary}n{self.count:03}", self.name, "visitor")
        self.outbox.append(self.crowd.note_said(words))
        self.has_words.set()

    async def flush(self) -> None:
        tries = 0
        while True:
            await self.has_words.wait()
            self.has_words.clear()
            try:
                await self.send_all()
                tries = 0
            except Refused as refusal:
                self.may_flush.clear()
                with contextlib.suppress(TimeoutError):  # nobody told us that the line is back
                    await asyncio.wait_for(self.may_flush.wait(), refusal.wait or pause(tries))
                    tries = -1
                tries += 1
                self.has_words.set()

    async def send_all(self) -> None:
        while self.outbox:
            words = self.outbox[0]
            words.tries += 1
            try:
                await self.send(words)
            except Refused as refusal:
                if refusal.is_passing:
                    raise
                self.refuse(words, refusal)
            self.release(words)

    async def send(self, words: Said) -> None:
        said = {"client_id": words.client_id, "text": f"My lamp flickers {words.token}"}
        if self.chat:
            row = await self.call("POST", f"chats/{self.chat}/messages/", said)
            self.take([row])
        else:
            begun = await self.call("POST", "chats/", {**said, "fields": {}})
            self.chat, self.epoch = begun["id"], begun["epoch"]
            [row] = [one for one in begun["messages"] if one["client_id"] == words.client_id]
            self.begin(self.read())
        words.acknowledged, words.id, words.chat = time.monotonic(), row["id"], self.chat

    def release(self, words: Said) -> None:
        if words in self.outbox:
            self.outbox.remove(words)

    # Reading

    def take(self, rows: list[dict[str, Any]]) -> None:
        waiting = {words.client_id: words for words in self.outbox}
        for row in rows:
            self.rows[row["id"]] = row
            self.crowd.note_seen(row["text"], by=self.name)
            if words := waiting.get(row["client_id"]):
                # Whether the answer to our request comes or not, this is the acknowledgement.
                words.acknowledged = words.acknowledged or time.monotonic()
                words.id, words.chat = row["id"], self.chat
                self.release(words)

    async def read(self) -> None:
        """One at a time; whoever comes meanwhile has it read once more."""
        if self.reading:
            self.must_read_again = True
            await asyncio.wait({self.reading})
            return
        self.reading = asyncio.create_task(self.read_all())
        self.reading.add_done_callback(self.note_read_all)

    def note_read_all(self, done: asyncio.Task[None]) -> None:
        self.reading = None
        if not done.cancelled() and (trouble := done.exception()):
            self.crowd.refusals.append(f"reading of {self.name}: {trouble}")

    async def read_all(self) -> None:
        tries = 0
        while True:
            self.must_read_again = False
            began = time.monotonic()
            try:
                await self.read_changes()
            except Refused as refusal:
                if not refusal.is_passing:
                    raise
                await asyncio.sleep(refusal.wait or soon(tries))
                tries += 1
                continue
            self.note_read(began)
            if not self.must_read_again:
                return

    async def read_changes(self, *, wait: int = 0, wire: Wire | None = None) -> None:
        is_more = True
        while is_more:
            query = f"after={self.head}&epoch={self.epoch}" + (f"&wait={wait}" if wait else "")
            part = await self.call(
                "GET",
                f"chats/{self.chat}/changes/?{query}",
                patience=ANSWER_PATIENCE + wait,
                wire=wire,
            )
            if part["reset"]:
                self.rows.clear()
                self.head = 0
            self.take(part["messages"])
            self.epoch = part["chat"]["epoch"]
            self.head = max(self.head, part["next"])
            is_more, wait = part["more"], 0
        self.begin(self.tell_seen())

    async def tell_seen(self) -> None:
        if self.head > self.got:
            before, self.got = self.got, self.head
            try:
                told = {"seq": self.head, "got": self.head}
                await self.call("POST", f"chats/{self.chat}/seen/", told)
            except Refused:
                self.got = before

    # The line

    async def hold_line(self) -> None:
        failures = 0
        while not self.chat:
            await asyncio.sleep(0.05)
        while True:
            if await self.hold_socket():
                failures = 1
                await asyncio.sleep(soon(0))
            elif (failures := failures + 1) >= 2:
                await self.poll()
                failures = 1
            else:
                await asyncio.sleep(pause(0))

    async def hold_socket(self) -> bool:
        """Until it breaks. False: none could be opened."""
        began = time.monotonic()
        try:
            ticket = self.spare or (await self.call("POST", "socket/", {}))["ticket"]
            if self.is_blocked:
                return False
            async with asyncio.timeout(AUTH_PATIENCE):
                socket = await self.open_socket()
                self.spare = ""
                await socket.send(json.dumps({"auth": ticket, "chat": self.chat}))
                first = json.loads(await socket.recv())
        except (Refused, WebSocketException, *BROKEN):
            return False
        self.crowd.counts["sockets"] += 1
        self.note_live()
        self.may_flush.set()
        self.hear(first)
        if first["seq"] == self.head:
            self.note_read(began)
        port = socket.local_address[1]
        why = await self.listen(socket)
        socket.transport.abort()
        self.note_break("socket", port, why)
        return True

    def open_socket(self) -> connect:
        path = f"/chat/{self.crowd.key}/socket"
        return self.connect(path, origin=self.crowd.origin, patience=AUTH_PATIENCE)

    def hear(self, frame: dict[str, Any]) -> None:
        self.crowd.counts["frames"] += 1
        if frame.get("chat", self.chat) != self.chat:
            self.crowd.refusals.append(f"{self.name} heard of a chat that is not theirs: {frame}")
        self.spare = frame.get("ticket", self.spare)
        seq = frame.get("seq")
        if seq is not None and (seq < 0 or seq > self.head):
            self.begin(self.read())

    async def poll(self) -> None:
        until, tries = time.monotonic() + SOCKET_AGAIN, 1
        while time.monotonic() < until:
            began, head = time.monotonic(), self.head
            try:
                # What was missed is asked for before anything is waited for.
                await self.read_changes(wait=0 if tries else POLL_WAIT, wire=self.poll_wire)
            except Refused as refusal:
                self.note_poll_break(tries)
                await asyncio.sleep(refusal.wait or soon(tries))
                tries += 1
                continue
            self.note_live()
            self.note_read(began)
            # A server that does not wait must not be asked without end.
            if tries:
                self.may_flush.set()
            elif self.head == head and time.monotonic() - began < 1:
                await asyncio.sleep(1)
            tries = 0

    def note_poll_break(self, tries: int) -> None:
        if not tries:
            self.note_break("poll", self.poll_wire.last_port, "closed")

    # At the end

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "canary": self.canary,
            "chat": self.chat,
            "head": self.head,
            "is_blocked": self.is_blocked,
            "waiting": len(self.outbox),
            "rows": list(self.rows.values()),
        }
