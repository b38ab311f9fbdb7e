"""Webhooks by programs: the same actions as on their pages, and a secret that is told once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from rest_framework.test import APIClient

from accounts import actions as accounts
from accounts.models import User
from automation.actions.webhook_lines import Outcome
from automation.models import Webhook, WebhookDelivery, WebhookFeed
from core.clock import now
from tests.automation.test_webhooks_lines import FAR, line_up

pytestmark = pytest.mark.django_db
OUTSIDE = "https://93.184.216.34/in?key=4711"


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def api(admin):
    return client_of(admin)


def at(page, *args):
    return reverse(f"api:{page}", args=args)


def post(api, page, *args, body=None, key="", status=201):
    headers = {"Idempotency-Key": key} if key else {}
    answer = api.post(at(page, *args), body or {}, format="json", headers=headers)
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.fixture
def made(api):
    return post(api, "webhooks", body={"name": "ERP", "url": OUTSIDE}, key="k1")


def test_a_secret_is_told_once_and_never_again(api, made):
    webhook = Webhook.objects.get()
    assert made["secret"] == webhook.secret and made["state"] == "on"
    again = post(api, "webhooks", body={"name": "ERP", "url": OUTSIDE}, key="k1")
    assert again["id"] == made["id"] and again["secret"] is None
    renewed = post(api, "webhook_secret", made["id"], key="k2")
    webhook = Webhook.objects.get()
    assert renewed["secret"] == webhook.secret != made["secret"]
    assert webhook.old_secret == made["secret"] and renewed["old_secret_until"]
    assert post(api, "webhook_secret", made["id"], key="k2")["secret"] is None
    assert Webhook.objects.get().secret == webhook.secret
    for page in (at("webhook", made["id"]), at("webhooks")):
        assert "whsec_" not in api.get(page).content.decode()
    assert post(api, "end_webhook_secret", made["id"])["old_secret_until"] is None
    assert Webhook.objects.get().old_secret == ""


def test_one_is_changed_switched_and_removed(api, made, support):
    given = {"events": ["ticket.opened"], "teams": [str(support.pk)]}
    changed = api.patch(at("webhook", made["id"]), given, format="json").json()
    assert changed["events"] == ["ticket.opened"] and changed["teams"] == [str(support.pk)]
    assert (changed["name"], changed["url"]) == ("ERP", OUTSIDE)
    assert post(api, "switch_webhook", made["id"], body={"on": False})["state"] == "off"
    assert post(api, "switch_webhook", made["id"], body={"on": True})["state"] == "on"
    assert api.delete(at("webhook", made["id"])).status_code == 204
    assert not Webhook.objects.exists()


def test_what_cannot_be_is_refused(api, made, ticket):
    def refused(**given):
        return post(api, "webhooks", body={"name": "X", "url": OUTSIDE} | given, status=400)

    assert refused(url="https://10.0.0.7/in")["field"] == "url"
    assert refused(url="http://93.184.216.34/")["field"] == "url"
    assert refused(name="ERP")["field"] == "name"
    assert "events" in refused(events=["sun.rose"])["errors"]
    assert "teams" in refused(teams=[str(ticket.pk)])["errors"]


@pytest.mark.slow
def test_deliveries_are_read_and_sent_once_more(api, made, ticket):
    Webhook.objects.update(created_at=now() - timedelta(days=1))
    WebhookFeed.objects.update(xid=FAR)
    line_up(Webhook.objects.get())
    log = api.get(at("webhook_deliveries", made["id"])).json()["results"]
    assert {one["state"] for one in log} == {"waiting"}
    one, *rest = WebhookDelivery.objects.order_by("place")
    WebhookDelivery.objects.update(state="dead", ended_at=now())
    one.tries.create(code=500, problem="status", said="no")
    shown = api.get(at("webhook_delivery", one.pk)).json()
    assert shown["payload"] == one.payload and shown["tries"][0]["said"] == "no"
    assert post(api, "replay_webhook", made["id"], body={"only": str(one.pk)})["count"] == 1
    dead = api.get(at("webhook_deliveries", made["id"]), {"state": "dead"}).json()["results"]
    assert {row["id"] for row in dead} == {str(row.pk) for row in rest}
    assert post(api, "replay_webhook", made["id"], key="k9")["count"] == len(rest)
    assert post(api, "replay_webhook", made["id"], key="k9")["count"] is None
    since = {"since": (now() - timedelta(days=40)).isoformat()}
    assert post(api, "replay_webhook", made["id"], body=since, status=400)["field"] == "since"
    both = {"since": now().isoformat(), "only": str(one.pk)}
    post(api, "replay_webhook", made["id"], body=both, status=400)
    post(api, "replay_webhook", made["id"], body={"only": str(ticket.pk)}, status=400)
    assert post(api, "retry_webhook", made["id"])["retry_at"] is None


def test_one_is_tried_out(api, made, monkeypatch):
    said = Outcome(code=503, problem="status", milliseconds=7, said="later")
    monkeypatch.setattr("automation.actions.webhooks.try_webhook", lambda *_g, **_m: said)
    tried = post(api, "test_webhook", made["id"])
    assert tried == {"problem": "status", "code": 503, "milliseconds": 7, "said": "later"}


def test_nobody_has_others_told_what_they_may_not_see(api, made, admin, support, billing):
    role = accounts.add_role("Hooks", areas=["read", "webhooks"], actor=admin)
    lead = accounts.add_user("lead@demo.test", name="Lea", role="agent", teams=[support])
    lead.groups.set([Group.objects.get(pk=role.pk)])
    client = client_of(User.objects.get(pk=lead.pk))
    assert client.get(at("webhooks")).json() == {"results": []}
    assert client.get(at("webhook", made["id"])).status_code == 404
    for teams in ([], [str(billing.pk)], [str(support.pk), str(billing.pk)]):
        given = {"name": "Mine", "url": OUTSIDE, "teams": teams}
        assert client.post(at("webhooks"), given, format="json").status_code in (400, 403)
    assert not Webhook.objects.filter(name="Mine").exists()
    given = {"name": "Mine", "url": OUTSIDE, "teams": [str(support.pk)]}
    mine = post(client, "webhooks", body=given)
    back = client.patch(at("webhook", mine["id"]), {"teams": []}, format="json")
    assert back.status_code in (400, 403)
