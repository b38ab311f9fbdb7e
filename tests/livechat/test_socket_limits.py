"""How many sockets there may be, and what an open one loses when it is no longer the visitor's."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from core import live
from customers.models import Customer
from livechat import actions, consumers, seats
from livechat.models import Chat, ChatWidget
from livechat.queries.passing import VisitorPassing
from livechat.queries.rooms import chat_room
from tests.livechat.test_visitor_socket import Line, answer_of, poll, quiet_hub  # noqa: F401
from tests.tickets.test_socket import run
from tickets import actions as tickets
from tickets.models import Ticket

# As in test_visitor_socket.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nobody_sits():
    seats.seats.taken.clear()


# How many


def test_a_visitor_has_so_many_sockets_and_no_more(shopper, begun, monkeypatch):
    monkeypatch.setattr(consumers, "MOST_OF_VISITOR", 2)

    async def scene():
        first, second, third, fourth = (Line(shopper) for _ in range(4))
        await first.enter(str(begun.pk))
        await second.enter(str(begun.pk))
        assert await third.enter(str(begun.pk)) == consumers.TOO_FAST
        await first.close()
        assert isinstance(await fourth.enter(str(begun.pk)), dict)  # there is a seat again
        await second.close()
        await fourth.close()
        assert not seats.seats.taken

    run(scene())


def test_sockets_that_show_no_ticket_are_few(widget, shopper, begun, monkeypatch):
    monkeypatch.setattr(consumers, "MOST_STRANGERS", 2)

    async def scene():
        lines = [Line(shopper) for _ in range(3)]
        opened = [(await line.open())["type"] for line in lines]
        assert opened == ["websocket.accept", "websocket.accept", "websocket.close"]
        await lines[0].close()
        known = Line(shopper)
        await known.enter(str(begun.pk))  # and does not count as a stranger from then on
        assert (await Line(shopper).open())["type"] == "websocket.accept"
        await known.close()

    run(scene())


def test_there_is_an_end_to_all_sockets(shopper, monkeypatch):
    monkeypatch.setattr(seats, "MOST", 1)

    async def scene():
        first = Line(shopper)
        assert (await first.open())["type"] == "websocket.accept"
        assert (await Line(shopper).open())["type"] == "websocket.close"
        await first.close()

    run(scene())


# No longer theirs


def test_a_chat_that_is_theirs_no_longer_is_heard_no_more(shopper, begun, monkeypatch):
    monkeypatch.setattr(consumers, "BEAT_SECONDS", 0.2)
    somebody = Customer.objects.exclude(pk=begun.ticket.customer_id).first()
    somebody = somebody or Customer.objects.create(name="Somebody", tier=begun.ticket.customer.tier)

    def take_away():
        Chat.objects.filter(pk=begun.pk).update(state="ended")
        Ticket.objects.filter(pk=begun.ticket_id).update(customer=somebody)

    async def scene():
        line = Line(shopper)
        await line.listen(str(begun.pk))
        await sync_to_async(take_away)()
        assert await line.hear_until(lambda f: "error" in f) == {"error": "no_chat"}
        assert chat_room(begun.ticket_id) not in live.hub.rooms
        await line.hear_until(lambda f: "beat" in f)
        beat = await line.hear_until(lambda f: "beat" in f or "error" in f)
        assert beat == {"beat": 1, "seq": 0}
        await line.close()

    run(scene())


@pytest.mark.parametrize("way", ["origins", "inbox"])
def test_a_website_that_may_not_show_it_any_more_is_cut_off(shopper, begun, monkeypatch, way):
    monkeypatch.setattr(consumers, "BEAT_SECONDS", 0.2)

    def withdraw():
        if way == "origins":
            ChatWidget.objects.update(origins=["https://other.example"])
        else:
            type(begun.widget.inbox).objects.filter(chat_widget=begun.widget_id).update(
                is_active=False
            )

    async def scene():
        line = Line(shopper)
        await line.listen(str(begun.pk))
        await sync_to_async(withdraw)()
        assert await line.hear_until(lambda f: False) == consumers.SHUT_OUT

    run(scene())


def test_what_is_typed_is_shown_only_as_long_as_that_is_allowed(shopper, begun):
    ChatWidget.objects.update(previews=True)

    async def scene():
        line = Line(shopper)
        await line.listen(str(begun.pk))
        await sync_to_async(ChatWidget.objects.update)(previews=False)
        await line.say({"watch": str(begun.pk)})
        await line.hear_until(lambda f: "beat" in f)
        await line.say({"preview": "Where is m"})
        await line.say({"watch": str(begun.pk)})
        await line.hear_until(lambda f: "beat" in f)
        shown = await sync_to_async(VisitorPassing().read)(begun.ticket_id)
        assert (shown["typing"], shown["preview"]) == (True, "")
        await line.close()

    run(scene())


# Merged into a ticket of a mailbox


@pytest.fixture
def merged(begun, alice, ticket):
    actions.accept(begun, actor=alice)
    tickets.merge(begun.ticket, target=ticket, actor=alice)
    return Chat.objects.select_related("ticket").get(pk=begun.pk)


@pytest.mark.slow
def test_in_a_merged_chat_too_notes_are_told_of_to_nobody(shopper, merged, alice, ticket):
    async def scene():
        line = Line(shopper)
        await line.listen(str(merged.pk))
        await sync_to_async(tickets.add_note)(ticket, actor=alice, body="Careful")
        said = (await sync_to_async(shopper.say)(str(merged.pk), "Hello?")).json()
        heard = await line.hear_until(lambda f: f.get("seq", 0) > 0 and "beat" not in f)
        assert heard == {"chat": str(merged.pk), "seq": said["seq"]}
        await line.close()

    run(scene())


def test_a_merged_chat_says_that_it_has_ended(shopper, merged, alice):
    async def scene():
        line = Line(shopper)
        await line.listen(str(merged.pk))
        await sync_to_async(actions.end_chat)(merged, actor=alice)
        heard = await line.hear_until(lambda f: "chat" in f)
        assert heard == {"chat": str(merged.pk), "seq": -1}
        await line.close()

    run(scene())


@pytest.mark.slow
def test_a_poll_of_a_merged_chat_waits_through_notes(shopper, merged, alice, ticket):
    after = shopper.changes(str(merged.pk))["next"]

    async def scene():
        request = poll(shopper, merged.pk, after=after, wait=20)
        await request.send_input({"type": "http.request", "body": b""})
        assert await request.receive_nothing(timeout=0.5)
        await sync_to_async(tickets.add_note)(ticket, actor=alice, body="Careful")
        assert await request.receive_nothing(timeout=0.7)
        await sync_to_async(actions.end_chat)(merged, actor=alice)
        status, content = await answer_of(request)
        assert (status, content["chat"]["state"]) == (200, "ended")

    run(scene())


def test_a_fault_of_ours_gives_the_seat_back(shopper, monkeypatch):
    def break_down(*given, **named):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(consumers, "use_socket_ticket", break_down)

    async def scene():
        line = Line(shopper)
        await line.open()
        await line.say({"auth": "x", "chat": None})
        with pytest.raises(RuntimeError):
            await line.socket.wait(timeout=5)
        await asyncio.sleep(0)
        assert not seats.seats.taken

    run(scene())
