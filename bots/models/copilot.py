"""The agent's copilot: where it may be used, who does without it, and how each of its answers came
about."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.dialogue import Tool
from connectors.models import Brand
from core.clock import now
from core.fields import EncryptedJSONField
from core.ids import new_id
from tickets.models import Message, Ticket

FEATURES = ("summary", "suggestion", "translation", "tone")


class CopilotSettings(models.Model):
    """A brand without a row has all of it."""

    brand = models.OneToOneField(
        Brand, models.CASCADE, primary_key=True, related_name="copilot", verbose_name=_("brand")
    )
    summary = models.BooleanField(_("summary"), default=True)
    suggestion = models.BooleanField(_("suggested reply"), default=True)
    translation = models.BooleanField(_("translation"), default=True)
    tone = models.BooleanField(_("tone"), default=True)

    privacy = {"not_personal": "brand summary suggestion translation tone"}


class CopilotChoice(models.Model):
    """That somebody would rather not see it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    is_hidden = models.BooleanField(default=True)

    privacy = {"staff": "user is_hidden"}


class CopilotUse(models.Model):
    """Something it was asked for: who asked, what went in, what left this house word for word, and
    what came of it."""

    class Kind(models.TextChoices):
        SUMMARY = "summary", _("summary")
        SUGGESTION = "suggestion", _("suggested reply")
        TRANSLATION = "translation", _("translation")
        TONE = "tone", _("tone")

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    code = models.CharField(max_length=40, blank=True)  # why it failed or was refused
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    language = models.CharField(max_length=10, blank=True)  # of what is made
    given: Any = EncryptedJSONField(default=dict)  # facts, the text written, the question
    sent: Any = EncryptedJSONField(default=list)  # prompts; none: nothing left this house
    made: Any = EncryptedJSONField(default=dict)
    messages = models.JSONField(default=list)  # ids of those it was made of
    passages = models.JSONField(default=list)
    model = models.CharField(max_length=80, blank=True)
    version = models.PositiveSmallIntegerField(default=0)  # of what we tell the model to do
    encoder = models.CharField(max_length=80, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=now)
    used_at = models.DateTimeField(null=True)

    privacy = {
        "content": "given sent made",
        "behaviour": "message language messages",
        "staff": "user at used_at",
        "not_personal": "id ticket kind state code passages model version encoder milliseconds",
    }

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["-at"], name="copilot_newest")]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.ticket.customer_id


class ToolFailure(models.Model):
    """That a tool did not answer. Says nothing of what was asked."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tool = models.ForeignKey(Tool, models.CASCADE, related_name="failures")
    code = models.CharField(max_length=60)
    milliseconds = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=now)

    privacy = {"not_personal": "id tool code milliseconds at"}

    class Meta:
        ordering = ["-at", "-id"]
