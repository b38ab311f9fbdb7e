from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.models import User, initials_of
from core.clock import now
from core.fields import EncryptedJSONField, EncryptedTextField
from core.ids import new_id


class Tier(models.Model):
    """How a customer is served. What a tier changes is set here and used everywhere."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=60)
    colour = models.CharField(_("colour"), max_length=7, default="#6a7480")
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=50, help_text=_("Higher is served first.")
    )
    team = models.ForeignKey(
        "accounts.Team", models.SET_NULL, null=True, blank=True, verbose_name=_("dedicated team")
    )
    proactive_reminders = models.BooleanField(_("proactive reminders"), default=False)
    guided_onboarding = models.BooleanField(_("guided onboarding"), default=False)
    # What proactive reminders and a guided start consist of; null switches one off.
    silence_days = models.PositiveSmallIntegerField(
        _("days of silence after an unhappy word"), null=True, blank=True, default=3
    )
    renewal_field = models.CharField(
        _("field with the date of renewal"), max_length=40, blank=True, default=""
    )
    renewal_days = models.PositiveSmallIntegerField(
        _("days before a renewal"), null=True, blank=True, default=14
    )
    check_in_days = models.PositiveSmallIntegerField(
        _("days until we ask how they are getting on"), null=True, blank=True, default=5
    )
    is_default = models.BooleanField(_("for customers we meet first"), default=False)

    privacy = {
        "not_personal": "id code name colour priority team proactive_reminders guided_onboarding "
        "silence_days renewal_field renewal_days check_in_days is_default"
    }

    class Meta:
        ordering = ["-priority"]
        verbose_name = _("tier")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_tier",
            )
        ]

    def __str__(self) -> str:
        """As admins named it; the names we ship are translated."""
        return pgettext("tier", self.name)


class TierRule(models.Model):
    """Who has this tier without anybody's saying so: all that is set must hold. What was given by
    hand is never changed by a rule."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tier = models.ForeignKey(Tier, models.CASCADE, related_name="rules")
    field = models.CharField(_("field"), max_length=40, blank=True)  # the code of one of numbers
    at_least = models.FloatField(_("at least"), null=True, blank=True)
    tickets = models.PositiveIntegerField(_("requests, at least"), null=True, blank=True)
    older_than = models.PositiveIntegerField(
        _("customer for days, at least"), null=True, blank=True
    )
    younger_than = models.PositiveIntegerField(
        _("customer for days, at most"), null=True, blank=True
    )
    is_on = models.BooleanField(_("in use"), default=True)

    privacy = {"not_personal": "id tier field at_least tickets older_than younger_than is_on"}

    class Meta:
        ordering = ["-tier__priority", "id"]
        verbose_name = _("rule for a tier")

    def __str__(self) -> str:
        return str(self.tier)


class CustomField(models.Model):
    """A field admins add to tickets, customers or organisations.

    Values are kept by ``code`` in ``custom`` of their owner, those of personal fields sealed in
    ``custom_private``. The code and the kind never change afterwards.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number")
        YES_NO = "yes_no", _("Yes or no")
        DATE = "date", _("Date")
        CHOICE = "choice", _("One of a list")
        CHOICES = "choices", _("Several of a list")
        URL = "url", _("Web address")

    class Owner(models.TextChoices):
        TICKET = "ticket", _("Tickets")
        CUSTOMER = "customer", _("Customers")
        ORGANISATION = "organisation", _("Organisations")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.CharField(_("belongs to"), max_length=12, choices=Owner)
    code = models.SlugField(max_length=40)
    name = models.CharField(_("name"), max_length=60)
    customer_name = models.CharField(_("name for customers"), max_length=80, blank=True)
    help_text = models.CharField(_("help"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    options = models.JSONField(_("choices"), default=list, blank=True)  # [{"code", "name"}, …]
    is_required = models.BooleanField(_("required"), default=False)
    is_personal = models.BooleanField(
        _("personal"), default=False, help_text=_("Kept sealed; lists cannot be filtered by it.")
    )
    is_for_customers = models.BooleanField(_("customers fill it in"), default=False)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    privacy = {
        "not_personal": "id owner code name customer_name help_text kind options is_required "
        "is_personal is_for_customers position is_active"
    }

    class Meta:
        ordering = ["owner", "position", "name"]
        verbose_name = _("custom field")
        constraints = [models.UniqueConstraint(fields=["owner", "code"], name="one_field_per_code")]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = EncryptedTextField(_("name"))
    name_index = models.BinaryField(unique=True)
    shares_requests = models.BooleanField(_("its people see one another's requests"), default=False)
    custom = models.JSONField(default=dict, blank=True)
    custom_private = EncryptedJSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    privacy = {
        "identity": "name name_index custom_private",
        "behaviour": "custom",
        "not_personal": "id shares_requests created_at",
    }

    class Meta:
        verbose_name = _("organisation")

    def data_key_owner(self) -> tuple[str, UUID]:
        return "organisation", self.pk


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, user: User) -> "CustomerQuerySet":
        """Customers this user may look up: everyone who may see customers sees all of them."""
        if not user.is_authenticated or not user.may("customers.view_customer"):
            return self.none()
        return self.filter(erased_at=None, merged_into=None)


class Customer(models.Model):
    """Who asks, by whatever door."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="customers")
    tier_reason = models.CharField(_("why this tier"), max_length=200, blank=True)
    tier_until = models.DateTimeField(_("tier until"), null=True, blank=True)
    # By which rule they have it; none where somebody gave it, or it is what all begin with.
    tier_rule = models.ForeignKey(
        TierRule, models.SET_NULL, null=True, blank=True, related_name="customers"
    )
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="customers"
    )
    name = EncryptedTextField(_("name"))
    notes = EncryptedTextField(_("notes"), default="", blank=True)
    locale = models.CharField(_("language"), max_length=10, blank=True)
    timezone = models.CharField(_("time zone"), max_length=40, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    custom_private = EncryptedJSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = CustomerQuerySet.as_manager()
    privacy = {
        "identity": "name notes organisation custom_private",
        "behaviour": "custom tier tier_reason tier_until tier_rule locale timezone created_at",
        "not_personal": "id merged_into erased_at",
    }

    class Meta:
        verbose_name = _("customer")
        indexes = [models.Index(fields=["-created_at", "id"], name="customer_newest")]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.pk

    @property
    def initials(self) -> str:
        return initials_of(self.name)


class Identity(models.Model):
    """One way to reach a customer, valid from–to. The same address can change hands."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="identities")
    scope = models.CharField(
        max_length=40, blank=True
    )  # e.g. one WeChat account; empty = everywhere
    kind = models.CharField(max_length=12, choices=Kind)
    value = EncryptedTextField()
    value_index = models.BinaryField()
    index_version = models.PositiveSmallIntegerField(default=1)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.CharField(max_length=20, blank=True)
    valid_from = models.DateTimeField(default=now)
    valid_to = models.DateTimeField(null=True, blank=True)

    privacy = {
        "contact": "kind value value_index scope",
        "proof": "verified_at verified_by valid_from valid_to",
        "not_personal": "id customer index_version",
    }

    class Meta:
        constraints = [
            # One owner of an address at a time; also settles two first messages at one instant.
            models.UniqueConstraint(
                fields=["scope", "kind", "value_index"],
                condition=models.Q(valid_to=None),
                name="one_holder_of_an_identity",
            )
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.customer_id


class CustomerIndex(models.Model):
    """Keyed hashes of a customer's names and addresses, for search. Rebuilt from the source."""

    customer = models.OneToOneField(
        Customer, models.CASCADE, primary_key=True, related_name="search_index"
    )
    tsv = SearchVectorField()

    privacy = {"identity": "tsv", "not_personal": "customer"}

    class Meta:
        indexes = [GinIndex(fields=["tsv"], name="customer_search", fastupdate=False)]


class Purpose(models.Model):
    """What personal data may be used for, and on which ground."""

    class Basis(models.TextChoices):
        CONSENT = "consent", _("consent")
        CONTRACT = "contract", _("contract")
        INTEREST = "interest", _("legitimate interest")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)
    basis = models.CharField(_("ground"), max_length=10, choices=Basis)
    needs_separate_consent = models.BooleanField(
        _("asked separately"),
        default=False,
        help_text=_("Sensitive, passed to third parties or abroad: never granted along."),
    )

    privacy = {"not_personal": "id code name basis needs_separate_consent"}

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        """As admins named it; the names we ship are translated."""
        return pgettext("purpose", self.name)


class Notice(models.Model):
    """The very words a customer was shown. Published once, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="notices")
    version = models.PositiveIntegerField()
    locale = models.CharField(max_length=10)
    text = models.TextField()
    sha256 = models.BinaryField()
    published_at = models.DateTimeField(default=now)

    append_only = True
    privacy = {"not_personal": "id purpose version locale text sha256 published_at"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "version", "locale"], name="one_notice_per_version_and_locale"
            )
        ]


class ConsentEvent(models.Model):
    """A customer's decision about one purpose. The last one counts; none is ever changed."""

    class Action(models.TextChoices):
        GRANTED = "granted", _("granted")
        DENIED = "denied", _("denied")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consent_events")
    purpose = models.ForeignKey(Purpose, models.PROTECT)
    action = models.CharField(max_length=10, choices=Action)
    notice = models.ForeignKey(Notice, models.PROTECT, null=True)
    channel = models.CharField(max_length=20)
    proof = EncryptedJSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)

    append_only = True
    privacy = {
        "proof": "customer purpose action notice channel proof at expires_at",
        "staff": "actor",
        "not_personal": "id",
    }

    class Meta:
        indexes = [
            # The state of a purpose is its newest event.
            models.Index(fields=["customer", "purpose", "-at"], name="consent_state"),
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.customer_id


class SignInCode(models.Model):
    """A one-time code sent to an address, good for one sign-in from the browser that asked.

    The digits are derived from the id (`actions.sign_in`), so that nothing here opens a door.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    address = EncryptedTextField()
    address_index = models.BinaryField()
    browser = models.BinaryField()  # digest of a secret in the cookie of the browser that asked
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    privacy = {
        "contact": "address address_index",
        "credential": "browser",
        "behaviour": "attempts created_at expires_at used_at",
        "not_personal": "id",
    }

    class Meta:
        indexes = [
            models.Index(fields=["address_index", "-created_at"], name="code_of_address"),
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "code", self.pk


class PortalPasskey(models.Model):
    """A key on a customer's device that signs them in to the portal."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="passkeys")
    identity = models.ForeignKey(Identity, models.CASCADE, related_name="+")
    credential_digest = models.BinaryField(unique=True)
    credential = EncryptedJSONField(default=dict)  # id, public key, sign count, transports
    label = EncryptedTextField(default="")
    created_at = models.DateTimeField(default=now)
    used_at = models.DateTimeField(null=True)

    privacy = {
        "credential": "credential_digest credential label",
        "behaviour": "created_at used_at",
        "not_personal": "id customer identity",
    }

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.customer_id


class ImportRun(models.Model):
    """Customers brought in from a file. It goes on where it stopped."""

    class State(models.TextChoices):
        MAPPING = "mapping", _("columns to be chosen")
        READY = "ready", _("checked")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rows = EncryptedJSONField(default=list)  # as read from the file, the header first
    mapping = models.JSONField(default=dict)  # column number → field
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.MAPPING)
    done = models.PositiveIntegerField(default=0)  # rows dealt with, in order
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    errors = EncryptedJSONField(default=list)  # [{"row", "field", "reason"}, …]
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True)

    privacy = {
        "identity": "rows errors",
        "staff": "by created_at finished_at",
        "not_personal": "id mapping options state done added changed",
    }

    def data_key_owner(self) -> tuple[str, UUID]:
        return "import", self.pk
