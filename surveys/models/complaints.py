"""Complaints: tickets of a type of their own, which are acknowledged in time and put right."""

from uuid import UUID

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.fields import EncryptedTextField
from core.ids import new_id
from surveys.models.recovery import Cause
from tickets.models import Message, Ticket

COMPLAINT = "complaint"  # the code of the ticket type


class ComplaintPolicy(models.Model):
    """Within what working time somebody who complains hears from us. One row."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    hours = models.PositiveSmallIntegerField(
        _("acknowledged within working hours"),
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(400)],
    )
    tier_hours = models.JSONField(default=dict)  # by the code of the tier, where it is another
    since = models.DateTimeField(default=now, editable=False)  # from then on complaints are counted

    privacy = {"not_personal": "only hours tier_hours since"}

    def hours_for(self, tier: str) -> int:
        return int(self.tier_hours.get(tier) or self.hours)


class Complaint(models.Model):
    """Beside its ticket for good; it counts while the ticket has the type."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.OneToOneField(Ticket, models.CASCADE, related_name="complaint")
    since = models.DateTimeField()  # when the customer said it
    due_at = models.DateTimeField()  # of the acknowledgement
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )  # none: the customer's own choice, or a rule's
    # The first answer of a person that reached the customer since then.
    acknowledged_at = models.DateTimeField(null=True)
    answer = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    warned_at = models.DateTimeField(null=True)  # somebody was told that it is late
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, related_name="complaints")
    remedy = EncryptedTextField(default="")
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)

    privacy = {
        "behaviour": "since due_at acknowledged_at warned_at closed_at created_at",
        "content": "remedy",
        "staff": "opened_by",
        "not_personal": "id ticket answer cause",
    }

    class Meta:
        verbose_name = _("complaint")
        indexes = [
            models.Index(fields=["since"], name="complaint_since"),
            models.Index(
                fields=["due_at"],
                name="complaint_due",
                condition=Q(acknowledged_at=None, closed_at=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(cause__isnull=False),
                name="closed_complaint_has_a_cause",
            )
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.ticket.customer_id

    @property
    def is_late(self) -> bool:
        """The promise is over, and it is or was not kept."""
        return (self.acknowledged_at or now()) > self.due_at

    @property
    def is_put_right(self) -> bool:
        return self.cause_id is not None and bool(self.remedy.strip())
