"""How tickets hang together, and what is to be done in them."""

from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from connectors.models import Inbox
from core.clock import now
from core.fields import EncryptedTextField
from core.ids import new_id
from customers.models import Customer
from tickets.models.ticket import Priority, Ticket


class Move(models.Model):
    """Messages that went from one ticket to another: all of them (merge) or some (split).

    What is needed to undo it stands here.
    """

    class Kind(models.TextChoices):
        MERGE = "merge"
        SPLIT = "split"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=5, choices=Kind)
    source = models.ForeignKey(Ticket, models.CASCADE, related_name="moves_out")
    target = models.ForeignKey(Ticket, models.CASCADE, related_name="moves_in")
    messages = ArrayField(models.UUIDField(), default=list)
    before = models.JSONField(default=dict)  # status, moments and places of both, as they were
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=now)
    undone_at = models.DateTimeField(null=True)

    privacy = {
        "behaviour": "at undone_at before",
        "staff": "by",
        "not_personal": "id kind source target messages",
    }

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(source=F("target")), name="moves_lead_elsewhere")
        ]


class TicketLink(models.Model):
    """Two tickets that have to do with each other. A problem causes its incidents."""

    class Kind(models.TextChoices):
        RELATED = "related", _("related to")
        INCIDENT = "incident", _("incident of")  # `ticket` is an incident of the problem `other`
        DUPLICATE = "duplicate", _("duplicate of")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="links")
    other = models.ForeignKey(Ticket, models.CASCADE, related_name="links_to")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.RELATED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=now)

    privacy = {"behaviour": "kind at", "staff": "by", "not_personal": "id ticket other"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other"], name="one_link_per_pair"),
            models.CheckConstraint(condition=~Q(ticket=F("other")), name="links_lead_elsewhere"),
        ]


class ChecklistItem(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="checklist")
    text = EncryptedTextField()
    position = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)

    privacy = {
        "content": "text",
        "behaviour": "done_at created_at",
        "staff": "done_by",
        "not_personal": "id ticket position",
    }

    class Meta:
        ordering = ["position", "id"]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.ticket.customer_id


class Recurrence(models.Model):
    """A ticket that is opened again and again: every n days, weeks, months or years."""

    class Unit(models.TextChoices):
        DAY = "day", _("days")
        WEEK = "week", _("weeks")
        MONTH = "month", _("months")
        YEAR = "year", _("years")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    inbox = models.ForeignKey(Inbox, models.CASCADE, related_name="+")
    subject = EncryptedTextField()
    body = EncryptedTextField()
    type = models.CharField(max_length=20, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    every = models.PositiveSmallIntegerField(default=1)
    unit = models.CharField(max_length=5, choices=Unit)
    timezone = models.CharField(max_length=40, default="UTC")
    first_at = models.DateTimeField()  # the same hour and day of the month ever after
    next_at = models.DateTimeField(null=True)  # none: ended
    until = models.DateTimeField(null=True)
    last_ticket = models.ForeignKey(Ticket, models.SET_NULL, null=True, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)

    privacy = {
        "content": "subject body type tags",
        "behaviour": "customer first_at next_at until created_at",
        "staff": "assignee created_by",
        "not_personal": "id inbox priority team every unit timezone last_ticket",
    }

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"], name="recurrence_due", condition=Q(next_at__isnull=False)
            )
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.customer_id
