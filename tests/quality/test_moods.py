"""Moods along a conversation, and customers to be called back with the reasons."""

from datetime import timedelta

import pytest
from django.urls import reverse

from connectors.models import Inbox
from core import registry
from core.clock import at, now
from core.registry import Understood
from quality.actions.feeling import look_for_risks
from quality.models import CallBack, Mood
from tickets import actions
from tickets.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def felt(monkeypatch):
    """What a bot that was taught makes of whatever is said."""

    def feel(mood):
        told = Understood(mood=mood)
        monkeypatch.setitem(registry.understanders, "bots", lambda words, **_more: told)
        monkeypatch.setitem(registry.has_understanding, "bots", lambda: True)

    return feel


def say(ticket, *moods, ago=timedelta()):
    """As if these were further messages of the customer."""
    first = ticket.messages.first()
    for n, mood in enumerate(moods):
        message = Message.objects.create(
            ticket=ticket,
            thread=first.thread,
            seq=0,
            touched_seq=n,
            direction="in",
            body="Still nothing.",
            at=first.at,
        )
        Mood.objects.create(message=message, ticket=ticket, mood=mood, at=now() - ago)


def test_the_mood_of_each_message_is_drawn_and_told(ticket, alice, felt, react, sign_in):
    felt(-0.7)
    react()
    say(ticket, 40)

    page = sign_in(alice).get(reverse("quality:in_ticket", args=[ticket.pk])).content.decode()
    assert Mood.objects.order_by("mood").first().mood == -70
    assert "Begins very unhappy, lowest very unhappy, ends happy." in page


def test_a_chat_is_felt_when_it_is_over(ticket, alice, felt, react):
    """Before, the same workers have somebody to answer."""
    felt(-0.7)
    Inbox.objects.filter(pk=ticket.inbox_id).update(kind="chat")
    react()
    assert not Mood.objects.exists()

    actions.move_to_status(ticket, actor=alice, status="resolved")
    react()
    assert [found.mood for found in Mood.objects.filter(ticket=ticket)] == [-70]


def test_long_unhappiness_puts_a_customer_on_the_list_once(ticket, supervisor, sign_in):
    say(ticket, -60, -40, -30)
    assert look_for_risks() == 1
    assert look_for_risks() == 0
    row = CallBack.objects.get()
    assert row.reasons == ["negative"]

    client = sign_in(supervisor)
    assert "unhappy for long" in client.get(reverse("quality:call_backs")).content.decode()
    client.post(reverse("quality:settle", args=[row.pk]), {"how": "done"})
    assert CallBack.objects.get().decided_by == supervisor
    assert look_for_risks() == 0


def test_silence_after_anger(ticket, alice):
    say(ticket, -80, ago=timedelta(days=2))
    assert look_for_risks() == 0
    with at(now() - timedelta(days=1, hours=2)):
        actions.reply(ticket, actor=alice, body="We are sorry.")
    assert look_for_risks() == 1
    assert CallBack.objects.get().reasons == ["silent"]


def test_agents_have_no_list(alice, sign_in):
    assert sign_in(alice).get(reverse("quality:call_backs")).status_code == 403
