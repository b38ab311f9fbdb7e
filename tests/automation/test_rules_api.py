"""Rules by programs: the same actions as on their pages, with the same rights."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from automation.actions.rule_account import change_rule_account
from automation.models import Rule, RuleRun
from core.models import Event
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
SAYS = {
    "trigger": {"kind": "event", "events": ["message.received"]},
    "conditions": {"all": [{"fact": "tier", "is": "any", "value": ["standard"]}]},
    "steps": [{"do": "set_priority", "value": "30"}],
}


@pytest.fixture
def api(admin):
    client = APIClient()
    client.force_authenticate(admin)
    return client


def at(page, *args):
    return reverse(f"api:{page}", args=args)


def post(api, page, *args, body=None, key="", status=201):
    headers = {"Idempotency-Key": key} if key else {}
    answer = api.post(at(page, *args), body or {}, format="json", headers=headers)
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.fixture
def made(api):
    return post(api, "rules", body={"name": "Usual first"} | SAYS)


def test_one_is_made_changed_switched_and_deleted(api, made):
    assert not made["is_on"] and made["draft"]["version"] == 1
    on = post(api, "switch_rule", made["id"], body={"on": True})
    assert on["is_on"] and on["draft"] is None
    steps = [{"do": "add_tags", "value": ["late"]}]
    changed = api.patch(at("rule", made["id"]), {"steps": steps}, format="json").json()
    assert changed["steps"] == SAYS["steps"]  # in force is what was
    assert changed["draft"]["steps"] == steps
    assert changed["draft"]["conditions"] == SAYS["conditions"]
    assert api.delete(at("rule", made["id"])).status_code == 400  # it acts
    assert not post(api, "switch_rule", made["id"], body={"on": False})["is_on"]
    assert api.delete(at("rule", made["id"])).status_code == 204
    assert api.get(at("rule", made["id"])).status_code == 404
    assert not Rule.objects.exists()


def test_the_same_request_is_carried_out_once(api):
    body = {"name": "Usual first"} | SAYS
    first = post(api, "rules", body=body, key="k1")
    assert post(api, "rules", body=body, key="k1")["id"] == first["id"]
    assert Rule.objects.count() == 1
    post(api, "switch_rule", first["id"], body={"on": True}, key="k2")
    post(api, "switch_rule", first["id"], body={"on": True}, key="k2")
    assert Event.objects.filter(name="rule.changed").count() == 1
    post(api, "switch_rule", first["id"], body={"on": True}, status=400)  # nothing to switch on


def test_what_is_no_rule_is_refused_with_its_place(api):
    def refused(**parts):
        body = {"name": "X"} | SAYS | parts
        return post(api, "rules", body=body, status=400)

    assert refused(steps=[{"do": "fly"}])["field"] == "then.0"
    assert refused(steps=[{"do": "add_tags", "value": 5}])["field"] == "then.0"
    assert refused(steps=[{"do": "notify", "value": 5}])["field"] == "then.0"
    wrong = [{"fact": "colour", "is": "any", "value": ["red"]}]
    assert refused(conditions={"all": wrong})["field"] == "if.0.fact"
    assert refused(trigger={"kind": "event", "events": []})["field"] == "when.events"
    assert "trigger" in refused(trigger={"kind": "event", "colour": "red"})["errors"]
    assert "trigger" in refused(trigger={"kind": "event", "events": 5})["errors"]
    assert not Rule.objects.exists()


def test_nobody_switches_on_what_the_account_may_not(api, admin):
    change_rule_account(actor=admin, name="Rules", rights=[], teams=None)
    made = post(api, "rules", body={"name": "X"} | SAYS)
    assert post(api, "switch_rule", made["id"], body={"on": True}, status=400)["field"] == "account"


def test_their_order_is_set(api, made):
    other = post(api, "rules", body={"name": "Other"} | SAYS)
    answer = post(api, "order_rules", body={"rules": [other["id"]]})
    assert [one["name"] for one in answer["results"]] == ["Other", "Usual first"]


@pytest.mark.slow
def test_it_is_tried_and_its_log_is_read(api, made, ticket, carol, inbox, mail_in, react, alice):
    tried = api.get(at("rule_backtest", made["id"]), {"days": 7}).json()
    assert tried["ran"] == 1 and tried["changed"] == 1 and tried["days"] == 7
    [hit] = tried["hits"]
    assert (hit["ticket"], hit["event"]) == (str(ticket.pk), "message.received")
    assert hit["steps"][0]["changes"] == {"priority": [20, 30]} and hit["seen"][0]["holds"]
    assert Ticket.objects.get(pk=ticket.pk).priority == 20
    assert api.get(at("rule_backtest", made["id"]), {"days": 8}).status_code == 400
    post(api, "switch_rule", made["id"], body={"on": True})
    new = mail_in(inbox, "carol@example.org", "Again", "It flickers").ticket
    react()
    [run] = api.get(at("rule_runs", made["id"])).json()["results"]
    assert run["ticket"] == str(new.pk) and run["state"] == "done"
    assert api.get(at("rule_runs", made["id"]), {"state": "refused"}).json()["results"] == []
    assert api.get(at("rule_runs", made["id"]), {"state": "x"}).status_code == 400
    assert api.get(at("rule", made["id"])).json()["ran"] == 1
    assert RuleRun.objects.count() == 1
