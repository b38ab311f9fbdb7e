"""Reading customers: by address, by words, and what they have agreed to."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.shortcuts import get_object_or_404

from accounts.models import User
from core import blind, fulltext
from core.clock import now
from core.fields import warm_keys
from core.search import BlindQuery
from customers.models import (
    ConsentEvent,
    Customer,
    CustomerIndex,
    CustomerQuerySet,
    Identity,
    Purpose,
)

# Of customers of one name; see below.
_MOST_NAMED = 10_000
_PHONE = re.compile(r"^[+(\d][\d\s().\-/]{5,}$")


@dataclass(frozen=True, slots=True)
class Consent:
    """Where a customer stands on one purpose now; ``action`` is empty if never asked."""

    purpose: str
    name: str
    action: str
    at: datetime | None
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class CustomerPage:
    rows: list[Customer]
    next: str


def matching(text: str) -> Q | None:
    """Customers a search text speaks of: by address, phone, or words of their names."""
    text = text.strip()
    if not text:
        return None
    ways: list[QuerySet[Any, Any]] = []
    if query := fulltext.tsquery(text):
        # The bound keeps PostgreSQL from reading all customers in the order of something else.
        named = CustomerIndex.objects.filter(tsv=BlindQuery(query))
        ways.append(named.values("customer_id")[:_MOST_NAMED])
    if "@" in text:
        ways.append(_holders("email", [blind.email_index(text)]))
    elif _PHONE.match(text):
        ways.append(_holders("phone", [blind.phone_index(text)]))
    return Q(pk__in=ways[0].union(*ways[1:], all=True)) if ways else None


def _holders(kind: str, indexes: list[bytes]) -> "QuerySet[Any, Any]":
    held = Identity.objects.filter(kind=kind, value_index__in=indexes)
    return held.values("customer_id")


def search_customers(
    user: User, text: str = "", *, after: str = "", limit: int = 50
) -> CustomerPage:
    """Newest first; with a text, those it speaks of. ``after`` is the cursor of the last page."""
    customers = Customer.objects.visible_to(user).select_related("tier", "organisation")
    if text.strip():
        found = matching(text)
        if found is None:
            return CustomerPage([], "")
        customers = customers.filter(_only_matching(found))
    rows = list(_after(customers, after).order_by("-id")[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    warm_keys(rows)
    return CustomerPage(rows, str(rows[-1].pk) if more else "")


def _only_matching(found: Q) -> Q:
    # One match by search index, one by address: as ids, so that each uses its own index.
    return Q(pk__in=Customer.objects.filter(found).values("pk"))


def _after(customers: CustomerQuerySet, cursor: str) -> CustomerQuerySet:
    try:
        return customers.filter(pk__lt=UUID(cursor)) if cursor else customers
    except ValueError:
        return customers.none()


def load_customer(user: User, pk: UUID) -> Customer:
    customers = Customer.objects.visible_to(user).select_related("tier", "organisation")
    return get_object_or_404(customers.prefetch_related("identities"), pk=pk)


def find_by_email(email: str) -> Customer | None:
    identity = (
        Identity.objects.filter(
            scope="", kind=Identity.Kind.EMAIL, value_index=blind.email_index(email), valid_to=None
        )
        .select_related("customer__tier")
        .first()
    )
    return identity.customer if identity else None


def list_consents(customer: Customer) -> list[Consent]:
    """The state of every purpose, in one query."""
    latest = ConsentEvent.objects.filter(customer=customer, purpose=OuterRef("pk")).order_by(
        "-at", "-id"
    )
    purposes = Purpose.objects.annotate(
        action=Subquery(latest.values("action")[:1]),
        decided_at=Subquery(latest.values("at")[:1]),
        expires=Subquery(latest.values("expires_at")[:1]),
    )
    return [consent_from(purpose) for purpose in purposes]


def consent_from(purpose: Any) -> Consent:
    return Consent(
        purpose=purpose.code,
        name=purpose.name,
        action=purpose.action or "",
        at=purpose.decided_at,
        is_allowed=_is_allowed(purpose.basis, purpose.action, purpose.expires),
    )


def _is_allowed(basis: str, action: str | None, expires: datetime | None) -> bool:
    if basis == Purpose.Basis.CONTRACT:
        return True  # what the customer asked us to do needs no further consent
    if action is None:
        return basis == Purpose.Basis.INTEREST
    has_expired = expires is not None and expires <= now()
    return action == ConsentEvent.Action.GRANTED and not has_expired


def consent_allows(customer: Customer, purpose: str) -> bool:
    """The only gate for every use that needs consent; asked again at the time of sending."""
    if customer.erased_at:
        return False
    return any(c.is_allowed for c in list_consents(customer) if c.purpose == purpose)


def consent_history(customer: Customer) -> list[ConsentEvent]:
    events = customer.consent_events.select_related("purpose", "notice", "actor")
    return list(events.order_by(F("at").desc(), "-id"))
