"""Settings › Webhooks: adding one, its secret once, its log, sending once more."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts import actions as accounts
from accounts.models import User
from automation.actions import webhook_sender
from automation.actions.webhook_lines import Outcome
from automation.actions.webhook_sender import Sender
from automation.models import Webhook, WebhookDelivery, WebhookFeed
from core.clock import now
from tests.automation.test_webhooks_lines import BUSY, FAR, Carrier, line_up
from tickets.actions import add_note

pytestmark = pytest.mark.django_db
OUTSIDE = "https://93.184.216.34/in?key=4711"


@pytest.fixture
def web(sign_in, admin):
    return sign_in(admin)


@pytest.fixture
def webhook(web, ticket):
    web.post(reverse("automation:new_webhook"), {"name": "ERP", "url": OUTSIDE})
    Webhook.objects.update(created_at=now() - timedelta(days=1))
    WebhookFeed.objects.update(xid=FAR)
    return Webhook.objects.get()


def page(client, name, *args, **query):
    answer = client.get(reverse(f"automation:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_any_the_page_says_what_they_are_for(web):
    assert "Nobody is told yet" in page(web, "webhooks")


def test_one_is_added_and_its_secret_is_shown_once(web):
    events = ["ticket.opened", "sla.breached"]
    made = web.post(
        reverse("automation:new_webhook"), {"name": "ERP", "url": OUTSIDE, "events": events}
    )
    webhook = Webhook.objects.get()
    assert made.status_code == 200 and webhook.secret in made.content.decode()
    assert webhook.events == events and webhook.is_on
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", webhook.secret)
    again = page(web, "webhook", webhook.pk)
    assert webhook.secret not in again and "whsec_" not in again
    listed = page(web, "webhooks")
    assert "93.184.216.34" in listed and "key=4711" not in listed and "2 events" in listed


def test_an_address_inside_is_refused_at_its_field(web):
    given = {"name": "ERP", "url": "https://10.0.0.7/in"}
    answer = web.post(reverse("automation:new_webhook"), given)
    assert answer.status_code == 400 and "own network" in answer.content.decode()
    given["url"] = "http://93.184.216.34/in"
    answer = web.post(reverse("automation:new_webhook"), given)
    assert answer.status_code == 400 and "Only https" in answer.content.decode()
    assert not Webhook.objects.exists()


def test_two_of_a_name_are_refused(web, webhook):
    answer = web.post(reverse("automation:new_webhook"), {"name": "ERP", "url": OUTSIDE})
    assert answer.status_code == 400 and Webhook.objects.count() == 1


def test_the_secret_is_replaced_with_an_overlap_that_can_be_ended(web, webhook):
    old = webhook.secret
    shown = web.post(reverse("automation:renew_webhook_secret", args=[webhook.pk]))
    webhook = Webhook.objects.get()
    content = shown.content.decode()
    assert webhook.secret in content and old not in content and "Two secrets sign" in content
    assert webhook_sender.valid_secrets(webhook) == [webhook.secret, old]
    web.post(reverse("automation:end_webhook_secret", args=[webhook.pk]))
    assert webhook_sender.valid_secrets(Webhook.objects.get()) == [webhook.secret]


def test_a_test_says_what_came_of_it(web, webhook, monkeypatch):
    for outcome, words in (
        (Outcome(code=204, milliseconds=12), "The test was taken."),
        (Outcome("status", code=404), "It did not take it. Answer: 404."),
        (Outcome("certificate"), "Its certificate is not valid"),
        (Outcome("timeout"), "It did not answer within 10 seconds."),
    ):
        monkeypatch.setattr(
            "automation.actions.webhooks.try_webhook", lambda *_g, _o=outcome, **_m: _o
        )
        answer = web.post(reverse("automation:try_webhook", args=[webhook.pk]))
        assert words in answer.content.decode()


def test_the_log_shows_each_try_and_sends_once_more(web, webhook, ticket, alice):
    add_note(ticket, actor=alice, body="kaleidoscope")
    first, *_rest = line_up(webhook)
    Sender(carry=Carrier(Outcome("status", code=503, said="Busy just now", milliseconds=7))).run()
    log = page(web, "webhook_deliveries", webhook.pk)
    assert "ticket.opened" in log and "It did not take it." in log and f"#{ticket.number}" in log
    detail = page(web, "webhook_delivery", first.pk)
    assert "Busy just now" in detail and str(first.event_id) in detail
    assert "kaleidoscope" not in detail and "7 ms" in detail
    assert "Nothing was given up." in page(web, "webhook_deliveries", webhook.pk, state="dead")

    WebhookDelivery.objects.filter(pk=first.pk).update(state="dead")
    dead = page(web, "webhook_deliveries", webhook.pk, state="dead")
    assert "ticket.opened" in dead and "message.received" not in dead
    replay = reverse("automation:replay_webhook", args=[webhook.pk])
    web.post(replay, {"only": str(first.pk)})
    assert WebhookDelivery.objects.get(pk=first.pk).state == "waiting"
    WebhookDelivery.objects.update(state="dead")
    web.post(replay)
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"waiting"}
    assert web.post(replay, {"only": "nonsense"}).status_code == 302


def test_a_time_too_far_back_is_refused_at_its_field(web, webhook):
    since = reverse("automation:replay_webhook_since", args=[webhook.pk])
    answer = web.post(since, {"since": "2020-01-01T00:00"})
    assert answer.status_code == 400 and "last 30 days" in answer.content.decode()


def test_one_that_fails_says_so_and_is_tried_at_once_on_demand(web, webhook):
    line_up(webhook)
    Sender(carry=Carrier(BUSY)).run()
    assert "fails" in page(web, "webhooks") and "Try now" in page(web, "webhook", webhook.pk)
    web.post(reverse("automation:retry_webhook", args=[webhook.pk]))
    assert Webhook.objects.get().retry_at is None


def test_off_and_on_and_gone(web, webhook):
    switch = reverse("automation:switch_webhook", args=[webhook.pk])
    web.post(switch, {"on": "no"})
    assert not Webhook.objects.get().is_on
    assert "does not come into its line" in page(web, "webhook", webhook.pk)
    web.post(switch, {"on": "yes"})
    assert Webhook.objects.get().is_on
    web.post(reverse("automation:remove_webhook", args=[webhook.pk]))
    assert not Webhook.objects.exists()


def test_nobody_has_others_told_what_they_may_not_see(
    web, webhook, admin, support, billing, sign_in
):
    role = accounts.add_role("Hooks", areas=["read", "webhooks"], actor=admin)
    lead = accounts.add_user("lead@demo.test", name="Lea", role="agent", teams=[support])
    lead.groups.set([Group.objects.get(pk=role.pk)])
    client = sign_in(User.objects.get(pk=lead.pk))
    new = reverse("automation:new_webhook")

    assert "ERP" not in page(client, "webhooks")
    assert client.get(reverse("automation:webhook", args=[webhook.pk])).status_code == 404
    for teams in ([], [billing.pk], [support.pk, billing.pk]):
        given = {"name": "Mine", "url": OUTSIDE, "teams": teams}
        assert client.post(new, given).status_code == 400
    given = {"name": "Mine", "url": OUTSIDE, "teams": [support.pk]}
    assert client.post(new, given).status_code == 200
    assert "Mine" in page(client, "webhooks")
