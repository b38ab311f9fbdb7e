"""Promises, routing, triage and rules for tiers travel with the configuration."""

import pytest

from automation.actions.policies import put_in_force, save_draft
from automation.models import Policy, Skill, SkillRule, TeamRouting, TriageRule
from customers.models import Tier, TierRule
from helpdesk.config.errors import ConfigRefused
from helpdesk.config.plan import apply, export, plan

pytestmark = pytest.mark.django_db
TARGETS = [{"metric": "resolution", "minutes": {"": 480}, "warn": 80, "pauses": []}]
MINE = ("service_levels", "skills", "skill_rules", "routing", "triage", "tier_rules")


@pytest.fixture
def promised(admin, support, billing):
    draft = save_draft(
        None, actor=admin, name="Gold", conditions={"tier": ["vip"]}, targets=TARGETS
    )
    put_in_force(draft.policy, actor=admin)
    devices = Skill.objects.create(code="devices", name="Devices")
    SkillRule.objects.create(skill=devices, team=support, tag="device", level=3)
    routing = TeamRouting.objects.create(team=support, mode="pull", language_after=None)
    routing.overflow.add(billing)
    TriageRule.objects.create(field="type", applies_from=80)
    TierRule.objects.create(tier=Tier.objects.get(code="vip"), field="orders", at_least=10.5)


@pytest.mark.slow
def test_what_was_exported_comes_back_elsewhere(promised):
    told = {name: export().sections[name] for name in MINE}
    assert told["service_levels"]["Gold"]["promise"]["conditions"] == {"tier": ["vip"]}
    assert told["routing"]["Support"]["overflow"] == ["Billing"]
    assert all(not change.values for change in plan(told))
    for model in (Policy, SkillRule, Skill, TeamRouting, TriageRule, TierRule):
        model.objects.all().delete()
    apply(told)
    assert {name: export().sections[name] for name in MINE} == told
    assert Policy.objects.get().versions.get().is_in_force
    assert TeamRouting.objects.get().mode == "pull"
    assert TierRule.objects.get().at_least == 10.5


def test_a_changed_promise_is_a_new_version(promised):
    told = {"service_levels": export().sections["service_levels"]}
    told["service_levels"]["Gold"]["promise"]["targets"][0]["minutes"] = {"": 240}
    apply(told)
    versions = Policy.objects.get().versions.order_by("number")
    assert [v.is_in_force for v in versions] == [False, True]
    assert versions.last().targets[0]["minutes"] == {"": 240}


def test_what_says_no_promise_is_refused_with_its_place(promised):
    told = export().sections["service_levels"]
    told["Gold"]["promise"]["hours"] = "sometimes"
    with pytest.raises(ConfigRefused, match="service_levels/Gold: promise: hours must be one of"):
        apply({"service_levels": told})
