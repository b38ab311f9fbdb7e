"""What bots are taught: intents with examples, kinds of entities, and the models made of them."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from connectors.models import Brand
from core.clock import now
from core.fields import EncryptedBytesField, EncryptedTextField
from core.ids import new_id
from customers.models import Customer


def name_in(names: dict[str, str], otherwise: str) -> str:
    """In the reader's language, else in any."""
    wanted = translation.get_language() or settings.LANGUAGE_CODE
    return names.get(wanted) or next(filter(None, names.values()), otherwise)


class Intent(models.Model):
    """Something customers want."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(_("code"), max_length=40, unique=True)
    names = models.JSONField(_("names"), default=dict)  # by language
    description = models.TextField(_("description"), blank=True)
    brand = models.ForeignKey(
        Brand,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("brand"),
        help_text=_("None: every brand."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    privacy = {"not_personal": "id slug names description brand is_active created_at"}

    class Meta:
        ordering = ["slug"]
        verbose_name = _("intent")
        permissions = [("teach_intent", "Can teach bots")]

    def __str__(self) -> str:
        return name_in(self.names, self.slug)


class IntentExample(models.Model):
    """A sentence somebody who wants this would say."""

    class Source(models.TextChoices):
        WRITTEN = "written", _("Written")
        CONVERSATION = "conversation", _("From a conversation")
        IMPORTED = "imported", _("Imported")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    intent = models.ForeignKey(Intent, models.CASCADE, related_name="examples")
    text = EncryptedTextField(_("sentence"), max_length=500)
    fingerprint = models.BinaryField()  # keyed hash, so that none is taught twice
    language = models.CharField(_("language"), max_length=10, blank=True)
    source = models.CharField(max_length=12, choices=Source, default=Source.WRITTEN)
    is_reviewed = models.BooleanField(default=True)  # only these are learned from
    # Whose words they are, if a customer's: they go with the customer.
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="+")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)

    privacy = {
        "content": "text",
        "behaviour": "customer fingerprint",
        "staff": "created_by",
        "not_personal": "id intent language source is_reviewed created_at",
    }

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["fingerprint"], name="no_sentence_means_two_things")
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        if self.customer_id:
            return "customer", self.customer_id
        return "intent", self.intent_id


class EntityType(models.Model):
    """A kind of thing bots find in what is said, beside those they know by themselves."""

    class Kind(models.TextChoices):
        PATTERN = "pattern", _("A pattern")
        LIST = "list", _("A list of names")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(_("code"), max_length=40, unique=True)
    names = models.JSONField(_("names"), default=dict)  # by language
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.LIST)
    pattern = models.CharField(_("pattern"), max_length=300, blank=True)
    form = models.CharField(
        _("how it is written"),
        max_length=60,
        blank=True,
        help_text=_("{0} is what was found, {1} its first group. Empty: as it was found."),
    )
    # [{"value": "luna", "words": ["Luna table lamp", "月见台灯"]}, …]
    entries = models.JSONField(_("names on the list"), default=list)
    is_active = models.BooleanField(_("active"), default=True)

    privacy = {"not_personal": "id slug names kind pattern form entries is_active"}

    class Meta:
        ordering = ["slug"]
        verbose_name = _("kind of entity")

    def __str__(self) -> str:
        return name_in(self.names, self.slug)


class UnderstandingModel(models.Model):
    """One training: what came of it, how good it is, and whether bots use it now."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting")
        TRAINING = "training", _("Training")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    is_live = models.BooleanField(default=False)
    encoders = models.JSONField(default=dict)  # name → version
    # Arrays and JSON in one npz file. It holds pieces of what customers said.
    artefact: Any = EncryptedBytesField(null=True)
    report = models.JSONField(default=dict)
    problem = models.CharField(max_length=200, blank=True)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=now, editable=False)
    trained_at = models.DateTimeField(null=True, blank=True)

    privacy = {
        "content": "artefact",
        "staff": "asked_by",
        "not_personal": "id number state is_live encoders report problem asked_at trained_at",
    }

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_live"], condition=Q(is_live=True), name="one_live_understanding"
            ),
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state__in=["asked", "training"]),
                name="one_training_of_each_state",
            ),
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "model", self.pk
