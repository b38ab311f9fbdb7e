"""What hosted mail senders post: theirs or not, stored once, and nothing lost of it."""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from urllib.parse import urlencode

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from connectors.actions import hooks as hook_actions
from connectors.models import RawDelivery, Suppression
from connectors.queries import is_suppressed, read_inbound, read_raw
from connectors.views import hooks as hook_pages
from core.models import Event

pytestmark = pytest.mark.django_db

KEY = "mailgun-signing-key"
USER = "hook:sixty lamps"
# Not UTF-8: a mail is bytes.
RAW = (
    b"From: Carol <carol@example.org>\r\nTo: support@demo.test\r\nSubject: Lamp\r\n"
    b"Message-ID: <1@example.org>\r\nContent-Type: text/plain; charset=latin-1\r\n\r\n"
    b"Die Lampe fl\xe4ckert & flackert.\r\n"
)
PARSED = {
    "sender": "carol@example.org",
    "recipient": "support@demo.test",
    "message-headers": json.dumps(
        [["From", "Carol <carol@example.org>"], ["Subject", "Lamp"], ["Message-Id", "<2@x.test>"]]
    ),
    "body-plain": "It flickers.",
    "body-html": "<p>It flickers.</p>",
}


@pytest.fixture
def door(inbox):
    inbox.credentials = {
        "hooks": {
            "mailgun": {"webhook_signing_key": KEY},
            "postmark": {"webhook_secret": USER},
            "sendgrid": {"webhook_secret": USER},
            "sparkpost": {"webhook_secret": USER},
        }
    }
    inbox.save()
    return inbox


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def url_of(inbox, provider, name="hook"):
    return reverse(f"connectors:{name}", args=[inbox.pk, provider])


def signature(key=KEY):
    stamp, token = str(int(time.time())), "t" * 50
    signed = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": stamp, "token": token, "signature": signed}


def basic(user=USER):
    return {"HTTP_AUTHORIZATION": f"Basic {b64encode(user.encode()).decode()}"}


def form(fields, name, raw):
    """As the providers post it: a field that holds the mail, with no file name."""
    lines = [
        f'--xyz\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    lines.append(f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode())
    return b"".join(lines) + raw + b"\r\n--xyz--\r\n"


def post_mailgun(client, inbox, raw=RAW, *, key=KEY):
    fields = signature(key) | {"sender": "carol@example.org", "recipient": "support@demo.test"}
    body = form(fields, "body-mime", raw)
    kind = "multipart/form-data; boundary=xyz"
    return client.post(url_of(inbox, "mailgun"), body, content_type=kind)


def post_postmark(client, inbox, event, **headers):
    body = json.dumps(event)
    url = url_of(inbox, "postmark")
    return client.post(url, body, content_type="application/json", **(headers or basic()))


# Stored


def test_the_raw_mail_is_kept_byte_for_byte(client, door):
    assert post_mailgun(client, door).status_code == 200
    delivery = RawDelivery.objects.get()
    assert read_raw(delivery) == RAW
    assert delivery.source == "hook"
    assert delivery.envelope == {
        "mail_from": "carol@example.org",
        "rcpt_to": ["support@demo.test"],
    }


def test_the_raw_mail_of_a_plain_form_too(client, door):
    fields = signature() | {"body-mime": RAW, "recipient": "support@demo.test"}
    kind = "application/x-www-form-urlencoded"
    response = client.post(url_of(door, "mailgun"), urlencode(fields), content_type=kind)
    assert response.status_code == 200
    assert read_raw(RawDelivery.objects.get()) == RAW


def test_a_mail_larger_than_any_form_is_taken(client, door):
    raw = RAW + b"word " * 1_600_000
    assert post_mailgun(client, door, raw).status_code == 200
    assert read_raw(RawDelivery.objects.get()) == raw


def test_a_post_beyond_all_limits_is_refused(client, door, monkeypatch):
    monkeypatch.setattr("connectors.views.hooks.MAX_BODY_BYTES", 100)
    assert post_mailgun(client, door).status_code == 413
    assert not RawDelivery.objects.exists()


def test_a_provider_that_keeps_the_original_has_it_rebuilt(client, door, react):
    response = client.post(url_of(door, "mailgun"), signature() | PARSED)
    assert response.status_code == 200
    inbound = read_inbound(RawDelivery.objects.get())
    assert (inbound.sender.email, inbound.subject) == ("carol@example.org", "Lamp")
    assert inbound.text.strip() == "It flickers."


def test_the_mail_becomes_a_request(client, door, react):
    post_mailgun(client, door)
    react()
    delivery = RawDelivery.objects.get()
    assert (delivery.state, bool(delivery.ticket_id)) == ("applied", True)


@pytest.mark.parametrize(
    ("provider", "event"),
    [
        ("postmark", {"RawEmail": RAW.decode("latin-1"), "OriginalRecipient": "support@demo.test"}),
        (
            "sparkpost",
            [
                {
                    "msys": {
                        "relay_message": {
                            "msg_from": "carol@example.org",
                            "rcpt_to": "support@demo.test",
                            "content": {
                                "email_rfc822": b64encode(RAW).decode(),
                                "email_rfc822_is_base64": True,
                            },
                        }
                    }
                }
            ],
        ),
    ],
)
def test_providers_that_post_json(client, door, provider, event):
    body = json.dumps(event)
    url = url_of(door, provider)
    response = client.post(url, body, content_type="application/json", **basic())
    assert response.status_code == 200
    assert RawDelivery.objects.get().envelope["rcpt_to"] == ["support@demo.test"]


def test_sendgrids_raw_form(client, door):
    envelope = {"from": "carol@example.org", "to": ["support@demo.test"]}
    body = form({"envelope": json.dumps(envelope)}, "email", RAW)
    kind = "multipart/form-data; boundary=xyz"
    response = client.post(url_of(door, "sendgrid"), body, content_type=kind, **basic())
    assert response.status_code == 200
    delivery = RawDelivery.objects.get()
    assert (read_raw(delivery), delivery.envelope["mail_from"]) == (RAW, "carol@example.org")


# Once


def test_a_repeated_post_is_the_mail_we_have(client, door):
    for _ in range(3):
        assert post_mailgun(client, door).status_code == 200
    assert RawDelivery.objects.count() == 1


def test_a_repeated_post_without_the_original_too(client, door):
    for _ in range(3):
        assert client.post(url_of(door, "mailgun"), signature() | PARSED).status_code == 200
    assert RawDelivery.objects.count() == 1


def test_what_could_not_be_stored_is_not_acknowledged(client, door, monkeypatch):
    def fail(*args, **fields):
        raise DatabaseError

    monkeypatch.setattr(hook_actions, "store_raw", fail)
    assert post_mailgun(client, door).status_code >= 500


# Theirs or not


def refused(response):
    return response.status_code == 403 and response.content == b"Refused.\n"


def test_a_wrong_signature_is_refused_without_a_word(client, door):
    assert refused(post_mailgun(client, door, key="another"))
    assert not RawDelivery.objects.exists()


@pytest.mark.parametrize("headers", [{"HTTP_X": "1"}, basic("hook:wrong"), basic("x")])
def test_a_wrong_password_is_refused_the_same_way(client, door, headers):
    assert refused(post_postmark(client, door, {"RawEmail": "x"}, **headers))


def test_an_inbox_without_a_secret_lets_nobody_in(client, inbox):
    assert refused(post_mailgun(client, inbox))
    assert refused(post_postmark(client, inbox, {"RawEmail": "x"}))


def test_nobody_without_a_secret_fills_our_memory(client, inbox, monkeypatch):
    def read(request):
        raise AssertionError("the body was read")

    monkeypatch.setattr(hook_pages, "_read_body", read)

    assert client.post(url_of(inbox, "mailgun"), {"x": "y"}).status_code == 403
    assert client.post(url_of(inbox, "mailgun", "hook_tracking"), {"x": "y"}).status_code == 403


def test_a_secret_left_empty_is_none(client, inbox):
    inbox.credentials = {"hooks": {"mailgun": {"webhook_signing_key": ""}}}
    inbox.save()
    assert refused(post_mailgun(client, inbox, key=""))


def test_the_secret_of_one_inbox_opens_no_other(client, door, billing_inbox):
    assert refused(post_mailgun(client, billing_inbox))


def test_unknown_providers_and_inboxes_look_the_same(client, door, brand_less):
    assert refused(client.post(url_of(door, "nobody"), b"x", content_type="text/plain"))
    url = reverse("connectors:hook", args=[brand_less, "mailgun"])
    assert refused(client.post(url, signature() | PARSED))


@pytest.fixture
def brand_less():
    return "00000000-0000-7000-8000-000000000000"


def test_no_form_of_a_browser_is_needed_and_none_is_shown(client, door):
    assert client.get(url_of(door, "mailgun")).status_code == 405


def test_nonsense_from_the_true_provider_is_not_acknowledged(client, door):
    assert post_postmark(client, door, ["no", "event"]).status_code >= 400
    assert not RawDelivery.objects.exists()


# What became of ours


def bounce(**changes):
    return {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "TypeCode": 1,
        "MessageID": "b7bc2f4a",
        "Email": "gone@example.org",
        "BouncedAt": "2026-01-05T16:33:54.9Z",
        "Details": "smtp;550 5.1.1 gone@example.org unknown",
        "ID": 1,
    } | changes


def track(client, inbox, event, **headers):
    body, url = json.dumps(event), url_of(inbox, "postmark", "hook_tracking")
    return client.post(url, body, content_type="application/json", **(headers or basic()))


def test_a_final_bounce_suppresses_the_address(client, door):
    assert track(client, door, bounce()).status_code == 200
    assert is_suppressed("gone@example.org")
    event = Event.objects.get(name="mail.bounced")
    assert event.details["final"] and "gone" not in json.dumps(event.details)


def test_a_complaint_suppresses_too(client, door):
    complaint = bounce(RecordType="SpamComplaint", Type="SpamComplaint", TypeCode=512)
    assert track(client, door, complaint).status_code == 200
    assert Suppression.objects.get().reason == "complaint"


def test_what_is_tried_again_suppresses_nobody(client, door):
    track(client, door, bounce(Type="SoftBounce", TypeCode=4096))
    track(client, door, bounce(Type="Transient", TypeCode=2))
    assert not Suppression.objects.exists()


def test_reports_need_the_secret_as_well(client, door):
    assert refused(track(client, door, bounce(), **basic("hook:wrong")))
    assert not Suppression.objects.exists()


def test_an_admin_keeps_a_secret_and_never_sees_it_again(admin, sign_in, inbox, client):
    browser = sign_in(admin)
    url = reverse("connectors:mailbox_hook", args=[inbox.pk])
    fields = {"provider": "mailgun", "name": "webhook_signing_key", "secret": KEY}
    page = browser.post(url, fields, follow=True).content.decode()
    assert KEY not in page
    assert post_mailgun(client, inbox).status_code == 200
    browser.post(url, fields | {"secret": ""})
    assert refused(post_mailgun(client, inbox))
