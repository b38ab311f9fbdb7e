"""What a ticket probably is: suggested, or set where it is sure enough, and learned from what
people made of earlier ones."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.fields import EncryptedBytesField
from core.ids import new_id
from tickets.models import Ticket


class Triaged(models.TextChoices):
    """What is found out about a ticket."""

    TYPE = "type", _("type")
    PRIORITY = "priority", _("priority")
    SKILL = "skill", _("skill")
    LANGUAGE = "language", _("language")
    SENTIMENT = "sentiment", _("mood")


class TriageRule(models.Model):
    """From how sure on something is set without asking. Without a row it is only suggested."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    field = models.CharField(unique=True, max_length=10, choices=Triaged)
    is_on = models.BooleanField(_("suggested"), default=True)
    # In per cent; null: never by itself.
    applies_from = models.PositiveSmallIntegerField(_("set by itself from"), null=True, blank=True)

    privacy = {"not_personal": "id field is_on applies_from"}


class TriageModel(models.Model):
    """One learning: what it was learned from, how it did on what came later, and its weights."""

    class State(models.TextChoices):
        ASKED = "asked", _("waits")
        READY = "ready", _("ready")
        FAILED = "failed", _("could not be learned")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=6, choices=State, default=State.ASKED)
    is_live = models.BooleanField(default=False)
    why = models.CharField(max_length=40, blank=True)  # a code, where it failed or stayed back
    # {"type": {"learned", "tried", "right", "usual", "sure": [[from, share, right], …]}, …}
    report = models.JSONField(default=dict)
    learned_until = models.DateTimeField(null=True)  # what is newer was only tried
    weights = EncryptedBytesField(null=True)
    asked_at = models.DateTimeField(default=now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True)

    privacy = {
        "content": "weights",
        "staff": "asked_by",
        "not_personal": "id number state is_live why report learned_until asked_at done_at",
    }

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_live"], condition=Q(is_live=True), name="one_triage_model_is_live"
            )
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "model", self.pk


class TriageGuess(models.Model):
    """What was found out about one ticket, how sure, and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", _("suggested")
        APPLIED = "applied", _("set by itself")
        TAKEN = "taken", _("taken")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="guesses")
    field = models.CharField(max_length=10, choices=Triaged)
    value = models.CharField(max_length=40)
    was = models.CharField(max_length=40, blank=True)
    confidence = models.FloatField()
    source = models.CharField(max_length=20)  # "learned" or the name of a provider
    model = models.PositiveIntegerField(null=True)  # the number of the version that said so
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    at = models.DateTimeField(default=now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    privacy = {
        "behaviour": "value was confidence source state at decided_at",
        "staff": "decided_by",
        "not_personal": "id ticket field model",
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "field"], name="one_guess_per_ticket_and_field"
            )
        ]
