"""What is done for customers of some tiers before they ask."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.ids import new_id
from customers.models import Customer
from tickets.models import Ticket


class Reminder(models.Model):
    """That something was looked after, so that it is done once."""

    class Kind(models.TextChoices):
        SILENCE = "silence", _("unhappy, and silent since")
        RENEWAL = "renewal", _("a renewal comes near")
        CHECK_IN = "check_in", _("how a new customer is getting on")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=8, choices=Kind)
    about = models.CharField(max_length=40, blank=True)  # the date of a renewal, or a ticket
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField(default=now)

    privacy = {"behaviour": "customer kind about ticket at", "not_personal": "id"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind", "about"], name="each_reminder_comes_once"
            )
        ]
