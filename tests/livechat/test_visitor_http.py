"""What a visitor's widget says and is told over HTTP."""

import base64
import hmac
import json
import time
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import clock
from customers.actions.sign_in import digits_of
from customers.models import Notice, SignInCode
from livechat import actions as actions_of_chats
from livechat.actions import add_widget
from livechat.models import Chat, ChatWidget, ProactiveMessage, Visitor
from tests.livechat.conftest import SHOP, Browser
from tickets import actions
from tickets.models import Message


def test_first_words_open_a_ticket(shopper):
    begun = shopper.begin("Where is my lamp?")

    chat = Chat.objects.get(pk=begun["id"])
    assert begun["state"] == "queued"
    assert chat.ticket.subject == "Where is my lamp?"
    assert [row["text"] for row in begun["messages"]] == ["Where is my lamp?"]
    assert chat.ticket.messages.get().body == "Where is my lamp?"


def test_the_same_opening_twice_is_one_chat(shopper):
    said = {"client_id": str(uuid4()), "text": "Hello"}

    first, again = shopper.post("chats/", said), shopper.post("chats/", said)

    assert first.json()["id"] == again.json()["id"]
    assert Message.objects.count() == 1


def test_an_answer_is_read_by_the_visitor(shopper, begun, alice):
    before = shopper.changes(str(begun.pk))["next"]
    actions.reply(begun.ticket, actor=alice, body="It is on its way.")

    found = shopper.changes(str(begun.pk), after=before)

    assert [row["text"] for row in found["messages"]] == ["It is on its way."]
    assert found["messages"][0]["name"] == "Alice"
    assert shopper.changes(str(begun.pk), after=found["next"])["messages"] == []


def test_notes_are_never_shown(shopper, begun, alice):
    actions.add_note(begun.ticket, actor=alice, body="A secret")

    assert shopper.texts(str(begun.pk)) == ["Where is my lamp?"]


def test_a_scheduled_answer_is_shown_when_its_time_has_come(shopper, begun, alice, react):
    before = shopper.changes(str(begun.pk))["next"]
    later = clock.now() + timedelta(hours=1)
    actions.reply(begun.ticket, actor=alice, body="Good morning", not_before=later)
    early = shopper.changes(str(begun.pk), after=before)
    with clock.at(later + timedelta(seconds=1)):
        react()
        due = shopper.changes(str(begun.pk), after=early["next"])

    assert [row["from"] for row in early["messages"]] == []
    said = [row["text"] for row in due["messages"] if row["from"] == "agent"]
    assert said == ["Good morning"]


def test_side_conversations_and_mails_of_others_are_never_shown(
    shopper, begun, alice, mail_in, inbox
):
    actions.open_side(
        begun.ticket, actor=alice, people=["eve@example.net"], subject="s", body="Secret"
    )
    other = mail_in(inbox, "dora@example.org", "Lamp", "My number is 12345.")
    actions.merge(other.ticket, target=begun.ticket, actor=alice)

    assert shopper.texts(str(begun.pk)) == ["Where is my lamp?"]


def test_words_of_a_merged_chat_stay_together(shopper, begun, alice, ticket):
    before = shopper.changes(str(begun.pk))["chat"]["epoch"]
    actions.merge(begun.ticket, target=ticket, actor=alice)
    shopper.say(str(begun.pk), "Are you there?")
    found = shopper.get(f"chats/{begun.pk}/changes/?after=500&epoch={before}").json()

    assert found["reset"]
    said = [row["text"] for row in found["messages"] if row["from"] == "visitor"]
    assert said == ["Where is my lamp?", "Are you there?"]


def test_the_same_message_twice_is_one(shopper, begun):
    said = {"client_id": str(uuid4()), "text": "Hello?"}

    first = shopper.post(f"chats/{begun.pk}/messages/", said)
    again = shopper.post(f"chats/{begun.pk}/messages/", said)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert begun.ticket.messages.count() == 2


def test_a_client_id_of_somebody_else_is_refused(shopper, another, begun):
    said = {"client_id": str(uuid4()), "text": "Mine"}
    shopper.post(f"chats/{begun.pk}/messages/", said)

    answer = another.post("chats/", said)
    assert answer.status_code == 400
    assert "Mine" not in answer.content.decode()


# Who may


def test_another_visitor_finds_nothing(shopper, another, begun):
    another.begin("Mine")
    for path in ("changes/", "messages/", "seen/", "person/", "end/", "rating/", "transcript/"):
        ask = another.get if path == "changes/" else another.post
        answer = ask(f"chats/{begun.pk}/{path}")
        assert answer.status_code == 404, path
        assert "lamp" not in answer.content.decode()


def test_a_token_of_another_widget_opens_nothing(shopper, begun, inbox, support):
    other = Browser(add_widget(inbox.brand, name="Other", team=support, origins=[SHOP]))
    other.token = shopper.token

    assert other.get("me/").json()["code"] == "bad_token"
    assert other.get(f"chats/{begun.pk}/changes/").status_code == 401


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1", "a" * 5000])
def test_without_a_token_nothing_is_told(shopper, begun, token):
    shopper.token = token

    assert shopper.get(f"chats/{begun.pk}/changes/").status_code == 401


def test_who_is_banned_is_shut_out(shopper, begun, alice):
    actions_of_chats.ban_from_chat(begun, actor=alice, days=7, reason="abuse")

    answer = shopper.say(str(begun.pk), "And another thing")
    assert (answer.status_code, answer.json()["code"]) == (403, "banned")
    assert Chat.objects.get(pk=begun.pk).state == "ended"


# Where it stands


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://shop.example"])
def test_other_websites_are_refused(shopper, begun, origin):
    shopper.origin = origin
    for answer in (shopper.get("config/"), shopper.get(f"chats/{begun.pk}/changes/")):
        assert answer.status_code == 403
        assert not answer.has_header("Access-Control-Allow-Origin")
        assert answer["Vary"].find("Origin") >= 0


def test_its_own_website_may_read(shopper, begun):
    answer = shopper.get(f"chats/{begun.pk}/changes/")

    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert "Origin" in answer["Vary"]
    assert not answer.has_header("Access-Control-Allow-Credentials")


def test_a_refusal_can_be_read_by_its_website(shopper):
    assert shopper.get(f"chats/{uuid4()}/changes/")["Access-Control-Allow-Origin"] == SHOP


def test_preflights_are_answered_and_kept(shopper):
    answer = shopper.call("options", "chats/")

    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert "authorization" in answer["Access-Control-Allow-Headers"]
    assert int(answer["Access-Control-Max-Age"]) > 600


def test_the_script_names_no_secret(widget, client):
    answer = client.get(f"/widget/{widget.key}.js")

    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert widget.key not in answer.content.decode()


# How much


@pytest.fixture
def one_moment(monkeypatch):
    """Limits count within a window of time; on a slow machine a test could see two."""
    same = SimpleNamespace(time=lambda: 1_000_000.0, monotonic=time.monotonic)
    monkeypatch.setattr("core.limits.time", same)


@pytest.mark.parametrize("valkey", [True, False])
@pytest.mark.slow
def test_too_much_at_once_is_refused(shopper, begun, one_moment, monkeypatch, valkey):
    if not valkey:
        monkeypatch.setattr("core.limits._quiet_until", float("inf"))
    codes = [shopper.say(str(begun.pk), "x").status_code for _ in range(25)]

    assert codes.count(201) == 20
    assert codes[-1] == 429


def test_a_large_body_is_refused(shopper, begun):
    answer = shopper.say(str(begun.pk), "x" * 70_000)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("body", ["[" * 50_000, "1", "null", '{"client_id": 1}', '{"text": []}'])
def test_what_is_no_message_is_refused(shopper, begun, body):
    answer = shopper.client.post(
        f"/chat/{shopper.widget.key}/chats/{begun.pk}/messages/",
        data=body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {shopper.token}", "Origin": SHOP},
    )
    assert answer.status_code == 400


# The form, and nobody there


def test_a_required_field_must_be_filled_in(shopper, widget):
    ChatWidget.objects.update(fields=[{"name": "email", "required": True}])

    refused = shopper.post("chats/", {"client_id": str(uuid4()), "text": "Hello"})
    assert (refused.json()["code"], refused.json()["field"]) == ("missing_field", "email")


def test_what_is_agreed_to_is_kept_with_its_version(shopper, widget):
    notice = Notice.objects.filter(purpose__code="service").first()
    ChatWidget.objects.update(notice=notice)

    refused = shopper.post("chats/", {"client_id": str(uuid4()), "text": "Hello"})
    agreed = shopper.begin(notice=str(notice.pk))

    assert refused.json()["code"] == "notice_changed"
    consent = Chat.objects.get(pk=agreed["id"]).ticket.customer.consent_events.get()
    assert (consent.notice, consent.channel, consent.action) == (notice, "chat", "granted")


def test_left_while_closed_it_is_a_ticket(shopper, widget):
    ChatWidget.objects.update(is_open=False)

    begun = shopper.begin("Call me back", fields={"email": "new@example.org"})

    chat = Chat.objects.get(pk=begun["id"])
    assert begun["state"] == "offline"
    assert chat.ticket.messages.get().body == "Call me back"
    assert shopper.get("config/").json()["availability"]["open"] is False


# Who they are


def test_a_typed_address_joins_nobody(shopper, carol, ticket):
    begun = shopper.begin(fields={"email": "carol@example.org", "name": "Carol"})

    chat = Chat.objects.get(pk=begun["id"])
    assert chat.ticket.customer != carol
    assert not chat.ticket.customer.identities.exists()
    assert [c["id"] for c in shopper.get("me/").json()["chats"]] == [begun["id"]]


def test_a_typed_address_nobody_has_is_a_contact(shopper):
    begun = shopper.begin(fields={"email": "new@example.org"})

    identity = Chat.objects.get(pk=begun["id"]).ticket.customer.identities.get()
    assert (identity.value, identity.verified_at) == ("new@example.org", None)


def prove(shopper, address):
    assert shopper.post("verify/", {"email": address}).status_code == 201
    code = SignInCode.objects.order_by("-created_at").first()
    return shopper.post("verify/confirm/", {"email": address, "code": digits_of(code)})


def test_a_mailed_code_makes_them_who_they_are(shopper, carol):
    begun = shopper.begin(fields={"email": "carol@example.org"})
    answer = prove(shopper, "carol@example.org")

    chat = Chat.objects.get(pk=begun["id"])
    assert answer.json()["verified"]
    assert chat.ticket.customer == carol
    assert chat.ticket.messages.get().customer == carol
    assert shopper.texts(begun["id"]) == ["Where is my lamp?"]


def test_a_wrong_code_proves_nothing(shopper, carol):
    shopper.begin()
    shopper.post("verify/", {"email": "carol@example.org"})
    answer = shopper.post("verify/confirm/", {"email": "carol@example.org", "code": "000000"})

    assert answer.json()["code"] == "bad_code"
    assert Visitor.objects.get(pk=shopper.visitor).verified_at is None


def test_a_code_asked_by_another_browser_proves_nothing(shopper, another, carol):
    shopper.post("verify/", {"email": "carol@example.org"})
    code = SignInCode.objects.get()
    answer = another.post(
        "verify/confirm/", {"email": "carol@example.org", "code": digits_of(code)}
    )
    assert answer.json()["code"] == "bad_code"


def test_what_was_said_before_by_somebody_else_is_not_shown(shopper, carol, alice):
    """Somebody sat at this browser before Carol did."""
    earlier = shopper.begin("I am pregnant", fields={"email": "dora@example.org"})
    actions_of_chats.end_chat(Chat.objects.get(pk=earlier["id"]), actor=alice)
    answer = prove(shopper, "carol@example.org")

    assert answer.json()["chats"] == []
    assert shopper.get(f"chats/{earlier['id']}/changes/").status_code == 404


def test_with_proof_they_see_what_they_said_elsewhere(shopper, another, carol):
    first = shopper.begin()
    prove(shopper, "carol@example.org")
    prove(another, "carol@example.org")

    assert [c["id"] for c in another.get("me/").json()["chats"]] == [first["id"]]


def token_for(widget, secret=None, header=None, **claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"sub": "42", "exp": clock.now().timestamp() + 600} | claims
    signed = f"{part(header or {'alg': 'HS256'})}.{part(claims)}"
    mac = hmac.digest((secret or widget.host_secret).encode(), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.fixture
def signing(widget):
    widget.host_secret = "a secret of the host"
    widget.save()
    return widget


def test_the_website_says_who_it_is(signing, shopper, carol):
    begun = shopper.begin()
    token = token_for(signing, email="carol@example.org", email_verified=True, name="Carol")
    answer = shopper.post("visitors/", {"host_token": token})

    assert answer.json() == {"token": shopper.token, "visitor": shopper.visitor, "verified": True}
    assert Chat.objects.get(pk=begun["id"]).ticket.customer == carol


def test_an_address_the_website_has_not_proved_joins_nobody(signing, shopper, carol):
    shopper.begin()
    shopper.post("visitors/", {"host_token": token_for(signing, email="carol@example.org")})

    assert Visitor.objects.get(pk=shopper.visitor).customer != carol


def test_the_next_person_on_the_same_browser_is_another(signing, shopper):
    shopper.post("visitors/", {"host_token": token_for(signing)})
    shopper.begin("Mine alone")
    answer = shopper.post("visitors/", {"host_token": token_for(signing, sub="43")})
    shopper.token = answer.json()["token"]

    assert answer.json()["visitor"] != shopper.visitor
    assert shopper.get("me/").json()["chats"] == []


@pytest.mark.parametrize(
    "forged",
    [
        {"secret": "another"},
        {"header": {"alg": "none"}},
        {"exp": 1},
        {"exp": 9e12},
        {"exp": None},
        {"sub": ""},
        {"sub": None},
    ],
)
def test_forged_words_of_the_website_are_refused(signing, shopper, forged):
    answer = shopper.post("visitors/", {"host_token": token_for(signing, **forged)})

    assert answer.json()["code"] == "bad_host_token"


# Files

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


def upload(shopper, name="a.png", content=PNG):
    return shopper.client.post(
        f"/chat/{shopper.widget.key}/files/",
        data={"file": SimpleUploadedFile(name, content)},
        headers={"Authorization": f"Bearer {shopper.token}", "Origin": SHOP},
    )


def test_a_file_goes_with_the_message_that_names_it(shopper, begun):
    sent = upload(shopper).json()
    said = shopper.say(str(begun.pk), "", files=[sent["id"]]).json()

    [file] = said["files"]
    assert (file["id"], file["name"], file["picture"]) == (sent["id"], "a.png", True)
    answer = shopper.client.get(file["url"], headers={"Origin": SHOP})
    assert b"".join(answer) == PNG
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert answer["Content-Security-Policy"].startswith("sandbox")


def test_a_link_that_was_changed_or_is_old_opens_nothing(shopper, begun):
    sent = upload(shopper).json()
    url = shopper.say(str(begun.pk), "", files=[sent["id"]]).json()["files"][0]["url"]

    assert shopper.client.get(url[:-1] + "0").status_code == 404 or url.endswith("0")
    assert shopper.client.get(url.split("?")[0]).status_code == 404
    with clock.at(clock.now() + timedelta(hours=2)):
        assert shopper.client.get(url).status_code == 404


def test_a_file_of_another_visitor_cannot_be_sent(shopper, another, begun):
    theirs = upload(another).json()["id"]

    assert shopper.say(str(begun.pk), "", files=[theirs]).json()["code"] == "bad_file"


def test_empty_and_large_files_are_refused(shopper):
    assert upload(shopper, content=b"").json()["code"] == "bad_file"
    assert upload(shopper, content=b"0" * (10 * 1024 * 1024 + 1)).json()["code"] == "too_large"


# Reading, and the end


def test_how_far_the_visitor_has_read(shopper, begun, alice):
    answered = actions.reply(begun.ticket, actor=alice, body="Soon.")
    shopper.post(f"chats/{begun.pk}/seen/", {"seq": answered.seq, "got": 10**6})
    shopper.post(f"chats/{begun.pk}/seen/", {"seq": 1, "got": 1})

    chat = Chat.objects.select_related("ticket").get(pk=begun.pk)
    assert chat.visitor_seen_seq == answered.seq
    assert chat.visitor_got_seq <= chat.ticket.seq


def test_what_the_visitor_ended_is_over(shopper, begun):
    shopper.post(f"chats/{begun.pk}/end/")

    assert shopper.say(str(begun.pk), "One more").json()["code"] == "chat_ended"
    assert shopper.begin("Again")["id"] != str(begun.pk)


def test_it_is_rated_at_the_end(shopper, begun, alice):
    shopper.post(f"chats/{begun.pk}/end/")
    answer = shopper.post(f"chats/{begun.pk}/rating/", {"score": 5, "comment": "Quick!"})

    chat = Chat.objects.get(pk=begun.pk)
    assert (answer.status_code, chat.score, chat.comment) == (204, 5, "Quick!")


def test_words_come_in_the_language_of_the_reader(widget, alice):
    shopper = Browser(widget, language="zh-TW").meet()
    begun = shopper.begin("你好")
    actions_of_chats.accept(Chat.objects.get(pk=begun["id"]), actor=alice)

    lines = [r["text"] for r in shopper.changes(begun["id"])["messages"] if r["from"] == "system"]
    assert shopper.get("config/").json()["lang"] == "zh-hant"
    assert lines and not lines[0].isascii()


def test_what_was_deleted_goes_from_the_page(shopper, begun, alice):
    said = actions.reply(begun.ticket, actor=alice, body="Wrong window")
    before = shopper.changes(str(begun.pk))["next"]
    actions.delete_message(said, actor=alice, reason="wrong")

    [row] = shopper.changes(str(begun.pk), after=before)["messages"]
    assert (row["id"], row["withdrawn"], row["text"]) == (str(said.pk), True, "")
    assert shopper.texts(str(begun.pk)) == ["Where is my lamp?"]


def test_a_browser_that_stays_away_is_forgotten(shopper, another, begun):
    with clock.at(clock.now() + timedelta(days=366)):
        actions_of_chats.forget_old_visitors()

    assert not Visitor.objects.filter(pk=another.visitor).exists()
    assert shopper.get("me/").json()["code"] == "bad_token"
    assert begun.ticket.messages.get().body == "Where is my lamp?"


def test_it_is_said_first_only_so_often(shopper, widget):
    first = ProactiveMessage.objects.create(widget=widget, texts={"en": "May we help?"})
    vip = ProactiveMessage.objects.create(widget=widget, texts={"en": "VIP"}, tiers=["vip"])
    offered = shopper.get("config/").json()["proactive"]
    shopper.post("shown/", {"id": str(first.pk)})

    assert [row["text"] for row in offered] == ["May we help?"]
    assert shopper.get("config/").json()["proactive"] == []
    with clock.at(clock.now() + timedelta(days=8)):
        assert len(shopper.get("config/").json()["proactive"]) == 1
    assert str(vip.pk) not in str(offered)
