"""Of whom a tier has something to be done before they ask."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from automation.models import Reminder, Triaged, TriageGuess
from connectors.models import Inbox
from core.fields import warm_keys
from customers.models import Customer, Tier
from tickets.models import Category, Ticket

# A guess that is less sure is no reason to bother anybody.
_SURE = 0.5
# Whoever has been here longer is not new any more, whatever their tier is called.
_NEW_FOR = timedelta(days=14)
_AT_ONCE = 100


def fell_silent(tier: Tier, *, before: datetime) -> list[Ticket]:
    """They sounded unhappy, we answered, and since then nobody has said anything."""
    unhappy = TriageGuess.objects.filter(
        field=Triaged.SENTIMENT, value="unhappy", confidence__gte=_SURE
    )
    known = Reminder.objects.filter(kind=Reminder.Kind.SILENCE, ticket__isnull=False)
    found = Ticket.objects.filter(
        pk__in=unhappy.values("ticket"),
        customer__tier=tier,
        category=Category.WAITING_CUSTOMER,
        last_at__lt=before,
        spam_at=None,
        merged_into=None,
    ).exclude(pk__in=known.values("ticket"))
    related = "customer__tier", "assignee__presence", "assignee__calendar", "team__calendar"
    return list(found.select_related(*related).order_by("last_at")[:_AT_ONCE])


def renewals_of(tier: Tier, first: date, last: date) -> Iterator[tuple[Customer, date]]:
    """Those whose date in the tier's field lies between two days, both counted."""
    dated = _there(tier).filter(custom__has_key=tier.renewal_field)
    found = [one for one in dated if (day := _day_of(one, tier)) and first <= day <= last]
    warm_keys(found)
    for customer in found[:_AT_ONCE]:
        if day := _day_of(customer, tier):
            yield customer, day


def _day_of(customer: Customer, tier: Tier) -> date | None:
    try:
        return date.fromisoformat(str(customer.custom.get(tier.renewal_field)))
    except ValueError:
        return None


def new_customers(tier: Tier, since: datetime) -> list[Customer]:
    """Here for as long as the tier waits, and not for much longer."""
    known = Reminder.objects.filter(kind=Reminder.Kind.CHECK_IN)
    came = _there(tier).filter(created_at__lte=since, created_at__gt=since - _NEW_FOR)
    found = list(came.exclude(pk__in=known.values("customer")).order_by("created_at")[:_AT_ONCE])
    warm_keys(found)
    return found


def _there(tier: Tier) -> "QuerySet[Customer]":
    there = Customer.objects.filter(tier=tier, erased_at=None, merged_into=None)
    return there.select_related("tier")


def last_inbox(customer: Customer) -> Inbox | None:
    """The door they came by last; who never came by any is not written to by us."""
    last = Ticket.objects.filter(customer=customer, inbox__is_active=True, spam_at=None)
    ticket = last.select_related("inbox").order_by("-created_at").first()
    return ticket.inbox if ticket else None
