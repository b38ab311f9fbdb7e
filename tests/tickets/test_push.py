"""Waking browsers: in our name, at known services alone, with nothing in it."""

import base64
import json

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from core.errors import Invalid
from tickets import actions
from tickets.actions import push as push_actions
from tickets.models import PushSubscription
from tickets.queries import push

ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"


@pytest.fixture
def services(monkeypatch):
    """What would be sent; each answers 201, or what the test says."""
    sent = []

    def post(url, **options):
        sent.append((url, options))
        answer = requests.Response()
        answer.status_code = sent_status["code"]
        return answer

    sent_status = {"code": 201}
    monkeypatch.setattr(push_actions.requests, "post", post)
    monkeypatch.setattr(push_actions, "leads_outside", lambda host: True)
    sent_status["sent"] = sent
    return sent_status


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://user@fcm.googleapis.com/x",
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://[::1]/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilpush.apple.com.example/x",
        "https://notpush.services.mozilla.com.x/",
        "file:///etc/passwd",
        "https://[broken/x",
        "",
    ],
)
def test_no_other_address_is_ever_called(endpoint, alice):
    assert not push.is_push_service(endpoint)
    with pytest.raises(Invalid):
        actions.subscribe_to_push(alice, endpoint=endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        ENDPOINT,
        "https://updates.push.services.mozilla.com/wpush/v2/x",
        "https://web.push.apple.com/x",
        "https://wns2-par02p.notify.windows.com/w/?token=x",
    ],
)
def test_the_services_of_browsers_are_known(endpoint):
    assert push.is_push_service(endpoint)


def test_a_known_name_with_a_private_address_is_not_called(alice, monkeypatch):
    found = [(0, 0, 0, "", ("142.250.1.1", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(push.socket, "getaddrinfo", lambda *a, **k: found)
    assert not push.leads_outside("fcm.googleapis.com")
    monkeypatch.setattr(push.socket, "getaddrinfo", lambda *a, **k: found[:1])
    assert push.leads_outside("fcm.googleapis.com")


def test_news_wakes_the_browser_with_nothing_in_it(ticket, alice, bob, react, services):
    actions.subscribe_to_push(bob, endpoint=ENDPOINT, p256dh="k", auth="a")
    actions.add_note(ticket, actor=alice, body="Look.", mentions=[f"user:{bob.pk}"])
    react()
    [(url, options)] = services["sent"]
    assert url == ENDPOINT
    assert "data" not in options and "json" not in options
    assert options["allow_redirects"] is False
    assert options["headers"]["Authorization"].startswith("vapid t=")


def test_the_token_is_signed_with_the_key_browsers_know(alice):
    header = push.vapid_header(ENDPOINT)
    token, key = header.removeprefix("vapid t=").split(", k=")
    signed, _, signature = token.rpartition(".")
    raw = decode(signature)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(key))
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    claims = json.loads(decode(signed.partition(".")[2]))
    assert claims["aud"] == "https://fcm.googleapis.com"
    assert key == push.public_key()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_browser_that_is_gone_is_forgotten(alice, services):
    actions.subscribe_to_push(alice, endpoint=ENDPOINT)
    services["code"] = 500
    assert actions.wake_browsers(alice) == 0
    assert PushSubscription.objects.exists()
    services["code"] = 410
    actions.wake_browsers(alice)
    assert not PushSubscription.objects.exists()


def test_a_browser_belongs_to_who_signed_in_last(alice, bob, services):
    actions.subscribe_to_push(alice, endpoint=ENDPOINT)
    actions.subscribe_to_push(bob, endpoint=ENDPOINT)
    assert PushSubscription.objects.get().user_id == bob.pk
    actions.unsubscribe_from_push(alice, ENDPOINT)
    assert PushSubscription.objects.exists()
    actions.unsubscribe_from_push(bob, ENDPOINT)
    assert not PushSubscription.objects.exists()


def test_the_worker_is_served_from_the_root(client, db):
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "showNotification" in answer.content.decode()
