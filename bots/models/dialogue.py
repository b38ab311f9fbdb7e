"""Bots: who they are, what they may do, the flows they follow, and where their dialogues stand."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bots.models.understanding import name_in
from connectors.models import Brand, Inbox
from core.clock import now
from core.fields import EncryptedJSONField, EncryptedTextField
from core.ids import new_id
from tickets.models import Message, Thread, Ticket


class Bot(models.Model):
    """One per brand: a persona, its limits, and a switch that stops it."""

    class Mails(models.TextChoices):
        OFF = "off", _("leaves them to people")
        SUGGEST = "suggest", _("suggests an answer to agents")
        ANSWER = "answer", _("answers by itself")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    brand = models.OneToOneField(Brand, models.CASCADE, related_name="bot", verbose_name=_("brand"))
    # Signs what is said, and can do nothing else: it has no password, no role and no team.
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="bot", editable=False
    )
    name = models.CharField(_("name"), max_length=40)
    tone = models.CharField(_("tone"), max_length=200, blank=True)
    languages = models.JSONField(_("languages"), default=list)
    phrases = models.JSONField(_("phrases"), default=dict)  # name → language → text
    forbidden = models.JSONField(_("forbidden words"), default=list)
    facts = models.JSONField(_("approved facts"), default=dict)  # name → text
    # Intent or "*" → tier or "*" → mood (calm, upset) → answer, free_person or person.
    limits = models.JSONField(_("limits"), default=dict)
    mails = models.JSONField(_("mails"), default=dict)  # intent or "*" → off, suggest or answer
    # Language or "*" → ids of articles, in their order.
    starters = models.JSONField(_("articles for those who are new"), default=dict)
    inboxes = models.ManyToManyField(Inbox, related_name="+", blank=True, verbose_name=_("inboxes"))
    per_thread = models.PositiveSmallIntegerField(_("answers in a conversation"), default=30)
    per_hour = models.PositiveSmallIntegerField(_("answers in an hour"), default=20)
    is_paused = models.BooleanField(_("paused"), default=False)
    after_hours = models.BooleanField(
        _("meets chats outside working hours"),
        default=True,
        help_text=_("It says when people are back; what it hands over is answered by mail."),
    )
    pauses_on_alarm = models.BooleanField(
        _("pauses by itself on an alarm after a release"),
        default=False,
        help_text=_("When complaints or low scores rise by more than chance allows."),
    )
    created_at = models.DateTimeField(default=now, editable=False)

    privacy = {
        "staff": "user",
        "not_personal": "id brand name tone languages phrases forbidden facts limits mails "
        "starters inboxes per_thread per_hour is_paused after_hours pauses_on_alarm created_at",
    }

    class Meta:
        verbose_name = _("bot")
        ordering = ["name", "id"]
        permissions = [("set_up_bot", "Can set up bots and their flows")]

    def __str__(self) -> str:
        return self.name


class Tool(models.Model):
    """A typed address of the house's own systems that flows may call."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    bot = models.ForeignKey(Bot, models.CASCADE, related_name="tools")
    name = models.SlugField(_("name"), max_length=40)
    description = models.CharField(_("description"), max_length=200, blank=True)
    url = models.CharField(_("address"), max_length=300)
    inputs = models.JSONField(_("inputs"), default=dict)  # name → kind
    outputs = models.JSONField(_("outputs"), default=dict)  # name → kind
    reads_only = models.BooleanField(
        _("only reads"),
        default=True,
        help_text=_("What changes something needs a customer who has proved who they are."),
    )
    secret = EncryptedTextField(_("secret"), default="", blank=True)  # signs what is sent
    timeout_seconds = models.PositiveSmallIntegerField(_("waits for seconds"), default=5)

    privacy = {
        "credential": "secret",
        "not_personal": "id bot name description url inputs outputs reads_only timeout_seconds",
    }

    class Meta:
        verbose_name = _("tool")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["bot", "name"], name="one_tool_per_name")]

    def __str__(self) -> str:
        return self.name

    def data_key_owner(self) -> tuple[str, UUID]:
        return "bot", self.bot_id


class Flow(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    bot = models.ForeignKey(Bot, models.CASCADE, related_name="flows")
    slug = models.SlugField(_("code"), max_length=40)
    titles = models.JSONField(_("title"), default=dict)  # by language, as in the newest version
    position = models.PositiveSmallIntegerField(default=0)
    is_on = models.BooleanField(_("in use"), default=True)
    draft = models.TextField(_("outline"), blank=True)
    changed_at = models.DateTimeField(default=now)

    privacy = {"not_personal": "id bot slug titles position is_on draft changed_at"}

    class Meta:
        verbose_name = _("flow")
        ordering = ["position", "slug"]
        constraints = [models.UniqueConstraint(fields=["bot", "slug"], name="one_flow_per_slug")]
        permissions = [("publish_flow", "Can publish flows")]

    def __str__(self) -> str:
        return name_in(self.titles, self.slug)


class FlowVersion(models.Model):
    """What was published, word for word; never changed. The newest one is followed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    flow = models.ForeignKey(Flow, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    outline = models.TextField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    published_at = models.DateTimeField(default=now)

    append_only = True
    privacy = {"staff": "published_by", "not_personal": "id flow number outline published_at"}

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["flow", "number"], name="one_flow_version_per_number")
        ]


class Dialogue(models.Model):
    """Where a conversation stands: all of it, so that any worker can go on with it."""

    class State(models.TextChoices):
        BOT = "bot", _("with the bot")
        PERSON = "person", _("with people")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    thread = models.OneToOneField(Thread, models.CASCADE, related_name="dialogue")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="dialogues")
    bot = models.ForeignKey(Bot, models.CASCADE, related_name="dialogues")
    state = models.CharField(max_length=6, choices=State, default=State.BOT)
    kept = EncryptedJSONField(default=dict)  # see ``bots.dialogue.shapes.State``
    # The last message that was dealt with, and how often that happened: a worker that was
    # overtaken finds another number and writes nothing.
    last_at = models.DateTimeField(null=True)
    last_message = models.UUIDField(null=True)
    fence = models.PositiveIntegerField(default=0)
    answers = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField(default=now)
    solved_at = models.DateTimeField(null=True)

    privacy = {
        "content": "kept",
        "behaviour": "state last_at began_at solved_at answers",
        "not_personal": "id thread ticket bot last_message fence",
    }

    class Meta:
        indexes = [models.Index(fields=["bot", "-began_at"], name="dialogue_newest")]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.ticket.customer_id


class Turn(models.Model):
    """How one answer came about."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dialogue = models.ForeignKey(Dialogue, models.CASCADE, related_name="turns")
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")  # what was answered
    answer = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    intent = models.CharField(max_length=40, blank=True)
    confidence = models.FloatField(default=0)
    flow = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=0)  # of the flow
    model = models.PositiveIntegerField(default=0)  # of the understanding
    said = EncryptedTextField(default="")  # also what was only suggested
    is_suggestion = models.BooleanField(default=False)
    trace = EncryptedJSONField(default=dict)  # scores, entities, tools, passages
    milliseconds = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=now)

    privacy = {
        "content": "said trace",
        "behaviour": "intent confidence at",
        "not_personal": "id dialogue message answer flow version model is_suggestion milliseconds",
    }

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["message"], name="one_turn_per_message")]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.dialogue.ticket.customer_id


class HandOff(models.Model):
    """That a dialogue went to people: why, and what they need not ask again."""

    class Reason(models.TextChoices):
        ASKED_FOR_PERSON = "asked_for_person", _("asked for a person")
        LOW_CONFIDENCE = "low_confidence", _("the bot was not sure")
        NEGATIVE_MOOD = "negative_mood", _("the customer is upset")
        POLICY = "policy", _("people decide this")
        VIP = "vip", _("people serve this tier")
        FAILURE = "failure", _("something did not work")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dialogue = models.ForeignKey(Dialogue, models.CASCADE, related_name="handoffs")
    reason = models.CharField(max_length=16, choices=Reason)
    flow = models.CharField(max_length=40, blank=True)
    # {"questions": […], "slots": {…}, "tried": […], "language": …}
    told: Any = EncryptedJSONField(default=dict)
    at = models.DateTimeField(default=now)
    given_back_at = models.DateTimeField(null=True)
    given_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    privacy = {
        "content": "told",
        "behaviour": "reason at",
        "staff": "given_back_at given_back_by",
        "not_personal": "id dialogue flow",
    }

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dialogue"],
                condition=Q(given_back_at=None),
                name="one_handoff_at_a_time",
            )
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.dialogue.ticket.customer_id
