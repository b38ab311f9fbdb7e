"""Who is told of events outside, what waits for them, and what became of each try."""

from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Team
from core.clock import now
from core.fields import EncryptedTextField
from core.ids import new_id
from core.models import Event


class Webhook(models.Model):
    """An address outside that is told of events, one after the other in their order."""

    class State(models.TextChoices):
        ON = "on", pgettext_lazy("a webhook", "on")
        OFF = "off", pgettext_lazy("a webhook", "off")
        FAILED = "failed", _("switched off after failures")
        GONE = "gone", _("called off by the receiver")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(pgettext_lazy("of a thing", "Name"), max_length=80, unique=True)
    url = EncryptedTextField(_("address"))  # some carry a key in it
    events: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=60), default=list, blank=True
    )  # none: all of the catalogue
    teams: "models.ManyToManyField[Team, models.Model]" = models.ManyToManyField(
        Team, blank=True, related_name="+"
    )  # none: the tickets of all
    secret = EncryptedTextField()
    old_secret = EncryptedTextField(default="", blank=True)  # signs as well until old_until
    old_until = models.DateTimeField(null=True)
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.ON)
    created_at = models.DateTimeField(default=now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # How its line stands; who holds the lease sends the line's head, and nobody else.
    ok_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # since something was taken
    retry_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    turn_at = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)

    privacy = {
        "credential": "url secret old_secret",
        "staff": "made_by",
        "not_personal": "id name events teams old_until state created_at ok_at failing_since "
        "failures retry_at lease_until turn_at fence",
    }

    class Meta:
        ordering = ["name"]
        verbose_name = _("webhook")

    def __str__(self) -> str:
        return self.name

    @property
    def is_on(self) -> bool:
        return self.state == self.State.ON

    def data_key_owner(self) -> tuple[str, UUID]:
        return "webhook", self.pk


class WebhookDelivery(models.Model):
    """One event for one webhook. Waiting ones are sent in the order of their places."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("a delivery", "waiting")
        DELIVERED = "delivered", pgettext_lazy("a delivery", "delivered")
        DEAD = "dead", pgettext_lazy("a delivery", "given up")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    # Its id is the delivery's outside, the same however often it is sent.
    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    place = models.BigIntegerField()
    name = models.CharField(max_length=60)
    payload = models.JSONField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=now)
    first_at = models.DateTimeField(null=True)  # its first try
    ended_at = models.DateTimeField(null=True)
    code = models.PositiveSmallIntegerField(null=True)  # what the last try was answered
    problem = models.CharField(max_length=20, blank=True)

    privacy = {
        "behaviour": "event payload made_at",
        "not_personal": "id webhook place name state attempts first_at ended_at code problem",
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="one_delivery_per_webhook")
        ]
        indexes = [
            # The heads of the lines.
            models.Index(
                fields=["webhook", "place"],
                name="webhook_line",
                condition=Q(state="waiting"),
            ),
            models.Index(fields=["webhook", "-place"], name="webhook_log"),
            models.Index(
                fields=["webhook", "-place"], name="webhook_dead", condition=Q(state="dead")
            ),
            models.Index(fields=["ended_at"], name="webhook_ended"),
        ]


class WebhookAttempt(models.Model):
    """One call, and what came of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="tries")
    at = models.DateTimeField(default=now)
    code = models.PositiveSmallIntegerField(null=True)  # none: nothing was answered
    problem = models.CharField(max_length=20, blank=True)  # of core.outside, or why it counts not
    milliseconds = models.PositiveIntegerField(default=0)
    said = EncryptedTextField(null=True)  # the beginning of a refusal

    privacy = {
        "content": "said",
        "not_personal": "id delivery at code problem milliseconds",
    }

    class Meta:
        ordering = ["at", "id"]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "webhook", self.delivery.webhook_id


class WebhookFeed(models.Model):
    """How far events have been put into the lines. One row, under whose lock that is done."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    xid = models.BigIntegerField(default=0)
    event_id = models.UUIDField(default=UUID(int=0))
    next_place = models.BigIntegerField(default=1)

    privacy = {"not_personal": "only xid event_id next_place"}
