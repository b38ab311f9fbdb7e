"""The socket of an open page: it says that something changed, to those who may know, never what."""

import asyncio
import contextlib
import json
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import OperationalError, connections, transaction

from accounts.models import User
from core import consumers as lines
from core import live
from helpdesk.asgi import application
from tickets import actions, consumers
from tickets.consumers import NOT_SIGNED_IN, read_watch

# Whatever a busy machine stands still for; nothing is as slow as that when all is well.
PATIENCE = 60
# The socket reads through a connection of its own, so what it shall see must be committed.
pytestmark = pytest.mark.django_db(transaction=True)


class Tab:
    """One open page of a browser, as far as its socket goes."""

    def __init__(self, client=None, *, origin="http://localhost", path="/ws/"):
        headers = [(b"host", b"localhost"), (b"origin", origin.encode())]
        if client:
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers}
        self.socket = ApplicationCommunicator(application, scope | {"subprotocols": []})

    async def open(self):
        await self.socket.send_input({"type": "websocket.connect"})
        return await self.socket.receive_output(timeout=PATIENCE)

    async def say(self, frame):
        text = frame if isinstance(frame, str) else json.dumps(frame)
        await self.socket.send_input({"type": "websocket.receive", "text": text})

    async def hear(self):
        return json.loads((await self.socket.receive_output(timeout=PATIENCE))["text"])

    async def hear_end(self):
        """The code with which the line is closed; what is said until then is passed over."""
        while True:
            said = await self.socket.receive_output(timeout=PATIENCE)
            if said["type"] == "websocket.close":
                return said["code"]

    async def watch(self, *names):
        """Until the signals flow: each new subscription begins with how far everything is."""
        await self.say({"watch": list(names)})
        while "watching" not in (heard := await self.hear()):
            pass  # what was still on its way
        watching = heard["watching"]
        if watching and not live.hub.connected:
            heard = await self.hear()
            assert heard.keys() == set(watching)
        return watching

    async def close(self):
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.socket.wait(timeout=5)


@pytest.fixture(autouse=True)
def quiet_hub():
    live.hub.connected = False
    live.hub.rooms.clear()


def rooms():
    """Those that were asked for; whoever is in one also hears of changes to their rights, and of
    what passes in the ticket."""
    besides = ("rights:", "chat-typing:")
    return {room for room in live.hub.rooms if not room.startswith(besides)}


def run(scene):
    """Play a scene; nothing of it outlives its loop."""

    async def play():
        try:
            await scene
        finally:
            await sync_to_async(connections.close_all)()

    asyncio.run(play())


# After signals were lost


def test_who_lost_signals_has_everybody_read_again(monkeypatch):
    class Valkey:
        is_there = False
        said: list = []

        @contextlib.contextmanager
        def pipeline(self, *, transaction):
            self.waiting = []
            yield self

        def publish(self, channel, text):
            self.waiting.append(text)

        def execute(self):
            if not self.is_there:
                raise ConnectionError
            self.said += self.waiting

    valkey = Valkey()
    monkeypatch.setattr(live, "_publisher", valkey)
    monkeypatch.setattr(live, "_quiet_until", 0.0)
    live.publish("tickets", 1)
    valkey.is_there = True
    live.publish("tickets", 2)
    monkeypatch.setattr(live, "_quiet_until", 0.0)
    live.publish("tickets", 3)
    live.publish("tickets", 4)

    assert valkey.said == ["* -1", "tickets 3", "tickets 4"]


# Who may come in


def test_who_is_not_signed_in_is_turned_away():
    async def scene():
        assert await Tab().open() == {"type": "websocket.close", "code": NOT_SIGNED_IN}

    run(scene())


def test_who_left_is_turned_away(alice, sign_in):
    client = sign_in(alice)
    User.objects.update(is_active=False)

    async def scene():
        assert (await Tab(client).open())["type"] == "websocket.close"

    run(scene())


@pytest.mark.parametrize("origin", ["http://evil.test", "null", ""])
def test_pages_of_other_sites_are_turned_away(alice, sign_in, origin):
    client = sign_in(alice)

    async def scene():
        assert (await Tab(client, origin=origin).open())["type"] == "websocket.close"

    run(scene())


def test_who_is_signed_in_comes_in(alice, sign_in):
    client = sign_in(alice)

    async def scene():
        tab = Tab(client)
        assert (await tab.open())["type"] == "websocket.accept"
        await tab.close()

    run(scene())


# What a page may say

BAD_FRAMES = [
    "",
    "x",
    "[]",
    "null",
    '"watch"',
    "{}",
    '{"watch": "list"}',
    '{"watch": null}',
    '{"watch": {"list": 1}}',
    '{"watch": ["list"], "more": 1}',
    '{"speak": ["list"]}',
    '{"watch": ["lists"]}',
    '{"watch": ["list:"]}',
    '{"watch": ["tickets"]}',
    '{"watch": ["team:1"]}',
    '{"watch": ["ticket"]}',
    '{"watch": ["ticket:1"]}',
    '{"watch": [1]}',
    '{"watch": [["list"]]}',
    json.dumps({"watch": [f"ticket:{str(uuid4()).upper()}"]}),
    json.dumps({"watch": [f"ticket:{{{uuid4()}}}"]}),
    json.dumps({"watch": [f"user:{uuid4()}"]}),
    json.dumps({"watch": [f"ticket:{uuid4()}" for _ in range(21)]}),
    json.dumps({"watch": []}) + " " * 5000,
    "[" * 4000,
]


@pytest.mark.parametrize("frame", BAD_FRAMES, ids=range(len(BAD_FRAMES)))
@pytest.mark.django_db(transaction=False)
def test_a_frame_that_is_not_ours_is_none(frame):
    assert read_watch(frame) is None


@pytest.mark.django_db(transaction=False)
def test_bytes_are_none_of_our_frames():
    assert read_watch(None) is None


@pytest.mark.django_db(transaction=False)
def test_our_frames_are_read():
    names = ["list", f"ticket:{uuid4()}"]
    assert read_watch(json.dumps({"watch": names})) == names
    assert read_watch('{"watch": []}') == []


def test_a_bad_frame_is_answered_with_a_fixed_word_and_changes_nothing(ticket, alice, sign_in):
    client = sign_in(alice)
    secret = "<script>kaleidoscope</script>"

    async def scene():
        tab = Tab(client)
        await tab.open()
        await tab.watch("list")
        before = dict(live.hub.rooms)
        for frame in ("x", json.dumps({"watch": [secret]}), json.dumps({secret: []})):
            await tab.say(frame)
            assert await tab.hear() == {"error": "bad_frame"}
        await tab.socket.send_input({"type": "websocket.receive", "bytes": b"\0"})
        assert await tab.hear() == {"error": "bad_frame"}
        assert live.hub.rooms == before
        assert await tab.watch("list") == ["list"]
        await tab.close()

    run(scene())


# What a page is told


def test_a_committed_change_reaches_list_and_ticket_through_valkey(ticket, alice, bob, sign_in):
    client, name = sign_in(alice), f"ticket:{ticket.pk}"

    async def scene():
        tab = Tab(client)
        await tab.open()
        assert await tab.watch("list", name) == ["list", name]
        note = await sync_to_async(actions.add_note)(ticket, actor=bob, body="Batch 7 again.")
        heard = {}
        while heard.keys() != {"list", name}:
            heard |= await tab.hear()
        assert heard[name] == note.seq
        assert heard["list"] > 0
        await tab.close()

    run(scene())


def test_what_is_rolled_back_is_never_told(ticket, alice, bob, sign_in):
    client, name = sign_in(alice), f"ticket:{ticket.pk}"

    def change_mind():
        try:
            with transaction.atomic():
                actions.add_note(ticket, actor=bob, body="One")
                actions.add_note(ticket, actor=bob, body="Two")
                raise RuntimeError
        except RuntimeError:
            return actions.add_note(ticket, actor=bob, body="Three")

    async def scene():
        tab = Tab(client)
        await tab.open()
        await tab.watch(name)
        note = await sync_to_async(change_mind)()
        assert await tab.hear() == {name: note.seq}
        await tab.close()

    run(scene())


def test_a_ticket_one_may_not_see_cannot_be_watched(ticket, billing_ticket, alice, wei, sign_in):
    client = sign_in(alice)
    own, foreign = f"ticket:{ticket.pk}", f"ticket:{billing_ticket.pk}"

    async def scene():
        tab = Tab(client)
        await tab.open()
        assert await tab.watch(foreign, f"ticket:{uuid4()}", own) == [own]
        assert rooms() == {own}
        await sync_to_async(actions.add_note)(billing_ticket, actor=wei, body="Ours")
        note = await sync_to_async(actions.add_note)(ticket, actor=alice, body="Yours")
        assert await tab.hear() == {own: note.seq}
        await tab.close()

    run(scene())


def test_the_list_listens_to_ones_own_teams_alone(
    ticket, billing_ticket, support, alice, wei, supervisor, mallory, sign_in
):
    clients = {user: sign_in(user) for user in (alice, supervisor, mallory)}
    told = {
        alice: {f"team:{support.pk}", f"user:{alice.pk}"},
        supervisor: {"tickets"},
        mallory: {f"user:{mallory.pk}"},
    }

    async def scene():
        for user, client in clients.items():
            tab = Tab(client)
            await tab.open()
            await tab.watch("list")
            assert rooms() == told[user], user
            await tab.close()
            assert not live.hub.rooms

    run(scene())


def test_rights_are_those_of_the_moment_of_watching(ticket, alice, support, sign_in):
    client = sign_in(alice)

    async def scene():
        tab = Tab(client)
        await tab.open()
        assert await tab.watch(f"ticket:{ticket.pk}")
        await sync_to_async(alice.teams.remove)(support)
        assert await tab.watch(f"ticket:{ticket.pk}") == []
        assert not live.hub.rooms
        await tab.close()

    run(scene())


def test_signals_that_come_faster_than_they_are_read_become_one(ticket, alice, sign_in):
    client, name = sign_in(alice), f"ticket:{ticket.pk}"

    async def scene():
        tab = Tab(client)
        await tab.open()
        await tab.watch(name, "list")
        for number in (5, 9, 7):
            live.hub.tell(name, number)
        live.hub.tell(f"user:{alice.pk}", 3)
        assert await tab.hear() == {name: 9, "list": 3}
        live.hub.tell(name, 10)
        assert await tab.hear() == {name: 10}
        await tab.close()

    run(scene())


def test_after_lost_signals_a_page_hears_how_far_its_ticket_is(ticket, alice, sign_in, monkeypatch):
    """After a lost connection to Valkey nobody knows what was missed."""
    monkeypatch.setattr(live, "RESYNC_SECONDS", 0)
    client, name = sign_in(alice), f"ticket:{ticket.pk}"

    async def scene():
        tab = Tab(client)
        await tab.open()
        await tab.watch(name, "list")
        live.hub.resync()
        live.hub.tell("tickets", 9)
        assert await tab.hear() == {name: ticket.seq, "list": -1}
        live.hub.resync()
        live.hub.tell(name, 10)
        assert await tab.hear() == {name: 10, "list": -1}
        await tab.close()

    run(scene())


def test_watching_something_else_ends_what_was_watched(ticket, alice, sign_in):
    client, name = sign_in(alice), f"ticket:{ticket.pk}"

    async def scene():
        tab = Tab(client)
        await tab.open()
        await tab.watch("list", name)
        await tab.watch(name)
        live.hub.tell(f"user:{alice.pk}", 3)
        live.hub.tell(name, 4)
        assert await tab.hear() == {name: 4}
        await tab.watch()
        assert not live.hub.rooms
        await tab.close()

    run(scene())


def test_a_closed_page_leaves_every_room(ticket, alice, sign_in):
    client = sign_in(alice)

    async def scene():
        tab = Tab(client)
        await tab.open()
        await tab.watch("list", f"ticket:{ticket.pk}")
        assert live.hub.rooms
        await tab.close()
        assert not live.hub.rooms

    run(scene())


# The beat


def test_the_beat_keeps_the_line_open(alice, sign_in, monkeypatch):
    monkeypatch.setattr(consumers, "BEAT_SECONDS", 0.01)
    client = sign_in(alice)

    async def scene():
        tab = Tab(client)
        await tab.open()
        assert await tab.hear() == {"beat": 1}
        assert await tab.hear() == {"beat": 1}
        await tab.close()

    run(scene())


def test_the_beat_tells_what_a_lost_signal_should_have_told(ticket, alice, sign_in, monkeypatch):
    monkeypatch.setattr(consumers, "BEAT_SECONDS", 0.05)
    client, name = sign_in(alice), f"ticket:{ticket.pk}"

    async def scene():
        tab = Tab(client)
        await tab.open()
        await tab.watch(name)
        monkeypatch.setattr(live, "publish", lambda room, number: None)
        await sync_to_async(actions.add_note)(ticket, actor=alice, body="Psst")
        seq = (await ticket_as_it_is(ticket)).seq
        while (heard := await tab.hear()).get(name) != seq:
            assert set(heard) <= {"beat", name}
        await tab.close()

    run(scene())


@pytest.mark.parametrize(("part", "question"), [("beat", "read_heads"), ("presence", "find_rooms")])
def test_a_page_that_would_hear_half_is_asked_to_come_back(
    ticket, alice, sign_in, monkeypatch, part, question
):
    monkeypatch.setattr(consumers, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(lines, "COME_BACK_SECONDS", 0.01)
    client = sign_in(alice)

    def fail(*args):
        raise OperationalError("The database is starting up.")

    monkeypatch.setattr(consumers, question, fail)

    async def scene():
        tab = Tab(client)
        await tab.open()
        await tab.say({"here": {"ticket": str(ticket.pk), "state": "viewing"}})
        assert await tab.hear_end() == lines.COME_BACK

    run(scene())


def ticket_as_it_is(ticket):
    return sync_to_async(type(ticket).objects.get)(pk=ticket.pk)


def test_a_mended_subscription_has_everybody_read_again(alice, sign_in, monkeypatch):
    """The client library reconnects by itself; what was said meanwhile is lost all the same."""
    client = sign_in(alice)

    monkeypatch.setattr(live, "RESYNC_SECONDS", 0.2)

    async def scene():
        tab = Tab(client)
        await tab.open()
        await tab.watch("list")
        live.hub.take({"type": "subscribe", "data": 1})
        assert await tab.hear() == {"list": -1}
        for _ in range(3):  # as many processes have lost something
            live.hub.take({"type": "message", "data": f"{live.EVERYONE} {live.RESYNC}".encode()})
        assert await tab.hear() == {"list": -1}
        live.hub.tell(f"user:{alice.pk}", 3)
        assert await tab.hear() == {"list": 3}
        await tab.close()

    run(scene())


@pytest.mark.parametrize("end", ["leaves", "signs out"])
def test_who_left_or_signed_out_is_cut_off(alice, sign_in, monkeypatch, end):
    monkeypatch.setattr(consumers, "BEAT_SECONDS", 0.01)
    client = sign_in(alice)

    def finish():
        if end == "leaves":
            User.objects.update(is_active=False)
        else:
            client.logout()

    async def scene():
        tab = Tab(client)
        await tab.open()
        await sync_to_async(finish)()
        assert await tab.hear_end() == NOT_SIGNED_IN

    run(scene())
