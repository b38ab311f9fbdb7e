"""Outside working hours the bot meets who chats, says when people are back, and what it hands over
is a ticket that is answered by mail."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Calendar
from bots.models import Bot, Dialogue, HandOff
from core import clock
from core.clock import now
from core.hours import back_words
from livechat.models import Chat, ChatWidget
from tests.bots.conftest import Visit
from tests.livechat.conftest import Browser
from tickets import actions as tickets

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.fixture
def closed(widget):
    """Open again tomorrow at nine."""
    tomorrow = DAYS[(now().astimezone(UTC).weekday() + 1) % 7]
    calendar = Calendar.objects.create(name="Late", hours={tomorrow: [["09:00", "17:00"]]})
    type(widget.inbox).objects.filter(pk=widget.inbox_id).update(calendar=calendar)
    return calendar


@pytest.fixture
def opens(closed):
    def open_again():
        Calendar.objects.update(hours={day: [["00:00", "24:00"]] for day in DAYS})

    return open_again


def config(widget, language="en"):
    return Browser(widget, language=language).get("config/").json()


def test_the_widget_offers_the_bot_and_says_when_people_are_back(pip, widget, closed):
    told = config(widget)

    assert (told["availability"]["open"], told["availability"]["people"]) == (True, False)
    assert "Pip, our bot" in told["greeting"]
    assert "tomorrow at 09:00 (UTC)" in told["greeting"]
    assert told["words"]["busy"] == "Back tomorrow at 09:00 (UTC)"
    [email] = [field for field in told["fields"] if field["name"] == "email"]
    assert email["required"] is False
    assert "明天 09:00 (UTC)" in config(widget, "zh-hans")["greeting"]


@pytest.mark.parametrize("without", ["bot", "inbox", "leave", "pause", "switch"])
def test_without_a_bot_that_may_it_is_the_form_as_before(pip, widget, closed, without):
    match without:
        case "bot" | "inbox":
            pip.inboxes.clear()
        case "leave":
            Bot.objects.update(after_hours=False)
        case "pause":
            Bot.objects.update(is_paused=True)
        case "switch":
            ChatWidget.objects.update(is_open=False)

    assert config(widget)["availability"]["open"] is False
    shopper = Browser(widget).meet()
    begun = shopper.begin("Call me back", fields={"email": "new@example.org"})
    assert begun["state"] == "offline"


@pytest.mark.slow
def test_the_bot_answers_as_by_day(pip, widget, closed, visit):
    june = visit()
    assert "postcode" in june.hear("Where is my order PW-20734?")
    assert june.state["state"] == "active" and june.state["bot"] is True


def begin(widget, react, text, **fields):
    june = Visit(widget, react, "en")
    begun = june.browser.begin(text, fields=fields)
    june.chat = begun["id"]
    react()
    return june


@pytest.mark.slow
def test_what_it_hands_over_is_a_ticket_answered_by_mail(pip, widget, closed, react, alice):
    june = begin(widget, react, "Where is my order PW-20734?", email="june@example.net")
    said = june.hear("I want to talk to a person")

    assert "back tomorrow at 09:00 (UTC)" in said and "answer you by mail" in said
    chat = Chat.objects.get()
    assert (june.state["state"], chat.disposition) == ("offline", Chat.OFFLINE)
    assert HandOff.objects.get().reason == "asked_for_person"
    assert Dialogue.objects.get().state == "person"
    [line] = [row["text"] for row in june.rows() if row["state"] == "ended"]
    assert line == "Our people are back tomorrow at 09:00 (UTC) and answer you by mail"
    ticket = june.ticket
    assert ticket.waiting_since and ticket.assignee_id is None
    note = ticket.messages.get(kind="note")
    assert "PW-20734" in note.body  # the whole story

    tickets.reply(ticket, actor=alice, body="It is on its way.")
    with clock.at(now() + timedelta(minutes=20)):
        react()
    carried = ticket.messages.filter(classification="auto_reply").get()
    assert carried.addresses["to"] == ["june@example.net"]


@pytest.mark.slow
def test_who_left_no_address_is_promised_no_mail(pip, widget, closed, react):
    june = begin(widget, react, "I want to talk to a person")
    said = [row["text"] for row in june.rows() if row["from"] == "agent"][-1]

    assert "will stand in this chat" in said and "mail" not in said
    assert "their answer will stand here" in june.rows()[-1]["text"]


@pytest.mark.slow
def test_the_button_for_a_person_leads_to_a_ticket_too(pip, widget, closed, react, visit):
    june = visit()
    june.say("Where is my order?")
    june.browser.post(f"chats/{june.chat}/person/")
    react()

    assert june.state["state"] == "offline"
    assert HandOff.objects.get().reason == "asked_for_person"


@pytest.mark.slow
def test_who_comes_back_by_day_waits_for_people(pip, widget, closed, opens, visit):
    june = visit()
    june.say("I want to talk to a person")
    opens()
    assert june.say("Hello?") == []

    assert june.state["state"] == "queued"


@pytest.mark.slow
def test_a_page_left_open_overnight_makes_nobody_free(pip, widget, closed, visit, alice, on_duty):
    on_duty(alice)
    june = visit()
    june.say("I want to talk to a person")

    assert june.state["state"] == "offline"
    assert Chat.objects.get().offered_to is None


def test_when_people_are_back_is_said_in_their_own_time_zone():
    there = now().astimezone(ZoneInfo("Asia/Shanghai"))
    at_nine = there.replace(hour=9, minute=0)

    assert back_words(at_nine + timedelta(days=1)) == "tomorrow at 09:00 (UTC+8)"
    assert back_words(at_nine).startswith("today at 09:00")
    in_three = at_nine + timedelta(days=3)
    assert back_words(in_three) == f"on {in_three:%A} at 09:00 (UTC+8)"
    later = at_nine + timedelta(days=20)
    assert back_words(later) == f"on {later:%B} {later.day} at 09:00 (UTC+8)"
    assert back_words(None) == "later"
