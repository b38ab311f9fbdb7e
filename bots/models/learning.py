"""What we could not answer, put together by what was meant, and what became of it."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from connectors.models import Brand
from core.clock import now
from core.fields import EncryptedBytesField, EncryptedTextField
from core.ids import new_id
from knowledge.models import Article


class Gap(models.Model):
    """Questions that mean the same and that nothing of ours answers well."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DRAFTED = "drafted", _("Article in writing")
        CLOSED = "closed", _("Answered")
        DISMISSED = "dismissed", _("Dismissed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    language = models.CharField(max_length=10)
    title = EncryptedTextField()  # the question nearest to all others
    centre = EncryptedBytesField()
    encoder = models.CharField(max_length=80)
    size = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(default=now)
    last_at = models.DateTimeField(default=now)
    # Put together from answers people gave, without what is personal; empty while there are none.
    draft_title = EncryptedTextField(default="")
    draft_body = EncryptedTextField(default="")
    drafted_from = models.JSONField(default=list)  # ids of tickets
    drafted_at = models.DateTimeField(null=True)
    article = models.ForeignKey(Article, models.SET_NULL, null=True, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    privacy = {
        "content": "title centre draft_title draft_body",
        "staff": "decided_by decided_at",
        "not_personal": "id state language encoder size first_at last_at drafted_from drafted_at "
        "article",
    }

    class Meta:
        ordering = ["-size", "-last_at", "id"]
        indexes = [models.Index(fields=["state", "-size"], name="gap_open_first")]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "gap", self.pk


class Question(models.Model):
    """One that was not answered, or badly, without what is personal in it."""

    class Source(models.TextChoices):
        BOT = "bot", _("asked the bot")
        SEARCH = "search", _("looked for in the help centre")
        ARTICLE = "article", _("an article that did not help")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    gap = models.ForeignKey(Gap, models.SET_NULL, null=True, related_name="questions")
    source = models.CharField(max_length=10, choices=Source)
    text = EncryptedTextField()
    vector = EncryptedBytesField(null=True)  # of 16-bit numbers
    encoder = models.CharField(max_length=80, default="")
    language = models.CharField(max_length=10)
    intent = models.CharField(max_length=60, default="")
    reason = models.CharField(max_length=40, default="")
    asked_in = models.UUIDField(null=True)  # the dialogue, or the reader's opinion
    article = models.ForeignKey(Article, models.CASCADE, null=True, related_name="+")
    brand = models.ForeignKey(Brand, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField(default=now)

    privacy = {
        "content": "text vector",
        "behaviour": "source language intent reason asked_in article at",
        "not_personal": "id gap encoder brand",
    }

    class Meta:
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["-at"], name="question_newest"),
            models.Index(fields=["at"], condition=models.Q(gap=None), name="question_without_gap"),
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "question", self.pk
