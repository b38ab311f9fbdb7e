"""What a turn may cost, counted as `make bench` counts: it does not depend on the machine."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.counting import counting
from core import events, lanes
from core.models import Event, Reaction
from tests.bots.conftest import Visit

pytestmark = pytest.mark.django_db

STATEMENTS = 25


def statements_of_turn(june: Visit, text: str) -> int:
    june.browser.say(june.chat, text)
    row = Reaction.objects.get(lane="talk")
    with counting() as count:
        assert lanes.run_lane(row.pk)
    return len(count.statements)


def test_a_turn_takes_few_statements(visit: Callable[..., Visit]) -> None:
    """Of the second and later ones of a process: the first has read the flows."""
    june = visit()
    june.say("Hello there")
    june.say("Thanks")
    assert statements_of_turn(june, "How are you?") <= STATEMENTS
    assert statements_of_turn(june, "Where is my order?") <= STATEMENTS


def test_a_bot_is_asked_once_and_in_one_hop(
    visit: Callable[..., Visit], monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    june = visit()
    june.say("Hello there")
    sent: list[str] = []

    def note(_name: str, *, args: Any, queue: str = "", **_more: Any) -> None:
        sent.append(queue)

    monkeypatch.setattr(events.current_app, "send_task", note)
    monkeypatch.setattr(events.live, "answers", lambda: True)
    with django_capture_on_commit_callbacks(execute=True):
        june.browser.say(june.chat, "Where is my order?")
    assert "talk" in sent
    june.react()
    assert Event.objects.filter(name="bot.asked").count() == 2
