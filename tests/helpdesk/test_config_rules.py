"""Rules, as whom they act, and webhooks travel with the configuration."""

import pytest

from automation.actions.rule_account import change_rule_account, find_rule_account
from automation.actions.rules import enable_rule, save_rule
from automation.actions.webhooks import save_webhook, switch_webhook
from automation.models import Rule, RuleAccount, RuleVersion, Webhook
from core.errors import Invalid
from helpdesk.config.errors import ConfigRefused
from helpdesk.config.files import read_folder, write_folder
from helpdesk.config.plan import apply, export, plan
from tickets.models import Macro

pytestmark = pytest.mark.django_db
MINE = ("webhooks", "rule_account", "rules")
OUTSIDE = "https://93.184.216.34/in?key=4711"
WRITES = {"kind": "event", "events": ["message.received"]}


def exported():
    return {name: export().sections[name] for name in MINE}


@pytest.fixture
def ruled(admin, bob, support, billing):
    """One in force that names a team, a person, a macro and a webhook; one that is a draft."""
    hook = save_webhook(
        None, actor=admin, name="ERP", url=OUTSIDE, events=["ticket.opened"], teams=[support]
    )
    macro = Macro.objects.create(name="Hello", body="Hello")
    rights = ["tickets.change_ticket", "tickets.reply_ticket"]
    change_rule_account(actor=admin, name="Robot", rights=rights, teams=[support, billing])
    draft = save_rule(
        None,
        actor=admin,
        name="To billing",
        trigger=WRITES,
        conditions={
            "all": [
                {"fact": "team", "is": "any", "value": [str(support.pk)]},
                {"any": [{"fact": "text", "is": "matches", "value": r"\binvoice\b"}]},
            ]
        },
        steps=[
            {"do": "assign_team", "value": str(billing.pk)},
            {"do": "macro", "value": str(macro.pk)},
            {"do": "notify", "value": ["team", f"user:{bob.pk}"]},
            {"do": "webhook", "value": str(hook.pk)},
        ],
        stops=True,
    )
    enable_rule(draft.rule, actor=admin)
    steps = [{"do": "reply", "value": "We\nread it."}]
    save_rule(None, actor=admin, name="Later", trigger=WRITES, conditions={}, steps=steps)
    return draft.rule


def clear():
    for model in (Rule, RuleAccount, Webhook):
        model.objects.all().delete()


@pytest.mark.slow
def test_what_was_exported_comes_back_elsewhere(ruled, support, tmp_path):
    told = exported()
    assert told["rules"]["To billing"]["says"]["then"] == [
        {"do": "assign_team", "value": "@teams:Billing"},
        {"do": "macro", "value": "@macros:Hello"},
        {"do": "notify", "value": ["team", "user:@people:bob@demo.test"]},
        {"do": "webhook", "value": "@webhooks:ERP"},
    ]
    assert told["rule_account"]["account"]["teams"] == ["Billing", "Support"]
    assert plan(told) == []
    clear()
    write_folder(tmp_path, told)
    apply(read_folder(tmp_path, known=list(MINE)))
    assert exported() == told
    assert plan(told) == []
    rule = Rule.objects.get(name="To billing")
    hook = Webhook.objects.get()
    version = rule.versions.get(since__isnull=False)
    assert version.steps[3]["value"] == str(hook.pk) and version.stops
    assert Rule.objects.get(name="Later").versions.get().is_draft
    account = find_rule_account()
    assert account.name == "Robot" and "tickets.reply_ticket" in account.access.rights


def test_no_secret_of_a_webhook_leaves_nor_what_its_address_may_hide(ruled, admin):
    text = str(exported()["webhooks"])
    assert "whsec_" not in text and "key=4711" not in text
    assert "https://93.184.216.34/…" in text


def test_a_webhook_from_a_file_is_off_until_its_address_is_whole(ruled, admin):
    told = exported()
    Webhook.objects.all().delete()
    apply({"webhooks": told["webhooks"]})
    hook = Webhook.objects.get()
    assert not hook.is_on and hook.secret.startswith("whsec_")
    with pytest.raises(Invalid, match="whole address"):
        switch_webhook(hook, is_on=True, actor=admin)
    apply({"webhooks": {"ERP": {"url": OUTSIDE}}})
    assert Webhook.objects.get().url == OUTSIDE
    assert plan({"webhooks": {"ERP": {"url": OUTSIDE}}}) == []
    assert plan({"webhooks": told["webhooks"]}) == []
    assert switch_webhook(Webhook.objects.get(), is_on=True, actor=admin).is_on


def test_a_changed_rule_is_a_new_version_that_acts_on(ruled):
    told = {"rules": exported()["rules"]}
    told["rules"]["To billing"]["says"]["then"] = [{"do": "add_tags", "value": ["money"]}]
    apply(told)
    versions = ruled.versions.order_by("number")
    assert [v.is_in_force for v in versions] == [False, True]
    assert versions.last().steps == [{"do": "add_tags", "value": ["money"]}]
    assert plan(told) == []


def test_a_rule_is_switched_off_by_its_file_and_by_pruning(ruled):
    apply({"rules": {"To billing": {"is_on": False}}})
    assert not RuleVersion.objects.filter(since__isnull=False, until=None).exists()
    apply({"rules": {"To billing": {"is_on": True}}})
    assert exported()["rules"]["To billing"]["is_on"]
    [gone] = [c for c in apply({"rules": {}}, prune=True) if c.verb == "remove"]
    assert gone.key == "To billing" and not exported()["rules"]["To billing"]["is_on"]


def says(**parts):
    steps = [{"do": "set_priority", "value": "30"}]
    return {"says": {"when": WRITES, "if": {}, "then": steps, "stops": False} | parts}


@pytest.mark.parametrize(
    ("section", "row", "said"),
    [
        ("rules", says(then=[{"do": "fly"}]), "rules/X: says: then.0: Choose what is to be done"),
        ("rules", says(then=[]), "rules/X: says: then: Say what the rule is to do"),
        (
            "rules",
            says(then=[{"do": "assign_team", "value": "@teams:Nobody"}]),
            "rules/X: says: there is no teams 'Nobody'",
        ),
        (
            "rules",
            says(**{"if": {"all": [{"fact": "colour", "is": "any", "value": ["red"]}]}}),
            "rules/X: says: if.0.fact: This can no longer be asked for",
        ),
        ("rules", says(when={"kind": "event", "events": ["x"]}), "rules/X: says: when"),
        ("rules", says(stops="yes"), "rules/X: says: stops: has another form, not 'yes'"),
        ("rules", {"is_on": True}, "rules/X: is_on: Nothing was changed"),
        (
            "rules",
            says(then=[{"do": "reply", "value": "Hello"}]) | {"is_on": True},
            "rules/X: is_on: The rules’ account may not do this",
        ),
        ("rule_account", {"rights": ["tickets.delete_ticket"]}, "rule_account/X: rights: rules"),
        ("webhooks", {"url": "https://10.0.0.7/in"}, "webhooks/X: url: leads into"),
        ("webhooks", {"url": "http://93.184.216.34/"}, "webhooks/X: url: Only https"),
        ("webhooks", {"events": ["sun.rose"]}, "webhooks/X: events: there is no event 'sun.rose'"),
        ("webhooks", {"secret": "whsec_x"}, "webhooks/X: unknown: secret"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(support, section, row, said):
    with pytest.raises(ConfigRefused) as refusal:
        apply({section: {"X": row}})
    assert said in refusal.value.reason
    assert not Rule.objects.exists()
