"""Agents: what the pages' scripts do (helpdesk/static/helpdesk/live.js, livechat/static/livechat/
desk.js, tickets/static/tickets/thread.js) in somebody who answers whoever is theirs."""

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from faults.lines import (
    BEAT_PATIENCE,
    Client,
    Crowd,
    Refused,
    Said,
    pause,
    soon,
)
from faults.wire import BROKEN

AGAIN = -1
CALM = 0.2
FIRST_POLL, LONGEST_POLL = 5.0, 30.0
THINKING = (0.5, 3.0)
WHISPERS = 0.05  # of the answers come with a note to colleagues
ROW = re.compile(
    r'data-chat="(?P<chat>[0-9a-f-]{36})" data-kind="(?P<kind>\w+)"'
    r'.*?href="/tickets/(?P<ticket>[0-9a-f-]{36})/"(?P<rest>.*?)</li>',
    re.DOTALL,
)
HAS_ROOM = 'data-room="yes"'
TOKEN = re.compile(r"\bv\d{3}q[0-9a-f]+n\d{3}\b")


@dataclass
class Thread:
    """A ticket as the agent has it on the screen."""

    ticket: str
    head: int = 0
    events: dict[int, str] = field(default_factory=dict)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_reading: bool = False
    must_read_again: bool = False

    def take(self, changes: dict[str, Any]) -> None:
        for event in changes["events"]:
            self.events[event["seq"]] = event["name"]
        for message in changes["messages"]:
            self.messages[message["id"]] = message
        self.head = max(self.head, changes["head"])

    def unanswered(self) -> list[str]:
        """Tokens of what visitors said that nobody has answered."""
        bodies = [m["body"] for m in self.messages.values() if m["direction"] == "out"]
        answered = {token for body in bodies for token in TOKEN.findall(body)}
        said = [m["body"] for m in self.messages.values() if m["direction"] == "in"]
        return [token for body in said for token in TOKEN.findall(body) if token not in answered]


class Agent(Client):
    def __init__(self, crowd: Crowd, number: int, given: dict[str, str]) -> None:
        super().__init__(crowd, f"a{number:03}")
        self.session, self.api_token = given["session"], given["token"]
        self.csrf = "f" * 32
        self.threads: dict[str, Thread] = {}  # those of their own chats
        self.answered: set[str] = set()
        self.accepting: set[str] = set()
        self.thinking = 0
        self.socket: ClientConnection | None = None
        self.is_asking = self.must_ask_again = False
        self.tasks: set[asyncio.Task[Any]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """In the background; kept, or it would be collected."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.note_done)

    def note_done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (trouble := task.exception()):
            self.crowd.refusals.append(f"{self.name}: {trouble!r}")

    @property
    def is_reading(self) -> bool:
        return self.is_asking or any(thread.is_reading for thread in self.threads.values())

    def own_headers(self) -> dict[str, str]:
        cookies = f"sessionid={self.session}; csrftoken={self.csrf}"
        return {"Cookie": cookies, "X-CSRFToken": self.csrf, "HX-Request": "true"}

    # The socket, as live.js holds it

    async def live(self) -> None:
        tries = 0
        while True:
            if await self.hold_socket(tries):
                tries = 0
            polling = asyncio.create_task(self.poll())
            await asyncio.sleep(soon(tries))
            tries += 1
            polling.cancel()

    async def hold_socket(self, tries: int) -> bool:
        """Until it breaks. False: none could be opened."""
        try:
            self.socket = socket = await self.open_socket()
            await self.send_watch_set()
            first = json.loads(await asyncio.wait_for(socket.recv(), BEAT_PATIENCE))
        except (WebSocketException, *BROKEN):
            self.socket = None
            return False
        self.crowd.counts["desks"] += 1
        self.note_live()
        self.begin(self.read_everything())
        self.hear(first)
        port = socket.local_address[1]
        why = await self.listen(socket)
        self.socket = None
        socket.transport.abort()
        self.note_break("desk", port, why)
        return True

    def open_socket(self) -> connect:
        # A browser waits longer still.
        cookie = f"sessionid={self.session}"
        return self.connect("/ws/", origin="http://localhost", patience=60, Cookie=cookie)

    async def send_watch_set(self) -> None:
        if self.socket:
            names = ["chats", *(f"ticket:{pk}" for pk in self.threads)]
            await self.socket.send(json.dumps({"watch": names}))

    def hear(self, frame: dict[str, Any]) -> None:
        self.crowd.counts["desk frames"] += 1
        for name, number in frame.items():
            thread = self.threads.get(name.partition(":")[2])
            if name == "chats":
                self.begin(self.look_soon())
            elif thread and (number == AGAIN or number > thread.head):
                self.begin(self.read(thread))

    async def poll(self) -> None:
        wait = FIRST_POLL
        while True:
            await asyncio.sleep(wait)
            wait = min(LONGEST_POLL, wait * 1.5)
            await self.read_everything()

    async def read_everything(self) -> None:
        """What happened while the line was broken."""
        began = time.monotonic()
        await self.look()
        await asyncio.gather(*(self.read(thread) for thread in list(self.threads.values())))
        self.note_read(began)

    # The panel, as desk.js asks for it

    async def look_soon(self) -> None:
        await asyncio.sleep(CALM)
        await self.look()

    async def look(self) -> None:
        if self.is_asking:
            self.must_ask_again = True
            return
        self.is_asking = True
        try:
            await self.look_until_answered()
        finally:
            self.is_asking = False
        if self.must_ask_again:
            self.must_ask_again = False
            self.begin(self.look_soon())

    async def look_until_answered(self) -> None:
        tries = 0
        while True:
            try:
                panel = await self.ask("GET", "/chats/")
            except Refused as refusal:
                await asyncio.sleep(refusal.wait or pause(tries))
                tries += 1
                continue
            rows = [row.groupdict() for row in ROW.finditer(panel.text)]
            self.accept_some(rows, has_room=HAS_ROOM in panel.text)
            await self.show({row["ticket"] for row in rows if row["kind"] == "mine"})
            return

    def accept_some(self, rows: list[dict[str, str]], *, has_room: bool) -> None:
        """All that is offered; else one of those that nobody is offered any more."""
        offered = [row["chat"] for row in rows if row["kind"] == "offer"]
        free = [
            row["chat"] for row in rows if row["kind"] == "waiting" and "/accept/" in row["rest"]
        ]
        wanted = offered or (self.crowd.dice.sample(free, 1) if free and has_room else [])
        for chat in wanted:
            if chat not in self.accepting:
                self.accepting.add(chat)
                self.begin(self.accept(chat))

    async def show(self, mine: set[str]) -> None:
        before = self.threads.keys()
        fresh = [Thread(pk) for pk in sorted(mine - before)]
        if before != mine:
            kept = {pk: thread for pk, thread in self.threads.items() if pk in mine}
            self.threads = kept | {thread.ticket: thread for thread in fresh}
            with contextlib.suppress(WebSocketException):  # sent again once there is a line
                await self.send_watch_set()
        for thread in fresh:
            self.begin(self.read(thread))

    async def accept(self, chat: str) -> None:
        await asyncio.sleep(self.crowd.dice.uniform(0.2, 1.0))
        tries = 0
        while True:
            try:
                await self.ask("POST", f"/chats/{chat}/accept/")
                self.crowd.counts["accepted"] += 1
                break
            except Refused as refusal:
                if not refusal.is_passing:  # somebody was faster
                    self.crowd.counts["not accepted"] += 1
                    break
                await asyncio.sleep(refusal.wait or pause(tries))
                tries += 1
        self.accepting.discard(chat)
        await self.look()

    # Threads, as thread.js reads them

    async def read(self, thread: Thread) -> None:
        """One at a time; whoever comes meanwhile has it read once more."""
        thread.must_read_again = True
        while thread.is_reading:
            await asyncio.sleep(0.02)
        if not thread.must_read_again:
            return
        thread.is_reading = True
        try:
            await self.read_until_answered(thread)
        finally:
            thread.is_reading = False
        self.answer_all(thread)

    async def read_until_answered(self, thread: Thread) -> None:
        tries, is_more = 0, True
        while is_more or thread.must_read_again:
            thread.must_read_again = False
            path = f"/api/v1/tickets/{thread.ticket}/changes/?after={thread.head}"
            try:
                changes = (await self.ask("GET", path)).json()
            except Refused as refusal:
                if not refusal.is_passing:
                    return  # theirs no longer
                await asyncio.sleep(refusal.wait or soon(tries))
                tries, is_more = tries + 1, True
                continue
            thread.take(changes)
            is_more = changes["more"]
            for message in changes["messages"]:
                self.crowd.note_seen(message["body"], by=self.name)

    def answer_all(self, thread: Thread) -> None:
        for token in thread.unanswered():
            if token not in self.answered:
                self.answered.add(token)
                self.begin(self.answer(thread, token))

    async def answer(self, thread: Thread, token: str) -> None:
        self.thinking += 1
        await asyncio.sleep(self.crowd.dice.uniform(*THINKING))
        if thread.ticket in self.threads:  # else somebody else's by now
            await self.say(thread, token)
        self.thinking -= 1

    async def say(self, thread: Thread, token: str) -> None:
        dice = self.crowd.dice
        if dice.random() < WHISPERS:
            whisper = Said(f"w{self.name}{token}", self.name, "whisper", chat=thread.ticket)
            await self.send(thread, whisper, "notes", f"A word between us, {whisper.token}")
        answer = Said(f"r{self.name}{token}", self.name, "answer", chat=thread.ticket)
        await self.send(thread, answer, "replies", f"Try another bulb, {token} {answer.token}")

    async def send(self, thread: Thread, words: Said, where: str, body: str) -> None:
        self.crowd.note_said(words)
        said = {"body": body, "client_id": words.client_id}
        while not words.acknowledged:
            words.tries += 1
            try:
                answer = await self.ask("POST", f"/api/v1/tickets/{thread.ticket}/{where}/", said)
                words.acknowledged, words.id = time.monotonic(), answer.json()["id"]
            except Refused as refusal:
                if not refusal.is_passing:
                    self.refuse(words, refusal)
                    return
                await asyncio.sleep(refusal.wait or pause(min(words.tries - 1, 3)))

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "threads": [
                {
                    "ticket": thread.ticket,
                    "head": thread.head,
                    "events": sorted(thread.events),
                    "messages": list(thread.messages),
                }
                for thread in self.threads.values()
            ],
        }
