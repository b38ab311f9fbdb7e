from uuid import UUID

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.fields import EncryptedBytesField, EncryptedJSONField, EncryptedTextField
from core.ids import new_id


class Brand(models.Model):
    """Under which name, look and addresses we answer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(
        _("name in addresses"), max_length=40, unique=True, null=True, blank=True
    )
    accent = models.CharField(
        _("colour"), max_length=7, blank=True, validators=[RegexValidator(r"^#[0-9a-f]{6}$")]
    )
    logo = models.BinaryField(null=True, blank=True)  # a small picture, read and written anew by us
    logo_type = models.CharField(max_length=20, blank=True)
    languages = models.JSONField(_("languages"), default=list, blank=True)  # of the portal
    signature = models.TextField(_("signature"), blank=True)
    sender_name = models.CharField(
        _("sender's name"), max_length=80, blank=True, help_text=_("Empty: the brand's name.")
    )
    dkim_domain = models.CharField(_("DKIM domain"), max_length=253, blank=True)
    dkim_selector = models.CharField(_("DKIM selector"), max_length=63, blank=True)
    dkim_key = EncryptedTextField(_("DKIM private key"), null=True, blank=True)

    privacy = {
        "not_personal": "id name slug accent logo logo_type languages signature sender_name "
        "dkim_domain dkim_selector",
        "credential": "dkim_key",
    }

    class Meta:
        verbose_name = _("brand")

    def __str__(self) -> str:
        return self.name

    def data_key_owner(self) -> tuple[str, UUID]:
        return "brand", self.pk


class Inbox(models.Model):
    """One configured door: support@…, a chat widget, a Telegram bot."""

    class Kind(models.TextChoices):
        MAIL = "mail", _("E-mail")
        API = "api", _("API")
        CHAT = "chat", _("Chat")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="inboxes")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name = models.CharField(_("name"), max_length=80)
    # Ours, not a customer's: customers write to it.
    address = models.EmailField(_("address"), unique=True, null=True, blank=True)
    team = models.ForeignKey(
        "accounts.Team", models.SET_NULL, null=True, blank=True, verbose_name=_("team")
    )
    calendar = models.ForeignKey(
        "accounts.Calendar",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("working hours"),
    )
    credentials = EncryptedJSONField(_("credentials"), default=dict, blank=True)
    undo_seconds = models.PositiveSmallIntegerField(_("undo delay in seconds"), default=10)
    reopen_days = models.PositiveSmallIntegerField(
        _("reopen for days"),
        default=14,
        help_text=_("An answer to a resolved request reopens it; later it opens a new one."),
    )
    acknowledges = models.BooleanField(
        _("confirms what it receives"),
        default=False,
        help_text=_("Whoever opens a request by mail gets one mail with its number."),
    )
    acknowledgement = models.TextField(
        _("words of the confirmation"), blank=True, help_text=_("Empty: the usual words.")
    )
    is_active = models.BooleanField(default=True)
    cursor = models.JSONField(default=dict, blank=True, editable=False)
    healthy_at = models.DateTimeField(null=True, blank=True, editable=False)
    problem = models.CharField(max_length=200, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    alarmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The circuit breaker: no automatic mail leaves through this door until somebody looks.
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)

    privacy = {
        "not_personal": "id brand kind name address team calendar undo_seconds reopen_days "
        "acknowledges acknowledgement is_active cursor healthy_at problem failing_since "
        "alarmed_at paused_at",
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
        # Looked at, by a person or a rule, and kept without a message.
        DISMISSED = "dismissed", _("dismissed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    inbox = models.ForeignKey(Inbox, models.PROTECT, related_name="raw_deliveries")
    source = models.CharField(max_length=8)
    external_id = models.CharField(max_length=200)
    body_hash = models.BinaryField()
    size = models.PositiveIntegerField()
    envelope = EncryptedJSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED)
    # A short word for the program, a sentence for people.
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # Ids only: tickets lie above connectors.
    ticket_id = models.UUIDField(null=True, blank=True)
    message_id = models.UUIDField(null=True, blank=True)
    # Of a mail in quarantine: the ticket it wanted to enter.
    suspected_ticket_id = models.UUIDField(null=True, blank=True)
    # Its place in an IMAP folder, for the gap audit.
    uidvalidity = models.BigIntegerField(null=True, blank=True)
    uid = models.BigIntegerField(null=True, blank=True)
    # {"spf": "pass", "dkim": "none", "dmarc": "fail"}: result words of RFC 8601, no domains.
    verdicts = models.JSONField(default=dict, blank=True)
    received_at = models.DateTimeField(default=now)

    privacy = {
        "contact": "envelope",
        "content": "body_hash",
        "not_personal": "id inbox source external_id size state reason_code reason ticket_id "
        "message_id suspected_ticket_id uidvalidity uid verdicts received_at",
    }

    class Meta:
        verbose_name = _("raw delivery")
        verbose_name_plural = _("raw deliveries")
        constraints = [
            # The same delivery twice is one; another body under the same id is another.
            models.UniqueConstraint(
                fields=["inbox", "external_id", "body_hash"], name="one_row_per_delivery"
            ),
            models.UniqueConstraint(
                fields=["inbox", "uidvalidity", "uid"],
                condition=models.Q(uid__isnull=False),
                name="one_row_per_uid",
            ),
        ]
        indexes = [
            # The admin's list of what needs a look.
            models.Index(fields=["state", "-received_at"], name="delivery_state"),
            # The raw mail behind a message.
            models.Index(
                fields=["message_id"],
                name="delivery_message",
                condition=models.Q(message_id__isnull=False),
            ),
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


class Suppression(models.Model):
    """An address we must not write to: its server refused it for good, or somebody said so."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", _("could not be delivered")
        COMPLAINT = "complaint", _("complained")
        MANUAL = "manual", _("by hand")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    address = EncryptedTextField()
    address_index = models.BinaryField(unique=True)
    reason = models.CharField(max_length=10, choices=Reason)
    provider_code = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField(default=now)

    privacy = {
        "contact": "address address_index",
        "behaviour": "reason provider_code at",
        "not_personal": "id",
    }

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")

    def data_key_owner(self) -> tuple[str, UUID]:
        return "suppression", self.pk


class SenderBlock(models.Model):
    """An address or a whole domain whose mail goes to the spam folder."""

    class Kind(models.TextChoices):
        ADDRESS = "address", _("address")
        DOMAIN = "domain", _("domain")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    value = EncryptedTextField()
    value_index = models.BinaryField(unique=True)
    blocked_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=now)

    privacy = {
        "contact": "value value_index",
        "staff": "blocked_by at",
        "not_personal": "id kind",
    }

    class Meta:
        verbose_name = _("blocked sender")
        verbose_name_plural = _("blocked senders")

    def data_key_owner(self) -> tuple[str, UUID]:
        return "block", self.pk


class SpamWord(models.Model):
    """How often a word, known by its keyed hash alone, stood in mails people judged."""

    word_index = models.BinaryField(primary_key=True)
    spam = models.PositiveIntegerField(default=0)
    wanted = models.PositiveIntegerField(default=0)

    privacy = {"content": "word_index", "not_personal": "spam wanted"}


class AutomaticMail(models.Model):
    """One mail that no person wrote, counted against the budget of its recipient."""

    class Kind(models.TextChoices):
        ACKNOWLEDGEMENT = "ack", _("confirmation")
        NOTICE = "notice", _("notice")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    address_index = models.BinaryField()
    kind = models.CharField(max_length=8, choices=Kind)
    inbox = models.ForeignKey(Inbox, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=now)

    privacy = {"contact": "address_index", "behaviour": "at", "not_personal": "id kind inbox"}

    class Meta:
        indexes = [
            models.Index(fields=["address_index", "-at"], name="automatic_by_address"),
            models.Index(fields=["inbox", "-at"], name="automatic_by_inbox"),
        ]
