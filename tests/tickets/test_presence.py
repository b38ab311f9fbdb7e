"""Who else has a ticket open: told to those who may see it, and forgotten in seconds."""

import asyncio
import threading
import time
from types import SimpleNamespace
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from accounts.models import User
from core import here, live
from tests.tickets.test_socket import PATIENCE, Tab, quiet_hub, run
from tickets import consumers, presence
from tickets.presence import read_here

pytestmark = pytest.mark.django_db(transaction=True)
assert quiet_hub  # an autouse fixture


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(presence, "TICK_SECONDS", 0.2)
    monkeypatch.setattr(presence, "PAUSE_SECONDS", 0.01)


@pytest.fixture(autouse=True)
def nobody_here(ticket):
    """The ticket is the same one in each test, and other tests leave their pages open."""
    live.valkey().delete(f"here:{ticket.pk}")


async def at(client, ticket, state="viewing"):
    tab = Tab(client)
    await tab.open()
    await tab.say({"here": {"ticket": str(ticket.pk), "state": state}})
    return tab


async def hear_here(tab, seconds=PATIENCE):
    """The next news of people; others are passed over."""
    async with asyncio.timeout(seconds):
        while True:
            frame = await tab.hear()
            if "here" in frame:
                return frame["here"]


def test_two_on_one_ticket_see_each_other(ticket, alice, bob, sign_in):
    first, second = sign_in(alice), sign_in(bob)

    async def scene():
        hers = await at(first, ticket)
        his = await at(second, ticket, "typing")
        assert await hear_here(hers) == {
            "ticket": str(ticket.pk),
            "people": {str(bob.pk): "typing"},
        }
        assert (await hear_here(his))["people"] == {str(alice.pk): "viewing"}
        await his.say({"here": {"ticket": str(ticket.pk), "state": "viewing"}})
        assert (await hear_here(hers))["people"] == {str(bob.pk): "viewing"}
        await his.close()
        assert (await hear_here(hers))["people"] == {}
        await hers.close()

    run(scene())


def test_who_closes_the_page_while_it_says_so_is_gone(ticket, alice, sign_in, monkeypatch):
    client, note = sign_in(alice), here.note
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def note_slowly(*place, **what):
        begun.set()
        assert may_end.wait(PATIENCE)
        note(*place, **what)
        ended.set()

    monkeypatch.setattr(here, "note", note_slowly)

    async def scene():
        hers = await at(client, ticket)
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        asyncio.get_running_loop().call_later(0.2, may_end.set)
        await hers.close()
        assert await asyncio.to_thread(ended.wait, PATIENCE)
        assert here.people_at(str(ticket.pk)) == {}

    run(scene())


def test_whose_page_ends_by_a_fault_of_ours_is_gone(ticket, alice, bob, sign_in, monkeypatch):
    first, second, find_rooms = sign_in(alice), sign_in(bob), consumers.find_rooms

    def fail_for_lists(user, names):
        if "list" in names:
            raise OperationalError("The database is starting up.")
        return find_rooms(user, names)

    monkeypatch.setattr(consumers, "find_rooms", fail_for_lists)

    async def scene():
        hers, his = await at(first, ticket), await at(second, ticket)
        assert (await hear_here(hers))["people"] == {str(bob.pk): "viewing"}
        await his.say({"watch": ["list"]})
        assert (await hear_here(hers))["people"] == {}
        with pytest.raises(OperationalError):
            await his.hear_end()
        await hers.close()

    run(scene())


def test_a_tab_that_died_is_gone_after_a_while(ticket, alice, bob, sign_in, monkeypatch):
    client, now = sign_in(alice), [1_000_000.0]
    clock = SimpleNamespace(time=lambda: now[0], monotonic=time.monotonic)
    monkeypatch.setattr(here, "time", clock)

    async def scene():
        here.note(str(ticket.pk), user=str(bob.pk), tab="dead", state="viewing")
        hers = await at(client, ticket)
        assert (await hear_here(hers))["people"] == {str(bob.pk): "viewing"}
        now[0] += here.SECONDS + 1
        assert (await hear_here(hers))["people"] == {}
        await hers.close()

    run(scene())


@pytest.mark.slow
def test_nobody_is_told_of_a_ticket_they_may_not_see(billing_ticket, alice, wei, sign_in):
    hers, his = sign_in(alice), sign_in(wei)

    async def scene():
        inside = await at(his, billing_ticket)
        outside = await at(hers, billing_ticket)
        for _ in range(3):
            await asyncio.sleep(0.2)
        assert here.people_at(str(billing_ticket.pk)) == {str(wei.pk): "viewing"}
        assert await outside.socket.receive_nothing(timeout=0.3)
        assert await inside.socket.receive_nothing(timeout=0.3)
        await outside.close()
        await inside.close()

    run(scene())


def test_a_right_taken_away_ends_it(ticket, alice, bob, sign_in):
    first, second = sign_in(alice), sign_in(bob)

    def send_bob_away():
        User.objects.get(pk=bob.pk).teams.clear()

    async def scene():
        hers, his = await at(first, ticket), await at(second, ticket)
        assert (await hear_here(hers))["people"] == {str(bob.pk): "viewing"}
        await hear_here(his)
        await sync_to_async(send_bob_away)()
        assert (await hear_here(hers))["people"] == {}
        await hers.close()
        await his.close()

    run(scene())


def test_names_are_asked_for_over_http(ticket, alice, bob, mallory, sign_in):
    here.note(str(ticket.pk), user=str(bob.pk), tab="x", state="typing")
    here.note(str(ticket.pk), user=str(alice.pk), tab="y", state="viewing")
    path = f"/tickets/{ticket.pk}/here/"
    [person] = sign_in(alice).get(path).json()["people"]
    assert (person["name"], person["state"]) == ("Bob Achterberg", "typing")
    assert sign_in(mallory).get(path).status_code == 404


def test_who_types_in_one_tab_and_looks_in_another_types():
    place = str(uuid4())
    here.note(place, user="u", tab="1", state="typing")
    here.note(place, user="u", tab="2", state="viewing")
    assert here.people_at(place) == {"u": "typing"}
    here.leave(place, user="u", tab="1")
    assert here.people_at(place) == {"u": "viewing"}


def test_without_valkey_nobody_waits(monkeypatch):
    def refuse():
        raise ConnectionError

    monkeypatch.setattr(live, "valkey", refuse)
    monkeypatch.setattr(here, "_quiet_until", 0.0)
    here.note("p", user="u", tab="t", state="viewing")
    assert here.people_at("p") == {}


BAD = [
    None, 1, [], {}, {"here": None}, {"here": {}}, {"here": {"ticket": "x", "state": "viewing"}},
    {"here": {"ticket": str(uuid4()), "state": "dancing"}},
    {"here": {"ticket": str(uuid4()).upper(), "state": "viewing"}},
    {"here": {"ticket": str(uuid4()), "state": "viewing", "more": 1}},
    {"here": {"ticket": str(uuid4()), "state": "viewing"}, "watch": []},
    {"here": {"ticket": [str(uuid4())], "state": "viewing"}},
]  # fmt: skip


@pytest.mark.parametrize("frame", BAD, ids=range(len(BAD)))
@pytest.mark.django_db(transaction=False)
def test_a_frame_that_is_not_ours_is_none(frame):
    assert read_here(frame) is None
