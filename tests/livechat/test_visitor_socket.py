"""The visitor's socket: it opens by a ticket that is good once, and says only that something
changed, to whom it concerns."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import OperationalError

from core import clock, here, live
from core import consumers as lines
from helpdesk.asgi import application
from helpdesk.sockets import visitor_urlpatterns
from livechat import actions, consumers
from livechat.models import Chat, ChatWidget, SocketTicket, Visitor
from livechat.queries.passing import VisitorPassing
from livechat.queries.rooms import chat_room
from livechat.queries.tokens import digest_of
from tests.livechat.conftest import SHOP, Browser
from tests.tickets.test_socket import PATIENCE, run
from tickets import actions as tickets

# The socket reads through a connection of its own, so what it shall see must be committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet_hub():
    live.hub.connected = False
    live.hub.rooms.clear()


class Line:
    """A visitor's socket."""

    def __init__(self, browser, *, origin=SHOP, key=None):
        self.browser = browser
        headers = [(b"host", b"desk.example"), (b"origin", origin.encode())]
        path = f"/chat/{key or browser.widget.key}/socket"
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers}
        self.socket = ApplicationCommunicator(application, scope | {"subprotocols": []})

    async def open(self):
        await self.socket.send_input({"type": "websocket.connect"})
        return await self.socket.receive_output(timeout=PATIENCE)

    async def say(self, frame):
        text = frame if isinstance(frame, str) else json.dumps(frame)
        await self.socket.send_input({"type": "websocket.receive", "text": text})

    async def hear(self):
        """The next frame, or the code with which it was closed."""
        heard = await self.socket.receive_output(timeout=8)
        return heard["code"] if heard["type"] == "websocket.close" else json.loads(heard["text"])

    async def hear_until(self, is_it):
        while True:
            heard = await self.hear()
            if isinstance(heard, int) or is_it(heard):
                return heard

    async def enter(self, chat=None):
        """Open, and show who they are."""
        assert (await self.open())["type"] == "websocket.accept"
        ticket = await sync_to_async(self.browser.post)("socket/")
        await self.say({"auth": ticket.json()["ticket"], "chat": chat})
        return await self.hear_until(lambda frame: "beat" in frame)

    async def listen(self, chat):
        """Until the signals flow: each new subscription begins with a "read again"."""
        beat = await self.enter(chat)
        if not live.hub.connected:
            await self.hear_until(lambda frame: frame.get("seq") == -1)
        return beat

    async def close(self):
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.socket.wait(timeout=5)


# Who may come in


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://shop.example"])
def test_pages_of_other_websites_are_turned_away(shopper, origin):
    async def scene():
        assert await Line(shopper, origin=origin).open() == {
            "type": "websocket.close",
            "code": consumers.SHUT_OUT,
        }

    run(scene())


def test_a_ticket_opens_one_socket_once(shopper, begun):
    ticket = shopper.post("socket/").json()["ticket"]

    async def scene():
        first, second = Line(shopper), Line(shopper)
        await first.open()
        await first.say({"auth": ticket, "chat": str(begun.pk)})
        assert "beat" in await first.hear_until(lambda f: "beat" in f)
        await second.open()
        await second.say({"auth": ticket, "chat": str(begun.pk)})
        assert await second.hear() == consumers.NOT_KNOWN
        await first.close()

    run(scene())
    assert not SocketTicket.objects.filter(digest=digest_of(ticket)).exists()


def test_each_socket_brings_the_ticket_of_the_next(shopper, begun):
    async def scene():
        first, second, third = Line(shopper), Line(shopper), Line(shopper)
        greeting = await first.enter(str(begun.pk))
        await first.close()
        await second.open()
        await second.say({"auth": greeting["ticket"], "chat": str(begun.pk)})
        again = await second.hear_until(lambda f: "beat" in f)
        assert again["ticket"] not in ("", greeting["ticket"])
        visitor = await Visitor.objects.aget(pk=shopper.visitor)
        await sync_to_async(actions.revoke_visitor)(visitor, actor=None)
        await third.open()
        await third.say({"auth": again["ticket"], "chat": str(begun.pk)})
        assert await third.hear() == consumers.NOT_KNOWN
        await second.close()

    run(scene())


def test_an_old_ticket_opens_nothing(shopper):
    with clock.at(clock.now() - timedelta(seconds=31)):
        ticket = actions.make_socket_ticket(Visitor.objects.get(pk=shopper.visitor))

    async def scene():
        line = Line(shopper)
        await line.open()
        await line.say({"auth": ticket, "chat": None})
        assert await line.hear() == consumers.NOT_KNOWN

    run(scene())


def test_a_ticket_of_another_widget_opens_nothing(shopper, inbox, support):
    other = actions.add_widget(inbox.brand, name="Other", team=support, origins=[SHOP])
    ticket = shopper.post("socket/").json()["ticket"]

    async def scene():
        line = Line(shopper, key=other.key)
        await line.open()
        await line.say({"auth": ticket, "chat": None})
        assert await line.hear() == consumers.NOT_KNOWN

    run(scene())


@pytest.mark.parametrize(
    "frame",
    [{"typing": True}, {"auth": ""}, {"auth": 1}, {"auth": "x", "more": 1}, "x", "[" * 4000, {}],
    ids=range(7),
)
def test_whoever_does_not_say_who_they_are_is_sent_away(shopper, frame):
    async def scene():
        line = Line(shopper)
        await line.open()
        await line.say(frame)
        assert await line.hear() == consumers.NOT_KNOWN

    run(scene())


def test_whoever_says_nothing_is_sent_away(shopper, monkeypatch):
    monkeypatch.setattr(consumers, "AUTH_SECONDS", 0.1)

    async def scene():
        line = Line(shopper)
        await line.open()
        assert await line.hear() == consumers.NOT_KNOWN

    run(scene())


def test_nobody_says_twice_who_they_are(shopper, begun):
    """A wrong one after a right one must not leave the socket open."""

    async def scene():
        line = Line(shopper)
        await line.enter(str(begun.pk))
        await line.say({"auth": "another", "chat": None})
        assert await line.hear_until(lambda f: False) == consumers.BAD_ORDER

    run(scene())


# What they may say

BAD_FRAMES = [
    "x",
    "[]",
    "null",
    "{}",
    '{"typing": false}',
    '{"typing": 1}',
    '{"typing": true, "more": 1}',
    '{"preview": 1}',
    json.dumps({"preview": "x" * 501}),
    '{"watch": "chat:*"}',
    '{"watch": "%"}',
    '{"watch": null}',
    '{"event": "base"}',
    '{"type": "chat.message"}',
    '{"type": "websocket.disconnect"}',
    '{"type": "__class__"}',
    json.dumps({"preview": "x"}) + " " * 5000,
    "[" * 4000,
]


def test_bad_frames_are_answered_with_a_fixed_word(shopper, begun):
    async def scene():
        line = Line(shopper)
        await line.listen(str(begun.pk))
        rooms = dict(live.hub.rooms)
        for frame in BAD_FRAMES:
            await line.say(frame)
            heard = await line.hear_until(lambda f: "error" in f)
            assert heard == {"error": "bad_frame"}, frame
        await line.socket.send_input({"type": "websocket.receive", "bytes": b"\0"})
        assert await line.hear_until(lambda f: "error" in f) == {"error": "bad_frame"}
        assert live.hub.rooms.keys() == rooms.keys()
        await line.close()

    run(scene())


def test_whoever_floods_is_cut_off(shopper, begun):
    async def scene():
        line = Line(shopper)
        await line.enter(str(begun.pk))
        for _ in range(consumers.BURST):
            await line.say({"typing": True})
        assert await line.hear_until(lambda f: "error" in f) == {"error": "too_fast"}
        assert await line.hear_until(lambda f: False) == consumers.TOO_FAST

    run(scene())


@pytest.mark.parametrize("name", ["random", "theirs"])
def test_another_visitors_chat_cannot_be_watched(shopper, another, begun, name):
    theirs = another.begin("Secret")["id"]
    wanted = theirs if name == "theirs" else str(uuid4())

    async def scene():
        line = Line(shopper)
        await line.listen(str(begun.pk))
        await line.say({"watch": wanted})
        assert await line.hear_until(lambda f: "error" in f) == {"error": "no_chat"}
        ticket = Chat.objects.filter(pk=wanted).values_list("ticket", flat=True)
        for pk in await sync_to_async(list)(ticket):
            assert chat_room(pk) not in live.hub.rooms
        await line.close()

    run(scene())


# What they are told


def test_they_are_told_that_something_was_said_not_what(shopper, begun, alice):
    async def scene():
        line = Line(shopper)
        beat = await line.listen(str(begun.pk))
        answer = sync_to_async(tickets.reply)
        said = await answer(begun.ticket, actor=alice, body="kaleidoscope")
        heard = await line.hear_until(lambda f: f.get("seq", 0) > beat["seq"])
        assert heard == {"chat": str(begun.pk), "seq": said.seq}
        await line.close()

    run(scene())


def test_of_a_note_they_are_told_nothing(shopper, begun, alice):
    async def scene():
        line = Line(shopper)
        await line.listen(str(begun.pk))
        await sync_to_async(tickets.add_note)(begun.ticket, actor=alice, body="Careful")
        said = await sync_to_async(tickets.reply)(begun.ticket, actor=alice, body="Hello")
        heard = await line.hear_until(lambda f: f.get("seq", 0) > 0 and "beat" not in f)
        assert heard["seq"] == said.seq
        await line.close()

    run(scene())


def test_another_visitor_hears_nothing_of_it(shopper, another, begun, alice):
    other = another.begin("Mine")["id"]

    async def scene():
        line = Line(another)
        await line.listen(other)
        await sync_to_async(tickets.reply)(begun.ticket, actor=alice, body="Hello")
        mine = await sync_to_async(Chat.objects.select_related("ticket").get)(pk=other)
        said = await sync_to_async(tickets.reply)(mine.ticket, actor=alice, body="Hello")
        heard = await line.hear_until(lambda f: f.get("seq", 0) > 0 and "beat" not in f)
        assert heard == {"chat": other, "seq": said.seq}
        await line.close()

    run(scene())


@pytest.mark.slow
def test_each_beat_says_how_far_the_chat_is(shopper, begun, alice, monkeypatch):
    monkeypatch.setattr(consumers, "BEAT_SECONDS", 0.2)

    async def scene():
        line = Line(shopper)
        before = await line.listen(str(begun.pk))
        live.hub.rooms.pop(chat_room(begun.ticket_id))  # the signal is lost
        said = await sync_to_async(tickets.reply)(begun.ticket, actor=alice, body="Hello")
        beat = await line.hear_until(lambda f: "beat" in f and f["seq"] > before["seq"])
        assert beat["seq"] >= said.seq
        await line.close()

    run(scene())


def test_who_would_hear_half_is_asked_to_come_back(shopper, begun, monkeypatch):
    def fail(*given):
        raise OperationalError("The database is starting up.")

    monkeypatch.setattr(lines, "COME_BACK_SECONDS", 0.01)
    monkeypatch.setattr(consumers, "who_is_typing", fail)

    async def scene():
        line = Line(shopper)
        await line.enter(str(begun.pk))
        assert await line.hear_until(lambda frame: False) == lines.COME_BACK

    run(scene())


def test_after_an_outage_only_who_missed_something_is_told_to_read(shopper, begun, alice, on_duty):
    on_duty(alice)
    tickets.reply(begun.ticket, actor=alice, body="Hello")  # from now on nobody waits

    async def scene():
        line = Line(shopper)
        before = await line.enter(str(begun.pk))
        async with asyncio.timeout(8):
            while not live.hub.connected:
                await asyncio.sleep(0.01)
        room = live.hub.rooms.pop(chat_room(begun.ticket_id))
        lost = await sync_to_async(tickets.reply)(begun.ticket, actor=alice, body="One")
        live.hub.rooms[chat_room(begun.ticket_id)] = room
        live.hub.resync()
        live.hub.resync_now()
        heard = await line.hear_until(lambda f: f.get("seq", 0) > before["seq"])
        assert (heard["beat"], heard["seq"] >= lost.seq) == (1, True)
        live.hub.resync_now()  # nothing was lost
        said = await sync_to_async(tickets.reply)(begun.ticket, actor=alice, body="Two")
        assert (await line.hear_until(lambda f: "seq" in f))["seq"] == said.seq
        await line.close()

    run(scene())


def test_they_see_that_somebody_answers(shopper, begun, alice):
    async def scene():
        line = Line(shopper)
        await line.listen(str(begun.pk))
        note = sync_to_async(here.note)
        await note(str(begun.ticket_id), user=str(alice.pk), tab="t", state="typing")
        assert await line.hear_until(lambda f: "typing" in f) == {"typing": {"name": "Alice"}}
        await note(str(begun.ticket_id), user=str(alice.pk), tab="t", state="viewing")
        assert await line.hear_until(lambda f: "typing" in f) == {"typing": None}
        await line.close()

    run(scene())


@pytest.mark.parametrize("allowed", [True, False])
def test_agents_see_what_is_typed_where_that_is_allowed(shopper, begun, allowed):
    ChatWidget.objects.update(previews=allowed)

    async def scene():
        line = Line(shopper)
        await line.listen(str(begun.pk))
        await line.say({"preview": "Where is m"})
        await line.say({"watch": str(begun.pk)})
        await line.hear_until(lambda f: "beat" in f)
        read = sync_to_async(VisitorPassing().read)
        shown = await read(begun.ticket_id)
        assert shown["typing"]
        assert shown["preview"] == ("Where is m" if allowed else "")
        raw = live.valkey().get(f"chat-typing:{begun.ticket_id}")
        assert b"Where" not in raw
        await line.close()

    run(scene())


# Cut off


@pytest.mark.parametrize("way", ["banned", "revoked"])
def test_whoever_is_shut_out_is_cut_within_two_seconds(shopper, begun, alice, way):
    visitor = Visitor.objects.get(pk=shopper.visitor)

    async def scene():
        line = Line(shopper)
        await line.listen(str(begun.pk))
        if way == "banned":
            ban = sync_to_async(actions.ban_visitor)
            await ban(visitor, actor=alice, days=1, reason="")
        else:
            await sync_to_async(actions.revoke_visitor)(visitor, actor=alice)
        async with asyncio.timeout(2):
            code = await line.hear_until(lambda f: False)
        assert code == (consumers.SHUT_OUT if way == "banned" else consumers.NOT_KNOWN)
        assert chat_room(begun.ticket_id) not in live.hub.rooms

    run(scene())


def test_every_frame_has_a_test_here():
    assert [pattern.name for pattern in visitor_urlpatterns] == ["visitor-socket"]
    assert set(consumers.FRAMES) == {"auth", "typing", "preview", "watch"}


# Where sockets are blocked


def poll(browser, chat, *, after, wait, token=None):
    query = f"after={after}&wait={wait}".encode()
    headers = [
        (b"host", b"localhost"),
        (b"origin", SHOP.encode()),
        (b"authorization", f"Bearer {token or browser.token}".encode()),
    ]
    path = f"/chat/{browser.widget.key}/chats/{chat}/changes/"
    scope = {
        "type": "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
        "method": "GET",
        "scheme": "http",
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": headers,
    }
    return ApplicationCommunicator(application, scope)


async def answer_of(request, timeout=10):
    start = await request.receive_output(timeout=timeout)
    body = b""
    while True:
        part = await request.receive_output(timeout=timeout)
        body += part.get("body", b"")
        if not part.get("more_body"):
            return start["status"], json.loads(body)


@pytest.mark.parametrize("valkey", [True, False])
@pytest.mark.slow
def test_a_poll_is_answered_when_something_is_said(shopper, begun, alice, monkeypatch, valkey):
    after = shopper.changes(str(begun.pk))["next"]
    if not valkey:
        monkeypatch.setattr(live.hub, "run", lambda: asyncio.sleep(60))
        monkeypatch.setattr("livechat.waiting.LOOK_EVERY", 0.1)

    async def scene():
        request = poll(shopper, begun.pk, after=after, wait=20)
        await request.send_input({"type": "http.request", "body": b""})
        assert await request.receive_nothing(timeout=0.5)
        await sync_to_async(tickets.reply)(begun.ticket, actor=alice, body="Soon")
        status, content = await answer_of(request)
        assert status == 200
        assert [row["text"] for row in content["messages"]] == ["Soon"]

    run(scene())


def test_a_poll_with_news_is_answered_at_once(shopper, begun):
    async def scene():
        request = poll(shopper, begun.pk, after=0, wait=20)
        await request.send_input({"type": "http.request", "body": b""})
        status, content = await answer_of(request, timeout=3)
        assert (status, len(content["messages"])) == (200, 1)

    run(scene())


@pytest.mark.slow
def test_a_poll_without_news_ends_in_time(shopper, begun):
    after = shopper.changes(str(begun.pk))["next"]

    async def scene():
        request = poll(shopper, begun.pk, after=after, wait=1)
        await request.send_input({"type": "http.request", "body": b""})
        status, content = await answer_of(request, timeout=5)
        assert (status, content["messages"], content["next"]) == (200, [], after)

    run(scene())


def test_who_is_not_known_does_not_wait(shopper, another, begun):
    async def scene():
        for token, expected in (("x", 401), (another.token, 404)):
            request = poll(shopper, begun.pk, after=0, wait=20, token=token)
            await request.send_input({"type": "http.request", "body": b""})
            status, _content = await answer_of(request, timeout=3)
            assert status == expected

    run(scene())


@pytest.mark.slow
def test_who_hangs_up_holds_nothing(shopper, begun):
    after = shopper.changes(str(begun.pk))["next"]

    async def scene():
        request = poll(shopper, begun.pk, after=after, wait=20)
        await request.send_input({"type": "http.request", "body": b""})
        assert await request.receive_nothing(timeout=0.5)
        await request.send_input({"type": "http.disconnect"})
        await request.wait(timeout=3)
        assert chat_room(begun.ticket_id) not in live.hub.rooms

    run(scene())


def test_a_browser_of_an_unknown_widget_is_turned_away(widget):
    async def scene():
        line = Line(Browser(widget), key="no-such-widget")
        assert (await line.open())["type"] == "websocket.close"

    run(scene())
