"""All visitors of a process are looked at together."""

import asyncio
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from livechat import beats
from livechat.queries.standing import Asked, look_at
from tests.livechat.conftest import SHOP, Browser
from tests.tickets.test_socket import run


def asked(browser: Browser) -> Asked:
    chat = UUID(browser.begin()["id"])
    return Asked(UUID(browser.visitor), browser.widget.key, SHOP, chat)


@pytest.fixture
def crowd(widget):
    """Ten visitors, each in a chat."""
    return [asked(Browser(widget).meet()) for _ in range(10)]


@pytest.mark.slow
def test_ten_cost_as_many_statements_as_one(crowd):
    counts = []
    for some in (crowd[:1], crowd):
        with CaptureQueriesContext(connection) as spent:
            found = look_at(some)
        assert [(one.code, one.place.chat) for one in found] == [(0, one.chat) for one in some]
        counts.append(len(spent))
    assert counts[0] == counts[1]


class Socket:
    def __init__(self) -> None:
        self.heeded: list[bool] = []

    def question(self) -> str:
        return "who are they?"

    def heed(self, asked: str, standing: str, *, is_due: bool) -> None:
        assert (asked, standing) == ("who are they?", "welcome")
        self.heeded.append(is_due)


def test_who_could_not_be_looked_at_stays_and_is_at_the_next_turn(monkeypatch):
    tries = []

    def look(questions):
        tries.append(len(questions))
        if len(tries) == 1:
            raise DatabaseError("gone")
        return ["welcome"] * len(questions)

    monkeypatch.setattr(beats, "_look_and_note", look)
    monkeypatch.setattr(beats, "TURN_SECONDS", 0.01)

    async def scene():
        ours, two = beats.Beats(), [Socket(), Socket()]
        for socket in two:
            ours.join(socket, every=0.01)
        async with asyncio.timeout(5):
            while not all(socket.heeded for socket in two):
                await asyncio.sleep(0.005)
        for socket in two:
            ours.leave(socket)
        assert all(True in socket.heeded for socket in two)

    run(scene())
    assert tries[:2] == [2, 2]
