"""What is done for customers of some tiers before they ask. Each switch stands with the tier."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User, Workspace
from automation.actions.promises import who_hears
from automation.models import Reminder
from automation.queries.looking_after import (
    fell_silent,
    last_inbox,
    new_customers,
    renewals_of,
)
from core.clock import now
from customers.models import Customer, Tier
from tickets.actions import notify
from tickets.actions.base import lock
from tickets.actions.tasks import note_by_system, open_task
from tickets.models import Notification, Ticket

_Kind = Reminder.Kind


def look_after() -> int:
    """How many were looked after now. Each in a transaction of its own with the row by which it is
    known to have been done."""
    workspace = Workspace.objects.first()
    with override((workspace and workspace.language) or settings.LANGUAGE_CODE):
        return sum(_look_after(tier) for tier in Tier.objects.all())


def _look_after(tier: Tier) -> int:
    done = 0
    if tier.proactive_reminders and tier.silence_days is not None:
        silent = fell_silent(tier, before=now() - timedelta(days=tier.silence_days))
        done += sum(_remind_of_silence(ticket) for ticket in silent)
    if tier.proactive_reminders and tier.renewal_field and tier.renewal_days is not None:
        today = timezone.localtime(now()).date()
        until = today + timedelta(days=tier.renewal_days)
        done += sum(_remind_of_renewal(*one) for one in renewals_of(tier, today, until))
    if tier.guided_onboarding and tier.check_in_days is not None:
        since = now() - timedelta(days=tier.check_in_days)
        done += sum(_ask_how_it_goes(customer) for customer in new_customers(tier, since))
    return done


def _is_new(customer: Customer, kind: str, about: str, ticket: Ticket | None = None) -> bool:
    _row, is_new = Reminder.objects.get_or_create(
        customer=customer, kind=kind, about=about, defaults={"ticket": ticket}
    )
    return is_new


@transaction.atomic
def _remind_of_silence(ticket: Ticket) -> bool:
    if not _is_new(ticket.customer, _Kind.SILENCE, str(ticket.pk), ticket):
        return False
    note_by_system(
        lock(ticket),
        _("They were unhappy and have said nothing since our last answer. Ask how it stands."),
    )
    _tell(ticket, who_hears(ticket))
    return True


@transaction.atomic
def _remind_of_renewal(customer: Customer, day: date) -> bool:
    inbox = last_inbox(customer)
    if inbox is None or not _is_new(customer, _Kind.RENEWAL, day.isoformat()):
        return False
    words = {"name": customer.name, "day": day.isoformat()}
    task = open_task(
        customer,
        inbox=inbox,
        subject=_("Renewal of %(name)s on %(day)s") % words,
        note=_("The renewal comes near. See whether anything is open, and write to them first."),
    )
    return _keep_task(customer, _Kind.RENEWAL, day.isoformat(), task)


@transaction.atomic
def _ask_how_it_goes(customer: Customer) -> bool:
    inbox = last_inbox(customer)
    if inbox is None or not _is_new(customer, _Kind.CHECK_IN, ""):
        return False
    task = open_task(
        customer,
        inbox=inbox,
        subject=_("How is %(name)s getting on?") % {"name": customer.name},
        note=_("They are new. Ask how their first days went, and send what helps to begin."),
    )
    return _keep_task(customer, _Kind.CHECK_IN, "", task)


def _keep_task(customer: Customer, kind: str, about: str, task: Ticket) -> bool:
    Reminder.objects.filter(customer=customer, kind=kind, about=about).update(ticket=task)
    found = Ticket.objects.select_related("assignee", "team", "customer__tier").get(pk=task.pk)
    _tell(found, who_hears(found))
    return True


def _tell(ticket: Ticket, people: Iterable[User]) -> None:
    for user in people:
        notify(user, ticket, kind=Notification.Kind.REMINDER)
