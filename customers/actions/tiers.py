"""Tiers that customers have by rule, and those that end."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid
from core.events import record
from customers.actions.people import change_tier
from customers.models import Customer, Tier, TierRule
from customers.queries.tiers import fitting, ruled

# So many change in one round; the next takes the rest.
_AT_ONCE = 500


def tend_tiers() -> int:
    """Who fits a rule gets its tier, the higher one first; who fits none any more, or whose time is
    over, is what all begin with. What somebody gave by hand stays until its day."""
    return _end_what_is_over() + _follow_rules()


def _end_what_is_over() -> int:
    over = Customer.objects.filter(tier_until__lt=now(), erased_at=None, merged_into=None)
    ids = list(over.order_by("tier_until").values_list("pk", flat=True)[:_AT_ONCE])
    return sum(_end(pk) for pk in ids)


@transaction.atomic
def _end(pk: UUID) -> bool:
    customer = Customer.objects.select_for_update(of=("self",)).select_related("tier").get(pk=pk)
    if customer.tier_until is None or customer.tier_until > now():
        return False
    change_tier(customer, actor=None, tier=Tier.objects.get(is_default=True), reason="")
    return True


def _follow_rules() -> int:
    """A customer is given one tier: that of the first rule that fits."""
    wanted: dict[UUID, TierRule | None] = dict.fromkeys(
        ruled().filter(tier_rule__isnull=False).values_list("pk", flat=True)
    )
    rules = list(TierRule.objects.filter(is_on=True).select_related("tier"))
    for one in reversed(rules):
        wanted |= dict.fromkeys(fitting(one).values_list("pk", flat=True), one)
    done = 0
    for pk, rule in wanted.items():
        if done >= _AT_ONCE:
            break
        done += _give(pk, rule)
    return done


@transaction.atomic
def _give(pk: UUID, rule: TierRule | None) -> bool:
    """Whether anything changed; somebody may have given them a tier by hand meanwhile."""
    customer = ruled().select_for_update(of=("self",)).filter(pk=pk).first()
    if customer is None or customer.tier_rule_id == (rule.pk if rule else None):
        return False
    tier = rule.tier if rule else Tier.objects.get(is_default=True)
    change_tier(customer, actor=None, tier=tier, reason="", rule=rule)
    return True


@transaction.atomic
def add_tier_rule(tier: Tier, *, actor: User, **values: Any) -> TierRule:
    if values.get("field") and values.get("at_least") is None:
        raise Invalid(_("Say how much of it at least."), field="at_least")
    asked = ("field", "tickets", "older_than", "younger_than")
    if not any(values.get(name) not in (None, "") for name in asked):
        raise Invalid(_("Say at least one thing that must hold."), field="tickets")
    rule = TierRule.objects.create(tier=tier, **values)
    record("tier.rule_added", subject=tier, actor=actor, rule=rule.pk)
    return rule


@transaction.atomic
def remove_tier_rule(rule: TierRule, *, actor: User) -> None:
    """Who has the tier by it loses it with the next round, unless another rule fits."""
    record("tier.rule_removed", subject=rule.tier, actor=actor, rule=rule.pk)
    Customer.objects.filter(tier_rule=rule).update(tier_rule=None)
    rule.delete()
