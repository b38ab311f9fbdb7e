"""Whom a chat is offered to, and what becomes of it when nobody answers."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.actions import note_seen, set_presence
from accounts.models import Presence, User
from core import clock
from customers.actions import change_tier
from customers.models import Tier
from livechat import actions
from livechat.errors import NotYours, Taken
from livechat.models import Chat, ChatOffer
from tests.livechat.conftest import Browser
from tickets.models import Ticket


def fresh(chat: Chat) -> Chat:
    return Chat.objects.select_related("ticket", "agent", "offered_to").get(pk=chat.pk)


def test_nobody_is_there_so_it_waits(begun):
    actions.tend_queue()

    assert fresh(begun).state == "queued"


def test_it_is_offered_to_who_is_there(begun, alice, bob, on_duty):
    on_duty(alice)
    actions.tend_queue()

    chat = fresh(begun)
    assert (chat.state, chat.offered_to) == ("offered", alice)
    assert chat.offers.get().user == alice


def test_a_new_chat_is_offered_at_once(widget, alice, on_duty, react, shopper):
    on_duty(alice)
    chat = shopper.begin()
    react()

    assert Chat.objects.get(pk=chat["id"]).offered_to == alice


def test_workers_that_are_behind_leave_offers_to_the_round(alice, on_duty, react, shopper):
    on_duty(alice)
    chat = shopper.begin()
    with clock.at(clock.now() + timedelta(seconds=5)):
        react()
        assert Chat.objects.get(pk=chat["id"]).state == "queued"
        actions.tend_queue()

    assert Chat.objects.get(pk=chat["id"]).offered_to == alice


@pytest.mark.parametrize("state", ["away", "offline", "in_call"])
def test_who_takes_nothing_is_offered_nothing(begun, alice, on_duty, state):
    on_duty(alice)
    set_presence(alice, state=state, actor=alice)
    actions.tend_queue()

    assert fresh(begun).state == "queued"


def test_whose_page_is_silent_is_offered_nothing(begun, alice, on_duty):
    on_duty(alice)
    Presence.objects.update(seen_at=clock.now() - timedelta(seconds=46))
    actions.tend_queue()

    assert fresh(begun).state == "queued"


def test_who_may_not_see_the_ticket_is_offered_nothing(begun, wei, light, on_duty):
    on_duty(wei, light)
    actions.tend_queue()

    assert fresh(begun).state == "queued"


def test_the_least_busy_is_asked_first(begun, another, alice, bob, on_duty):
    on_duty(alice, bob)
    actions.accept(begun, actor=alice)
    other = another.begin()
    actions.tend_queue()

    assert Chat.objects.get(pk=other["id"]).offered_to == bob


def test_nobody_is_offered_more_than_they_have_room_for(widget, alice, on_duty):
    on_duty(alice)
    User.objects.filter(pk=alice.pk).update(chat_capacity=2)
    for _ in range(3):
        Browser(widget).meet().begin()
    actions.tend_queue()

    states = sorted(Chat.objects.values_list("state", flat=True))
    assert states == ["offered", "offered", "queued"]


def test_a_better_tier_comes_first(begun, another, alice, on_duty):
    vip = Chat.objects.get(pk=another.begin()["id"])
    tier = Tier.objects.get(code="vip")
    change_tier(vip.ticket.customer, actor=None, tier=tier, reason="")
    User.objects.filter(pk=alice.pk).update(chat_capacity=1)
    on_duty(alice)
    actions.tend_queue()

    assert (fresh(vip).state, fresh(begun).state) == ("offered", "queued")


def test_accepting_gives_the_ticket(begun, alice, on_duty, shopper):
    on_duty(alice)
    actions.tend_queue()
    actions.accept(begun, actor=alice)

    chat = fresh(begun)
    assert (chat.state, chat.agent, chat.ticket.assignee) == ("active", alice, alice)
    assert chat.offers.get().answer == "accepted"
    found = shopper.changes(str(begun.pk))
    assert found["chat"]["agent"] == {"name": "Alice", "initials": "AM"}
    assert [row["text"] for row in found["messages"] if row["from"] == "system"] == [
        "Alice joined the chat"
    ]


def test_what_is_offered_to_somebody_is_not_anybodys(begun, alice, bob, on_duty):
    on_duty(alice)
    actions.tend_queue()

    with pytest.raises(Taken):
        actions.accept(begun, actor=bob)


def test_who_comes_second_learns_who_was_faster(begun, alice, bob):
    actions.accept(begun, actor=alice)

    with pytest.raises(Taken) as refusal:
        actions.accept(begun, actor=bob)
    assert refusal.value.extra == {"name": "Alice Moreau"}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_gets_it(begun, alice, bob):
    outcomes = []

    def take(user):
        try:
            actions.accept(Chat.objects.get(pk=begun.pk), actor=user)
            outcomes.append("got")
        except Taken:
            outcomes.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[user]) for user in (alice, bob)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["got", "late"]
    chat = fresh(begun)
    assert chat.agent == chat.ticket.assignee


def test_declined_it_goes_to_the_next(begun, alice, bob, on_duty):
    on_duty(alice, bob)
    actions.tend_queue()
    first = fresh(begun).offered_to
    actions.decline(begun, actor=first, reason="busy")
    actions.tend_queue()

    second = fresh(begun).offered_to
    assert {first, second} == {alice, bob}
    assert ChatOffer.objects.get(user=first).answer == "declined"


def test_who_has_declined_is_not_asked_again(begun, alice, on_duty):
    on_duty(alice)
    actions.tend_queue()
    actions.decline(begun, actor=alice)
    actions.tend_queue()

    assert fresh(begun).state == "queued"
    assert actions.accept(begun, actor=alice).state == "active"  # but may take it


def test_only_who_is_asked_can_decline(begun, alice, bob, on_duty):
    on_duty(alice)
    actions.tend_queue()

    with pytest.raises(NotYours):
        actions.decline(begun, actor=bob)


def test_not_answered_it_goes_to_the_next(begun, alice, bob, on_duty):
    on_duty(alice, bob)
    actions.tend_queue()
    first = fresh(begun).offered_to
    with clock.at(clock.now() + timedelta(seconds=31)):
        actions.tend_queue()
        second = fresh(begun).offered_to

    assert {first, second} == {alice, bob}
    assert ChatOffer.objects.get(user=first).answer == "timeout"


@pytest.mark.parametrize("state", ["away", "offline"])
def test_chats_of_who_goes_away_wait_again(begun, alice, on_duty, shopper, state):
    on_duty(alice)
    actions.accept(begun, actor=alice)
    set_presence(alice, state=state, actor=alice)
    actions.tend_queue()

    chat = fresh(begun)
    assert (chat.state, chat.agent, chat.ticket.assignee) == ("queued", None, None)
    lines = [
        r["state"] for r in shopper.changes(str(begun.pk))["messages"] if r["from"] == "system"
    ]
    assert lines == ["joined", "waits"]


def test_chats_of_a_lost_page_wait_again(begun, alice, on_duty):
    on_duty(alice)
    actions.accept(begun, actor=alice)
    with clock.at(clock.now() + timedelta(seconds=61)):
        actions.tend_queue()

    assert fresh(begun).state == "queued"


def test_in_a_call_chats_stay(begun, alice, on_duty):
    on_duty(alice)
    actions.accept(begun, actor=alice)
    set_presence(alice, state="in_call", actor=alice)
    actions.tend_queue()

    assert fresh(begun).agent == alice


def test_handed_to_a_colleague_it_is_offered_to_them(begun, alice, bob, on_duty):
    on_duty(alice, bob)
    actions.accept(begun, actor=alice)
    actions.transfer(begun, actor=alice, to=bob, note="Asks about lamp 3.")

    chat = fresh(begun)
    assert (chat.state, chat.offered_to) == ("offered", bob)
    assert chat.ticket.messages.get(kind="note").body == "Asks about lamp 3."


def test_handed_to_a_team_it_waits_there(begun, alice, wei, billing, on_duty):
    on_duty(alice, wei)
    actions.accept(begun, actor=alice)
    actions.transfer(begun, actor=alice, to=billing)
    actions.tend_queue()

    assert fresh(begun).offered_to == wei


def test_who_invites_shows_it_to_a_colleague(begun, alice, bob):
    actions.accept(begun, actor=alice)
    actions.invite(begun, actor=alice, user=bob)

    assert list(begun.guests.all()) == [bob]


def test_a_visitor_who_stays_away_is_waited_for_no_more(begun, alice, on_duty):
    actions.accept(begun, actor=alice)
    for minutes in (2, 33):
        with clock.at(clock.now() + timedelta(minutes=minutes)):
            note_seen(alice)
            actions.tend_queue()

    chat = fresh(begun)
    assert (chat.state, chat.ended_by) == ("ended", "system")
    assert not Ticket.objects.get(pk=chat.ticket_id).is_resolved
