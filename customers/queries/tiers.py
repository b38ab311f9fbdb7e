"""Who fits a rule for a tier."""

from datetime import timedelta

from django.db.models import Count, JSONField, Q, QuerySet, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.lookups import GreaterThanOrEqual

from core.clock import now
from customers.models import Customer, CustomField, TierRule


def ruled() -> "QuerySet[Customer]":
    """Those to whom rules apply: who has what all begin with, or what they have by a rule."""
    by_nobody = Q(tier__is_default=True, tier_reason="", tier_rule=None)
    found = Customer.objects.filter(by_nobody | Q(tier_rule__isnull=False))
    return found.filter(erased_at=None, merged_into=None).select_related("tier")


def fitting(rule: TierRule) -> "QuerySet[Customer]":
    found = ruled()
    if rule.field and rule.at_least is not None:
        key = KeyTransform(rule.field, "custom")
        number = Value(rule.at_least, JSONField())
        found = found.filter(custom__has_key=rule.field)
        found = found.filter(GreaterThanOrEqual(key, number))
    if rule.tickets is not None:
        found = found.annotate(asked=Count("tickets")).filter(asked__gte=rule.tickets)
    if rule.older_than is not None:
        found = found.filter(created_at__lte=now() - timedelta(days=rule.older_than))
    if rule.younger_than is not None:
        found = found.filter(created_at__gte=now() - timedelta(days=rule.younger_than))
    return found


def number_fields() -> "QuerySet[CustomField]":
    """Those rules can ask about: what is personal is kept sealed."""
    own = CustomField.objects.filter(owner=CustomField.Owner.CUSTOMER, is_active=True)
    return own.filter(kind=CustomField.Kind.NUMBER, is_personal=False)


def date_fields() -> "QuerySet[CustomField]":
    own = CustomField.objects.filter(owner=CustomField.Owner.CUSTOMER, is_active=True)
    return own.filter(kind=CustomField.Kind.DATE, is_personal=False)
