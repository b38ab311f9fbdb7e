from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.fields import EncryptedBytesField, EncryptedJSONField
from core.ids import new_id


class Brand(models.Model):
    """Under which name, look and addresses we answer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    signature = models.TextField(_("signature"), blank=True)

    privacy = {"not_personal": "id name signature"}

    class Meta:
        verbose_name = _("brand")

    def __str__(self) -> str:
        return self.name


class Inbox(models.Model):
    """One configured door: support@…, a chat widget, a Telegram bot."""

    class Kind(models.TextChoices):
        MAIL = "mail", _("E-mail")
        API = "api", _("API")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="inboxes")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name = models.CharField(_("name"), max_length=80)
    # Ours, not a customer's: customers write to it.
    address = models.EmailField(_("address"), unique=True, null=True, blank=True)
    team = models.ForeignKey(
        "accounts.Team", models.SET_NULL, null=True, blank=True, verbose_name=_("team")
    )
    credentials = EncryptedJSONField(_("credentials"), default=dict, blank=True)
    undo_seconds = models.PositiveSmallIntegerField(_("undo delay in seconds"), default=10)
    reopen_days = models.PositiveSmallIntegerField(
        _("reopen for days"),
        default=14,
        help_text=_("An answer to a resolved request reopens it; later it opens a new one."),
    )
    is_active = models.BooleanField(default=True)
    cursor = models.JSONField(default=dict, blank=True, editable=False)
    healthy_at = models.DateTimeField(null=True, blank=True, editable=False)
    problem = models.CharField(max_length=200, blank=True, editable=False)

    privacy = {
        "not_personal": "id brand kind name address team undo_seconds reopen_days is_active cursor "
        "healthy_at problem",
        "credential": "credentials",
    }

    class Meta:
        verbose_name = _("inbox")
        verbose_name_plural = _("inboxes")
        permissions = [("work_in_inbox", "Can work on the tickets of the inbox")]

    def __str__(self) -> str:
        return self.name

    def data_key_owner(self) -> tuple[str, UUID]:
        return "inbox", self.pk


class RawDelivery(models.Model):
    """What arrived, byte for byte, before anything is understood of it."""

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        APPLIED = "applied", _("applied")
        QUARANTINED = "quarantined", _("quarantined")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    inbox = models.ForeignKey(Inbox, models.PROTECT, related_name="raw_deliveries")
    source = models.CharField(max_length=8)
    external_id = models.CharField(max_length=200)
    body_hash = models.BinaryField()
    size = models.PositiveIntegerField()
    envelope = EncryptedJSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED)
    reason = models.CharField(max_length=300, blank=True)
    # Ids only: tickets lie above connectors.
    ticket_id = models.UUIDField(null=True, blank=True)
    message_id = models.UUIDField(null=True, blank=True)
    received_at = models.DateTimeField(default=now)

    privacy = {
        "contact": "envelope",
        "content": "body_hash",
        "not_personal": "id inbox source external_id size state reason ticket_id message_id "
        "received_at",
    }

    class Meta:
        verbose_name = _("raw delivery")
        verbose_name_plural = _("raw deliveries")
        constraints = [
            # The same delivery twice is one; another body under the same id is another.
            models.UniqueConstraint(
                fields=["inbox", "external_id", "body_hash"], name="one_row_per_delivery"
            )
        ]
        indexes = [
            # The admin's list of what needs a look.
            models.Index(fields=["state", "-received_at"], name="delivery_state"),
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "delivery", self.pk


class RawContent(models.Model):
    """The payload itself, apart so that lists of deliveries never load it."""

    delivery = models.OneToOneField(
        RawDelivery, models.CASCADE, primary_key=True, related_name="content"
    )
    raw = EncryptedBytesField()

    privacy = {"content": "raw", "not_personal": "delivery"}

    def data_key_owner(self) -> tuple[str, UUID]:
        return "delivery", self.delivery_id
