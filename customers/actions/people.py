"""Everything that changes customers, their addresses and what they have agreed to."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Value

from accounts.models import User
from core import blind, fulltext
from core.clock import now
from core.events import record
from core.prepared import PreparedQuery
from core.search import BlindVector
from customers.errors import IdentityTaken, UnknownPurpose
from customers.models import (
    ConsentEvent,
    Customer,
    CustomerIndex,
    Identity,
    Notice,
    Organisation,
    Purpose,
    Tier,
    TierRule,
)


def _room(customer: Customer) -> list[str]:
    return [f"customer:{customer.pk}"]


@transaction.atomic
def add_customer(
    *,
    name: str,
    email: str = "",
    phone: str = "",
    actor: User | None,
    tier: Tier | None = None,
    tier_reason: str = "",
    organisation: Organisation | None = None,
    locale: str = "",
    timezone: str = "",
    notes: str = "",
    verified_by: str = "",
) -> Customer:
    customer = Customer.objects.create(
        tier=tier or Tier.objects.get(is_default=True),
        tier_reason=tier_reason,
        organisation=organisation,
        name=" ".join(name.split()) or email.partition("@")[0] or "?",
        locale=locale,
        timezone=timezone,
        notes=notes,
        created_at=now(),
    )
    record("customer.added", subject=customer, actor=actor, rooms=_room(customer))
    for kind, value in (("email", email), ("phone", phone)):
        if value:
            add_identity(customer, kind=kind, value=value, actor=actor, verified_by=verified_by)
    if not (email or phone):
        index_customer(customer)
    return customer


@transaction.atomic
def add_identity(
    customer: Customer, *, kind: str, value: str, actor: User | None, verified_by: str = ""
) -> Identity:
    index = blind.email_index(value) if kind == "email" else blind.phone_index(value)
    identity = Identity(
        customer=customer,
        kind=kind,
        value=value.strip(),
        value_index=index,
        verified_at=now() if verified_by else None,
        verified_by=verified_by,
        valid_from=now(),
    )
    try:
        with transaction.atomic():
            identity.save(force_insert=True)
    except IntegrityError:
        raise IdentityTaken("This address already belongs to another customer.") from None
    record("identity.added", subject=identity, actor=actor, customer=customer.pk, kind=kind)
    index_customer(customer)
    return identity


def identify_by_email(email: str, *, name: str = "") -> tuple[Customer, Identity]:
    """Find who holds this address, or meet them. Two first messages at once yield one customer."""
    index = blind.email_index(email)
    identity = _HELD.first(index)
    if identity is None:
        try:
            with transaction.atomic():
                add_customer(name=name, email=email, actor=None)
        except IdentityTaken:
            pass  # the other first message was faster
        identity = _HELD.get(index)
    return identity.customer, identity


def _build_held(index: bytes, *, shape: None) -> "QuerySet[Identity]":
    held = Identity.objects.filter(scope="", kind="email", value_index=index, valid_to=None)
    return held.select_related("customer__tier")


_HELD = PreparedQuery(_build_held)


def index_customer(customer: Customer) -> None:
    """Rebuild the keyed hashes by which the customer is found."""
    names = [customer.name]
    if customer.organisation:
        names.append(customer.organisation.name)
    values = [identity.value for identity in customer.identities.filter(valid_to=None)]
    tsv = fulltext.tsvector([*names, *values], prefixes_of=[*names, *values])
    CustomerIndex.objects.bulk_create(
        [CustomerIndex(customer=customer, tsv=BlindVector(Value(tsv)))],
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=["tsv"],
    )


@transaction.atomic
def rename_customer(customer: Customer, *, actor: User | None, name: str) -> Customer:
    customer.name = " ".join(name.split()) or customer.name
    customer.save(update_fields=["name"])
    index_customer(customer)
    record("customer.renamed", subject=customer, actor=actor, rooms=_room(customer))
    return customer


@transaction.atomic
def set_locale(customer: Customer, *, locale: str) -> Customer:
    """The language the customer chose for themselves."""
    customer.locale = locale
    customer.save(update_fields=["locale"])
    record("customer.chose_language", subject=customer, actor=customer, language=locale)
    return customer


@transaction.atomic
def write_notes(customer: Customer, *, actor: User | None, notes: str) -> Customer:
    customer.notes = notes
    customer.save(update_fields=["notes"])
    record("customer.notes_changed", subject=customer, actor=actor, rooms=_room(customer))
    return customer


@transaction.atomic
def change_tier(
    customer: Customer,
    *,
    actor: User | None,
    tier: Tier,
    reason: str,
    until: datetime | None = None,
    rule: TierRule | None = None,
) -> Customer:
    """By hand with a reason, or by a rule."""
    previous = customer.tier
    customer.tier, customer.tier_reason, customer.tier_until = tier, reason, until
    customer.tier_rule = rule
    customer.save(update_fields=["tier", "tier_reason", "tier_until", "tier_rule"])
    record(
        "customer.tier_changed",
        subject=customer,
        actor=actor,
        rooms=_room(customer),
        tier=tier.code,
        previous=previous.code,
    )
    return customer


@transaction.atomic
def add_organisation(name: str, *, actor: User | None) -> Organisation:
    organisation, is_new = Organisation.objects.get_or_create(
        name_index=blind.handle_index("organisation", name), defaults={"name": name}
    )
    if is_new:
        record("organisation.added", subject=organisation, actor=actor)
    return organisation


@transaction.atomic
def publish_notice(purpose: Purpose, *, locale: str, text: str, actor: User | None) -> Notice:
    newest = purpose.notices.filter(locale=locale).order_by("-version").first()
    notice = Notice.objects.create(
        purpose=purpose,
        version=newest.version + 1 if newest else 1,
        locale=locale,
        text=text,
        sha256=hashlib.sha256(text.encode()).digest(),
    )
    record("notice.published", subject=notice, actor=actor, purpose=purpose.code)
    return notice


@transaction.atomic
def record_consent(
    customer: Customer,
    *,
    purpose: Purpose | str,
    action: str,
    channel: str,
    actor: User | None,
    notice: Notice | None = None,
    proof: dict[str, Any] | None = None,
    expires_at: datetime | None = None,
) -> ConsentEvent:
    """Write down a decision. Withdrawing is as easy as granting; nothing is overwritten."""
    if isinstance(purpose, str):
        found = Purpose.objects.filter(code=purpose).first()
        if found is None:
            raise UnknownPurpose(f"There is no purpose {purpose!r}.")
        purpose = found
    if action not in ConsentEvent.Action.values:
        raise UnknownPurpose(f"{action!r} is no decision; use granted, denied or withdrawn.")
    event = ConsentEvent.objects.create(
        customer=customer,
        purpose=purpose,
        action=action,
        notice=notice or _current_notice(purpose, customer.locale),
        channel=channel,
        proof=proof or {},
        actor=actor,
        at=now(),
        expires_at=expires_at,
    )
    record(
        "consent.recorded",
        subject=customer,
        actor=actor,
        rooms=_room(customer),
        purpose=purpose.code,
        action=action,
    )
    return event


def _current_notice(purpose: Purpose, locale: str) -> Notice | None:
    notices = purpose.notices.order_by("-version")
    return notices.filter(locale=locale).first() or notices.filter(locale="en").first()


# What every installation begins with.

TIERS: dict[str, dict[str, Any]] = {
    "vip": {
        "name": "VIP",
        "colour": "#ad800c",
        "priority": 90,
        "proactive_reminders": True,
    },
    "standard": {"name": "Standard", "colour": "#6a7480", "priority": 50},
    "new": {
        "name": "New",
        "colour": "#1f8a57",
        "priority": 60,
        "guided_onboarding": True,
        "is_default": True,
    },
}
PURPOSES: dict[str, tuple[str, str, bool, str]] = {
    "service": (
        "Answering requests",
        Purpose.Basis.CONTRACT,
        False,
        "We use your name, your address and your messages to answer your request.",
    ),
    "marketing": (
        "Offers and news",
        Purpose.Basis.CONSENT,
        False,
        "We may send you offers and news. You can withdraw this at any time.",
    ),
    "surveys": (
        "Asking how we did",
        Purpose.Basis.INTEREST,
        False,
        "After a request we may ask you how we did. You can object at any time.",
    ),
    "ai_training": (
        "Improving automatic answers",
        Purpose.Basis.CONSENT,
        True,
        "Your conversations may be used to improve automatic answers.",
    ),
}


@transaction.atomic
def set_up_tiers_and_purposes() -> None:
    """Safe to repeat; what an admin has changed stays."""
    for code, fields in TIERS.items():
        Tier.objects.get_or_create(code=code, defaults=fields)
    for code, (name, basis, separate, text) in PURPOSES.items():
        purpose, is_new = Purpose.objects.get_or_create(
            code=code,
            defaults={"name": name, "basis": basis, "needs_separate_consent": separate},
        )
        if is_new:
            publish_notice(purpose, locale="en", text=text, actor=None)
