"""The statuses every installation begins with; admins rename and add to them."""

from django.db import transaction
from django.utils.translation import gettext_noop

from tickets.models import Category, Status

# Category → name for agents, name for customers.
STATUSES = {
    Category.NEW: ("New", gettext_noop("Received")),
    Category.OPEN: ("Open", gettext_noop("Being worked on")),
    Category.WAITING_CUSTOMER: (
        "Waiting for the customer",
        gettext_noop("Waiting for your answer"),
    ),
    Category.WAITING_THIRD_PARTY: (
        "Waiting for a third party",
        gettext_noop("Waiting for a partner of ours"),
    ),
    Category.RESOLVED: ("Resolved", "Resolved"),
    Category.CLOSED: ("Closed", "Closed"),
}


@transaction.atomic
def set_up_statuses() -> None:
    """Safe to repeat; what an admin has changed stays."""
    for position, (category, (name, customer_name)) in enumerate(STATUSES.items()):
        if not Status.objects.filter(category=category, is_default=True).exists():
            Status.objects.create(
                code=category,
                category=category,
                name=name,
                customer_name=customer_name,
                position=position,
                is_default=True,
            )
