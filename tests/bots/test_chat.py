"""A visitor talks with the bot: answers, tools, hand-off and back, and when it is silent."""

import pytest

from bots import actions
from bots.models import Bot, HandOff, Turn
from livechat.models import Chat
from tests.bots.conftest import prove
from tickets import actions as tickets
from tickets.models import Message, Ticket


def ticket_of(visit):
    return Chat.objects.get(pk=visit.chat).ticket


def test_where_is_my_order_is_answered_with_what_the_shop_says(visit, shop):
    june = visit()

    first = june.say("Where is my order?")
    assert [row["name"] for row in first] == ["Pip"]
    assert "number begins with PW" in first[0]["text"]
    assert "postcode" in june.hear("PW-20734")
    said = june.hear("BS6 5QA")

    assert "Swiftlane" in said and "Luna glass table lamp" in said
    assert [call for call, _body, _key in shop.asked] == ["find-order"]
    state = june.state
    assert state["state"] == "active" and state["bot"] is True and state["agent"]["name"] == "Pip"
    turn = Turn.objects.order_by("-at").first()
    assert turn.flow == "order_status" and turn.version == 1 and turn.answer is not None
    assert turn.trace["tools"][0]["tool"] == "find_order"


@pytest.mark.slow
def test_a_chinese_customer_is_answered_in_chinese(visit):
    chen = visit("zh-hans")

    assert "邮编" in chen.hear("我的订单 PW-30018 到哪了？")
    assert "青雁速运" in chen.hear("200031")


@pytest.mark.slow
def test_no_agent_is_offered_what_the_bot_has(visit, alice, on_duty):
    on_duty(alice)
    june = visit()
    june.say("Where is my order?")

    assert Chat.objects.get(pk=june.chat).state == Chat.State.BOT
    assert ticket_of(june).assignee_id is None


@pytest.mark.slow
def test_a_person_is_called_by_a_word(visit, alice, on_duty):
    june = visit()
    june.say("Where is my order PW-20734?")
    said = june.hear("I want to talk to a human")

    assert "colleague" in said
    assert june.state["state"] == "queued" and june.state["bot"] is False
    handoff = HandOff.objects.get()
    assert handoff.reason == "asked_for_person" and handoff.told["slots"]["order"] == "PW-20734"
    note = Message.objects.get(kind="note")
    assert "PW-20734" in note.body and "asked for a person" in note.body
    assert ticket_of(june).waiting_since is not None
    assert ticket_of(june).category in ("new", "open")


@pytest.mark.slow
def test_a_person_is_called_by_the_button(visit):
    june = visit("zh-hans")
    june.say("我的订单到哪了")
    assert june.browser.post(f"chats/{june.chat}/person/").status_code in (200, 204)
    june.react()

    assert june.state["state"] == "queued"
    assert HandOff.objects.get().reason == "asked_for_person"
    assert june.say("有人吗") == []


@pytest.mark.slow
def test_after_the_hand_off_it_is_silent_until_it_is_given_back(visit, alice, sign_in):
    june = visit()
    june.say("human please")
    assert june.say("Where is my order?") == []

    ticket = ticket_of(june)
    page = sign_in(alice).post(f"/bots/tickets/{ticket.pk}/give-back/")
    assert page.status_code == 200
    assert june.state["bot"] is True
    assert "number begins with PW" in june.hear("Where is my order?")


@pytest.mark.slow
def test_it_never_talks_over_a_person(visit, alice, on_duty):
    on_duty(alice)
    june = visit()
    june.say("Where is my order?")
    tickets.reply(ticket_of(june), actor=alice, body="I am looking.")

    assert june.say("PW-20734") == []
    assert Turn.objects.count() == 1 and ticket_of(june).assignee == alice


@pytest.mark.slow
def test_an_address_is_changed_only_with_proof_and_a_yes(visit, shop):
    june = visit()
    june.say("hello")
    prove(june, "june.fairweather@mail.example")
    june.say("I want to change the delivery address of PW-20735")
    asked = june.say("12 Elm Road, Bristol BS1 4DJ")

    assert "12 Elm Road" in asked[0]["text"]
    assert [one["text"] for one in asked[0]["quick"]] == ["Yes", "No"]
    assert "change-address" not in [call for call, *_rest in shop.asked]
    assert "Done" in june.hear("yes")
    calls = [(call, body) for call, body, _key in shop.asked]
    assert calls[-1][0] == "change-address"
    assert calls[-1][1]["customer"]["proved"] == ["june.fairweather@mail.example"]


@pytest.mark.slow
def test_without_proof_a_person_changes_the_address(visit, shop):
    stranger = visit()
    stranger.say("change the delivery address of PW-20735")
    stranger.say("BS6 5QA")

    assert HandOff.objects.get().reason == "policy"
    assert {call for call, *_rest in shop.asked} == {"find-order"}


def test_an_insult_gets_one_calm_sentence_and_a_person(visit):
    angry = visit()
    said = angry.say("you stupid useless machine")

    assert len(said) == 1 and HandOff.objects.get().reason == "negative_mood"


@pytest.mark.slow
def test_what_it_does_not_know_is_asked_back_once_and_then_handed_over(visit):
    june = visit()
    first = june.say("qwertz uiop")
    assert first[0]["quick"]
    june.say("asdf ghjk")

    assert HandOff.objects.get().reason == "low_confidence"


@pytest.mark.slow
def test_a_tool_that_is_down_leads_to_a_person(visit, shop):
    shop.is_down = True
    june = visit()
    june.say("Where is my order PW-20734?")
    june.say("BS6 5QA")

    assert HandOff.objects.get().reason == "failure"


@pytest.mark.slow
def test_a_paused_bot_takes_no_chat_and_gives_up_those_it_has(visit, pip, admin):
    june = visit()
    june.say("Where is my order?")
    actions.pause_bot(pip, is_paused=True, actor=admin)
    june.say("PW-20734")
    assert june.state["state"] == "queued"

    other = visit()
    assert other.say("Where is my order?") == []
    assert other.state["state"] == "queued"


@pytest.mark.slow
def test_a_vip_goes_to_a_person_who_is_free(visit, pip, alice, on_duty, admin):
    from customers.models import Tier

    vip = visit()
    vip.say("hello")
    ticket = ticket_of(vip)
    type(ticket.customer).objects.filter(pk=ticket.customer_id).update(
        tier=Tier.objects.get(code="vip")
    )
    assert "Which order" in vip.hear("Where is my order?")
    on_duty(alice)
    vip.say("PW-23310")

    assert HandOff.objects.get().reason == "vip"


@pytest.mark.slow
def test_it_says_only_so_much(visit, pip):
    Bot.objects.update(per_thread=2)
    june = visit()
    june.say("hello")
    june.say("hello")
    june.say("hello")

    assert HandOff.objects.get().reason == "failure"


def test_a_conversation_without_a_bot_goes_to_people(visit, pip):
    pip.inboxes.clear()
    june = visit()

    assert june.say("Where is my order?") == []
    assert june.state["state"] == "queued"
    assert Ticket.objects.filter(assignee__kind="bot").count() == 0
