"""What agents see of chats: the panel, the chat in its ticket, the settings of a chat inbox."""

import pytest
from django.urls import reverse

from accounts.models import User
from connectors.models import Inbox
from customers.models import Tier
from livechat import actions
from livechat.actions.queue import offer_to
from livechat.models import Chat, ChatWidget, ProactiveMessage
from livechat.queries import desk as desk_queries
from tests.livechat.conftest import Browser
from tickets import actions as ticket_actions

PANEL = reverse("chats:panel")
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def desk(alice, sign_in):
    return sign_in(alice)


def panel_of(client) -> str:
    answer = client.get(PANEL, headers=FRAGMENT)
    assert answer.status_code == 200
    return answer.content.decode()


def in_ticket(client, chat: Chat) -> str:
    answer = client.get(reverse("chats:in_ticket", args=[chat.ticket_id]), headers=FRAGMENT)
    assert answer.status_code == 200
    return answer.content.decode()


def page_of(client, chat: Chat) -> str:
    answer = client.get(reverse("tickets:ticket", args=[chat.ticket_id]))
    assert answer.status_code == 200
    return answer.content.decode()


def act(client, chat: Chat, what: str, **body):
    return client.post(reverse(f"chats:{what}", args=[chat.pk]), body)


# The panel


def test_who_waits_is_shown_with_their_words_and_can_be_taken(desk, begun):
    shown = panel_of(desk)
    assert "Where is my lamp?" in shown
    assert reverse("chats:accept", args=[begun.pk]) in shown
    assert 'data-waiting="1"' in shown


def test_what_is_offered_is_seen_however_many_others_talk_and_wait(
    desk, alice, bob, widget, on_duty, monkeypatch
):
    monkeypatch.setattr(desk_queries, "SHOWN", 2)
    chats = [
        Chat.objects.get(pk=Browser(widget).meet().begin(f"Lamp {number}")["id"])
        for number in range(4)
    ]
    on_duty(bob)
    actions.accept(chats[0], actor=bob)
    on_duty(alice)
    offer_to(chats[3], alice)

    shown = panel_of(desk)

    assert 'data-kind="offer"' in shown
    assert "Lamp 3" in shown and "Lamp 1" in shown
    # Whom others talk with is no business of this panel, and takes nobody's place in it.
    assert "Lamp 0" not in shown


def test_the_last_words_say_whose_they_are(desk, alice, bob, sign_in, begun):
    actions.accept(begun, actor=alice)
    actions.invite(begun, actor=alice, user=bob)
    ticket_actions.reply(begun.ticket, actor=alice, body="On its way.")

    assert "You: On its way." in panel_of(desk)
    assert "Alice: On its way." in panel_of(sign_in(bob))


def test_those_of_a_higher_tier_stand_first(desk, widget, begun):
    later = Browser(widget).meet()
    chat = Chat.objects.select_related("ticket__customer").get(
        pk=later.begin("I am in a hurry")["id"]
    )
    chat.ticket.customer.tier = Tier.objects.get(code="vip")
    chat.ticket.customer.save()
    shown = panel_of(desk)
    assert shown.index("I am in a hurry") < shown.index("Where is my lamp?")


def test_an_offer_runs_out_by_the_clock_of_the_server(desk, alice, begun, on_duty):
    on_duty(alice)
    actions.offer_waiting()
    shown = panel_of(desk)
    assert 'data-kind="offer"' in shown
    left = float(shown.partition('data-left="')[2].partition('"')[0])
    assert 20 < left <= begun.widget.offer_seconds
    assert reverse("chats:decline", args=[begun.pk]) in shown


def test_of_two_who_take_a_chat_the_second_learns_who_was_faster(desk, bob, sign_in, begun):
    assert act(desk, begun, "accept").status_code == 204
    second = act(sign_in(bob), begun, "accept")
    assert second.status_code == 409
    assert "Alice Moreau" in second.json()["detail"]
    assert Chat.objects.get(pk=begun.pk).agent.name == "Alice Moreau"


def test_ones_own_chats_show_what_is_new(desk, alice, shopper, begun):
    act(desk, begun, "accept")
    shopper.say(str(begun.pk), "Are you there?")
    shown = panel_of(desk)
    assert "Are you there?" in shown
    assert 'data-unread="2"' in shown
    begun.ticket.refresh_from_db()
    ticket_actions.mark_read(begun.ticket, user=alice, seq=begun.ticket.seq)
    assert 'data-unread="0"' in panel_of(desk)


def test_the_panel_says_how_many_chats_one_has_and_may_have(desk, alice, begun):
    alice.chat_capacity = 2
    alice.save()
    assert "0 of 2" in panel_of(desk)
    act(desk, begun, "accept")
    assert "1 of 2" in panel_of(desk)


def test_a_stranger_sees_nothing_of_a_chat(mallory, sign_in, begun):
    stranger = sign_in(mallory)
    shown = panel_of(stranger)
    assert "Where is my lamp?" not in shown
    assert str(begun.pk) not in shown
    for url in (
        reverse("chats:in_ticket", args=[begun.ticket_id]),
        reverse("chats:takers", args=[begun.pk]),
    ):
        assert stranger.get(url, headers=FRAGMENT).status_code == 404


def test_what_a_visitor_writes_is_shown_as_words(desk, widget):
    evil = Browser(widget).meet()
    chat = evil.begin("<img src=x onerror=alert(1)>", fields={"name": "<b>Eve</b>"})
    found = Chat.objects.get(pk=chat["id"])
    for shown in (panel_of(desk), page_of(desk, found), in_ticket(desk, found)):
        assert "<img src=x" not in shown
        assert "<b>Eve</b>" not in shown


def test_the_panel_is_a_page_of_its_own_as_well(desk, begun):
    shown = desk.get(PANEL).content.decode()
    assert "<html" in shown
    assert "Where is my lamp?" in shown


# Within the ticket


def test_a_chat_is_answered_in_the_chat(desk, begun):
    act(desk, begun, "accept")
    shown = page_of(desk, begun)
    assert 'data-channel="chat"' in shown
    assert "In the chat now" in shown
    assert "in the chat" in shown
    assert 'data-by="chat"' in shown


def test_a_mail_ticket_is_answered_by_mail(desk, ticket):
    shown = desk.get(reverse("tickets:ticket", args=[ticket.pk])).content.decode()
    assert 'data-channel="mail"' in shown
    assert "chat-line" not in shown


def test_an_answer_shows_how_far_it_was_read(desk, alice, shopper, begun):
    act(desk, begun, "accept")
    answer = ticket_actions.reply(begun.ticket, actor=alice, body="It left today.", status="open")
    assert f'data-seen="{answer.seq}"' not in in_ticket(desk, begun)
    shopper.post(f"chats/{begun.pk}/seen/", {"seq": answer.seq, "got": answer.seq})
    assert f'data-seen="{answer.seq}"' in in_ticket(desk, begun)


def test_the_page_is_shown_of_those_who_agreed(desk, widget, shopper):
    begun = shopper.begin(
        page="https://shop.example/lamps?id=4711", referrer="https://search.example/"
    )
    chat = Chat.objects.get(pk=begun["id"])
    assert "shop.example/lamps" not in in_ticket(desk, chat)
    widget.asks_page = True
    widget.save()
    other = Browser(widget).meet()
    told = other.begin(page="https://shop.example/lamps?id=4711", referrer="javascript:alert(1)")
    shown = in_ticket(desk, Chat.objects.get(pk=told["id"]))
    assert "shop.example/lamps" in shown
    assert 'href="javascript:' not in shown


def test_earlier_chats_of_the_visitor_are_named(desk, alice, shopper, begun):
    act(desk, begun, "accept")
    act(desk, begun, "end", disposition="solved")
    again = Chat.objects.get(pk=shopper.begin("One more thing")["id"])
    assert f"#{begun.ticket.number}" in in_ticket(desk, again)


def test_a_chat_is_handed_on_with_a_note_for_colleagues_alone(desk, bob, shopper, begun, sign_in):
    act(desk, begun, "accept")
    handed = act(desk, begun, "transfer", to=f"user:{bob.pk}", note="She waits since Monday.")
    assert handed.status_code == 204
    assert "handed the chat on" in page_of(sign_in(bob), begun)
    assert "She waits since Monday." in page_of(sign_in(bob), begun)
    assert "She waits since Monday." not in shopper.texts(str(begun.pk))


def test_only_who_may_see_the_ticket_can_be_chosen(desk, bob, wei, light, begun):
    answer = desk.get(f"{reverse('chats:takers', args=[begun.pk])}?teams", headers=FRAGMENT)
    shown = answer.content.decode()
    assert bob.name in shown
    assert wei.name not in shown
    assert light.name not in shown
    assert "Billing" in shown


def test_the_timeline_tells_what_happened(desk, begun):
    act(desk, begun, "accept")
    act(desk, begun, "end", disposition="solved")
    shown = page_of(desk, begun)
    assert "took the chat" in shown
    assert "ended the chat" in shown
    beside = in_ticket(desk, begun)
    assert "In the chat now" not in beside
    assert "Solved" in beside
    assert "changed the ticket" not in shown


# Settings


@pytest.fixture
def office(admin, sign_in):
    return sign_in(admin)


def settings_of(widget: ChatWidget, **changed):
    return {
        "name": "Shop",
        "origins": "https://shop.example",
        "position": "right",
        "offer_seconds": 30,
        "leaves_after_seconds": 90,
        "keep_days": 365,
        "is_open": "on",
    } | changed


def test_a_chat_inbox_is_made_and_its_line_shown(office, inbox):
    made = office.post(
        reverse("chats:inbox_add"),
        {
            "name": "Shop",
            "brand": inbox.brand.pk,
            "origins": "https://Shop.example/\nhttps://b.example",
        },
        follow=True,
    )
    widget = ChatWidget.objects.get()
    assert widget.origins == ["https://shop.example", "https://b.example"]
    assert widget.inbox.kind == Inbox.Kind.CHAT
    assert f"/widget/{widget.key}.js" in made.content.decode()


def test_a_chat_is_among_the_inboxes_that_can_be_added(office, inbox):
    page = office.get(reverse("connectors:add_inbox")).content.decode()
    assert reverse("chats:inbox_add") in page


def test_what_is_no_website_is_refused_at_its_field(office, inbox):
    answer = office.post(
        reverse("chats:inbox_add"),
        {"name": "Shop", "brand": inbox.brand.pk, "origins": "shop.example/page"},
    )
    assert answer.status_code == 400
    assert "https://www.example.com" in answer.content.decode()
    assert not ChatWidget.objects.exists()


def test_settings_change_what_the_widget_is_told(office, widget):
    page = reverse("chats:inbox", args=[widget.inbox_id])
    changed = settings_of(
        widget,
        **{"greeting_zh-hans": "您好!", "ask_email": "required", "position": "left"},
        ask_topic="asked",
        topics="Delivery\nReturns",
    )
    assert office.post(page, changed).status_code == 302
    told = Browser(widget, language="zh-CN").get("config/").json()
    assert told["greeting"] == "您好!"
    assert told["position"] == "left"
    assert [field["name"] for field in told["fields"]] == ["email", "topic"]
    assert told["fields"][0]["required"]
    assert told["fields"][1]["options"] == ["Delivery", "Returns"]
    shown = office.get(page).content.decode()
    assert "您好!" in shown
    assert office.post(page, settings_of(widget, offer_seconds=1)).status_code == 400


def test_the_secret_of_the_website_is_shown_once(office, widget):
    made = office.post(reverse("chats:inbox_secret", args=[widget.inbox_id])).content.decode()
    widget.refresh_from_db()
    assert widget.host_secret
    assert widget.host_secret in made
    page = office.get(reverse("chats:inbox", args=[widget.inbox_id])).content.decode()
    assert widget.host_secret not in page


def test_a_message_is_said_first_changed_and_removed(office, widget):
    add = reverse("chats:inbox_first_add", args=[widget.inbox_id])
    said = {
        "page": "*/basket",
        "seconds": 5,
        "per_days": 1,
        "is_on": "on",
        "text_en": "May we help?",
    }
    assert office.post(add, said | {"text_en": ""}).status_code == 400
    assert office.post(add, said).status_code == 302
    message = ProactiveMessage.objects.get()
    assert [row["text"] for row in Browser(widget).get("config/").json()["proactive"]] == [
        "May we help?"
    ]
    change = reverse("chats:inbox_first", args=[widget.inbox_id, message.pk])
    assert office.post(change, said | {"is_on": ""}).status_code == 302
    assert Browser(widget).get("config/").json()["proactive"] == []
    remove = reverse("chats:inbox_first_remove", args=[widget.inbox_id, message.pk])
    assert office.post(remove).status_code == 302
    assert not ProactiveMessage.objects.exists()


def test_the_list_of_inboxes_leads_to_the_settings_of_the_chat(office, widget):
    page = office.get(reverse("connectors:inbox", args=[widget.inbox_id]))
    assert page.status_code == 302
    assert page["Location"] == reverse("chats:inbox", args=[widget.inbox_id])


def test_an_admin_sets_how_many_chats_a_person_has_at_a_time(office, alice):
    page = reverse("accounts:person", args=[alice.pk])
    body = {
        "name": alice.name,
        "role": alice.groups.get().pk,
        "teams": [team.pk for team in alice.teams.all()],
        "chat_capacity": 5,
    }
    assert office.post(page, body).status_code == 302
    assert User.objects.get(pk=alice.pk).chat_capacity == 5
