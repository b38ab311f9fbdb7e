"""What reaches the other side over HTTP, and how it can be sure that it is ours."""

import base64
import hashlib
import hmac
import re
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook as Standard
from standardwebhooks.webhooks import WebhookVerificationError

from automation.actions import webhook_sender
from automation.actions import webhooks as actions
from automation.actions.webhook_lines import put_in_line
from automation.actions.webhook_sender import Sender
from automation.models import Webhook, WebhookAttempt, WebhookDelivery, WebhookFeed
from core import clock
from core.clock import now
from core.errors import Invalid
from core.models import Event
from core.outside import Limits
from tests.automation.receiver import HANG, Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings):
    receiver = Receiver()
    settings.WEBHOOK_INTERNAL_HOSTS = {receiver.host}
    yield receiver
    receiver.stop()


@pytest.fixture
def webhook(receiver, ticket, admin):
    made = actions.save_webhook(None, actor=admin, name="ERP", url=receiver.url())
    Webhook.objects.update(created_at=now() - timedelta(days=1))
    # What the cast did lies behind the horizon; here events come by hand.
    WebhookFeed.objects.update(xid=2**62)
    return made


def line_up(webhook):
    events = list(Event.objects.filter(seq__isnull=False).order_by("seq"))
    rows = Webhook.objects.filter(pk=webhook.pk).prefetch_related("teams")
    put_in_line(events, list(rows), WebhookFeed.objects.get())
    return [str(event.pk) for event in events]


def verify(came, secret):
    """As the specification tells receivers, but at any time: these tests move the clock."""
    key = base64.b64decode(re.fullmatch(r"whsec_([A-Za-z0-9+/]+=*)", secret)[1], validate=True)
    assert 24 <= len(key) <= 64
    content = b".".join(
        [came.headers["webhook-id"].encode(), came.headers["webhook-timestamp"].encode(), came.body]
    )
    wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    given = [one.split(",", 1) for one in came.headers["webhook-signature"].split(" ")]
    return any(v == "v1" and hmac.compare_digest(s, wanted) for v, s in given)


def test_what_comes_is_signed_and_in_order(webhook, receiver):
    ids = line_up(webhook)
    Sender().run()

    assert receiver.ids() == ids
    for came in receiver.came:
        assert Standard(webhook.secret).verify(came.body, came.headers) == came.told
        with pytest.raises(WebhookVerificationError):
            Standard(webhook.secret).verify(came.body + b" ", came.headers)
        assert verify(came, webhook.secret) and not verify(came, "whsec_" + "A" * 44)
        assert abs(int(came.headers["webhook-timestamp"]) - now().timestamp()) < 5
        assert came.headers["content-type"] == "application/json"
        assert came.told["data"]["event"] == came.id
    assert [one.told["type"] for one in receiver.came] == ["ticket.opened", "message.received"]


def test_each_try_bears_the_same_id_and_its_own_time(webhook, receiver):
    first = line_up(webhook)[0]
    receiver.answers["/in"] = 500
    moment = now()
    with clock.at(moment):
        Sender().run()
    with clock.at(moment + timedelta(minutes=1)):
        Sender().run()

    assert receiver.ids() == [first, first]
    one, two = receiver.came
    assert one.body == two.body
    assert int(two.headers["webhook-timestamp"]) - int(one.headers["webhook-timestamp"]) == 60
    assert verify(one, webhook.secret) and verify(two, webhook.secret)


def test_while_a_secret_is_replaced_either_is_right(webhook, receiver, admin):
    line_up(webhook)
    old, new = webhook.secret, actions.renew_secret(webhook, actor=admin)
    receiver.answers["/in"] = 500
    Sender().run()
    assert verify(receiver.came[-1], old) and verify(receiver.came[-1], new)

    with clock.at(now() + actions.OVERLAP):
        Sender().run()
    assert verify(receiver.came[-1], new) and not verify(receiver.came[-1], old)


def test_a_secret_that_leaked_is_ended_at_once(webhook, receiver, admin):
    line_up(webhook)
    old = webhook.secret
    actions.renew_secret(webhook, actor=admin)
    actions.end_old_secret(webhook, actor=admin)
    Sender().run()
    assert not verify(receiver.came[-1], old)


def test_a_redirect_is_not_followed(webhook, receiver):
    line_up(webhook)
    receiver.answers["/in"], receiver.extra = 302, {"Location": receiver.url("/elsewhere")}
    Sender().run()
    assert [one.path for one in receiver.came] == ["/in"]
    assert WebhookAttempt.objects.get().problem == "redirect"


def test_the_beginning_of_a_refusal_is_kept_sealed(webhook, receiver):
    line_up(webhook)
    receiver.answers["/in"], receiver.said = 422, b"No such order. " + b"x" * 5000
    Sender().run()
    attempt = WebhookAttempt.objects.get()
    assert (attempt.code, attempt.problem) == (422, "status")
    assert attempt.said.startswith("No such order.") and len(attempt.said) == 1024
    assert attempt.__dict__["said"].ciphertext.find(b"such order") < 0


@pytest.mark.slow
def test_dead_and_hanging_ones_hold_up_nobody(webhook, receiver, monkeypatch, admin):
    limits = Limits(connect=0.5, whole=0.6)
    monkeypatch.setattr(webhook_sender, "LIMITS", limits)
    ways = {"Dead": "http://127.0.0.1:1/", "Hangs": receiver.url("/hang")}
    receiver.answers["/hang"] = HANG
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions, "refuses", lambda _url: "")
        others = [
            actions.save_webhook(None, actor=admin, name=name, url=url)
            for name, url in ways.items()
        ]
    Webhook.objects.update(created_at=now() - timedelta(days=1))
    ids = {one.name: line_up(one) for one in [*others, webhook]}

    Sender(places=4).run()

    assert receiver.ids() == ids["ERP"]
    states = WebhookDelivery.objects.values_list("webhook__name", "state", "problem")
    assert ("Hangs", "waiting", "timeout") in states
    # It was not called at all: it is inside, and not named.
    assert ("Dead", "waiting", "address") in states
    assert receiver.ids("/hang") == ids["Hangs"][:1]


def test_it_is_tried_out_at_once_past_its_line(webhook, receiver, admin):
    line_up(webhook)
    tried = actions.try_webhook(webhook, actor=admin)
    assert (tried.problem, tried.code) == ("", 204)
    [came] = receiver.came
    assert came.told["type"] == "webhook.tested" and verify(came, webhook.secret)
    assert WebhookDelivery.objects.filter(state="delivered").count() == 0


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://169.254.169.254/latest", "https://10.0.0.7/", "https://[::1]/"],
)
def test_an_address_inside_is_refused_when_it_is_entered(url, admin):
    with pytest.raises(Invalid) as refused:
        actions.save_webhook(None, actor=admin, name="x", url=url)
    assert refused.value.extra == {"field": "url"}
    assert "WEBHOOK_INTERNAL_HOSTS" in refused.value.reason


def test_an_address_that_came_to_lead_inside_is_not_called(webhook, receiver, settings):
    line_up(webhook)
    Webhook.objects.get()
    row = Webhook.objects.get()
    row.url = "https://erp.example/in"
    row.save()
    with pytest.MonkeyPatch.context() as patch:
        inside = [(2, 1, 6, "", ("127.0.0.1", 443))]
        patch.setattr("core.outside.socket.getaddrinfo", lambda *_g, **_m: inside)
        Sender().run()
    assert WebhookAttempt.objects.get().problem == "inside"
    assert receiver.came == []
