"""Rules on their pages: put together, tried, switched, ordered, read; their buttons on tickets."""

import json

import pytest
from django.urls import reverse

from automation.actions.rules import enable_rule, save_rule
from automation.models import Rule, RuleRun
from core.models import Event
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
HIGH = {"do": "set_priority", "value": "30"}
WRITES = {"kind": "event", "events": ["message.received"]}
VIP = {"all": [{"fact": "tier", "is": "any", "value": ["standard"]}]}


def body(when=WRITES, given=VIP, then=(HIGH,)):
    return json.dumps({"when": when, "if": given, "then": list(then)})


def post(web, page, *args, **given):
    return web.post(reverse(f"automation:{page}", args=args), given)


def read(web, page, *args):
    return web.get(reverse(f"automation:{page}", args=args)).content.decode()


@pytest.mark.slow
def test_an_admin_makes_tries_and_switches_on_a_rule(
    sign_in, admin, alice, ticket, carol, inbox, mail_in, react
):
    web = sign_in(admin)
    made = post(web, "new_rule", name="Usual first", body=body())
    rule = Rule.objects.get()
    assert made.status_code == 302 and not rule.versions.get().is_in_force
    page = read(web, "rule", rule.pk)
    assert "When a customer writes, if the tier is" in page
    assert "Set the priority to: High" in page
    tried = read(web, "rule_trial", rule.pk)
    assert "The rule would have run once" in tried and f"#{ticket.number}" in tried
    assert "the priority: Normal → High" in tried
    assert Ticket.objects.get(pk=ticket.pk).priority == 20
    post(web, "switch_rule", rule.pk, on="yes")
    new = mail_in(inbox, "carol@example.org", "Again", "It flickers").ticket
    react()
    assert Ticket.objects.get(pk=new.pk).priority == 30
    log = read(web, "rule_runs", rule.pk)
    assert f"#{new.number}" in log and "the tier is" in log
    listed = read(web, "rules")
    assert "ran once in 30 days" in listed, listed[listed.index("rule-list") :][:3000]
    # The agent reads it on the ticket, and takes it back.
    desk = sign_in(alice)
    panel = read(desk, "rules_of_ticket", new.pk)
    assert "Usual first" in panel and "the priority: Normal → High" in panel
    story = desk.get(reverse("tickets:ticket", args=[new.pk])).content.decode()
    assert "The rule “Usual first” ran, because the tier is" in story
    undone = post(desk, "undo_rule", new.pk, run=RuleRun.objects.get().pk)
    assert "Undone by Alice Moreau" in undone.content.decode()
    assert Ticket.objects.get(pk=new.pk).priority == 20


@pytest.mark.slow
def test_a_rule_that_is_none_is_refused_and_stands_there_as_it_was_sent(sign_in, admin):
    web = sign_in(admin)
    wrong = {"all": [{"fact": "text", "is": "matches", "value": "(?=x)"}]}
    answer = post(web, "new_rule", name="X", body=body(given=wrong))
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "The expression is not understood" in page and "(?=x)" in page
    for raw in ("", "[]", "{", '{"when": 1}', json.dumps({"when": {}, "if": {}, "then": [1]})):
        assert post(web, "new_rule", name="X", body=raw).status_code == 400
    assert not Rule.objects.exists()


def test_the_sentence_follows_what_is_put_together(sign_in, admin):
    web = sign_in(admin)
    nested = {
        "any": [
            {"fact": "priority", "is": "greater", "value": 20},
            {"not": [{"fact": "tags", "is": "any", "value": ["gift", "toy"]}]},
        ]
    }
    steps = [HIGH, {"do": "add_tags", "value": ["hot"]}]
    told = post(web, "rule_sentence", body=body(given=nested, then=steps)).json()
    assert told == {
        "words": "When a customer writes, if the priority is above Normal or none of this: "
        "the tags have one of gift or toy: Set the priority to: High; Add the tags: hot.",
        "problem": "",
        "place": "",
    }
    told = post(web, "rule_sentence", body=body(then=[{"do": ""}])).json()
    assert told["place"] == "then.0" and told["problem"]


def test_rules_are_ordered(sign_in, admin):
    web = sign_in(admin)
    rules = [
        save_rule(None, actor=admin, name=n, trigger=WRITES, conditions={}, steps=[HIGH]).rule
        for n in "abc"
    ]
    post(web, "order_rules", ids=[rules[2].pk, rules[0].pk, rules[1].pk])
    assert [rule.name for rule in Rule.objects.all()] == ["c", "a", "b"]
    post(web, "move_rule", rules[1].pk, way="up")
    assert [rule.name for rule in Rule.objects.all()] == ["c", "b", "a"]


def test_one_that_is_on_is_not_deleted(sign_in, admin):
    web = sign_in(admin)
    made = save_rule(None, actor=admin, name="A", trigger=WRITES, conditions={}, steps=[HIGH])
    enable_rule(made.rule, actor=admin)
    post(web, "delete_rule", made.rule_id)
    assert Rule.objects.exists()
    post(web, "switch_rule", made.rule_id, on="no")
    post(web, "delete_rule", made.rule_id)
    assert not Rule.objects.exists()


def test_a_button_acts_as_whoever_presses_it(sign_in, admin, alice, ticket):
    made = save_rule(
        None, actor=admin, name="Ours", trigger={"kind": "manual"}, conditions={}, steps=[HIGH]
    )
    enable_rule(made.rule, actor=admin)
    web = sign_in(alice)
    assert "Ours" in read(web, "rules_of_ticket", ticket.pk)
    assert post(web, "run_rule", ticket.pk, version=made.pk).status_code == 200
    assert Event.objects.get(name="ticket.priority_changed").actor_id == alice.pk
    assert RuleRun.objects.get().by == alice


@pytest.mark.slow
def test_what_admins_write_is_escaped_in_a_story(sign_in, admin, alice, inbox, mail_in, react):
    name = "<b>{who}</b> & {0}"
    made = save_rule(None, actor=admin, name=name, trigger=WRITES, conditions={}, steps=[HIGH])
    enable_rule(made.rule, actor=admin)
    ticket = mail_in(inbox, "eve@example.org", "A", "1").ticket
    react()
    page = sign_in(alice).get(reverse("tickets:ticket", args=[ticket.pk])).content.decode()
    assert "The rule “&lt;b&gt;{who}&lt;/b&gt; &amp; {0}” ran" in page


@pytest.mark.slow
def test_the_api_tells_rules_and_what_they_did(api, admin, alice, inbox, mail_in, react):
    made = save_rule(None, actor=admin, name="A", trigger=WRITES, conditions=VIP, steps=[HIGH])
    enable_rule(made.rule, actor=admin)
    ticket = mail_in(inbox, "eve@example.org", "A", "1").ticket
    react()
    client = api(admin)
    [rule] = client.get(reverse("api:rules")).json()["results"]
    assert (rule["name"], rule["is_on"], rule["steps"]) == ("A", True, [HIGH])
    runs = client.get(reverse("api:rule_runs", args=[made.rule_id])).json()["results"]
    assert [run["ticket"] for run in runs] == ([str(ticket.pk)] if runs else [])
    assert api(alice).get(reverse("api:rules")).status_code == 403
