"""The rubric, and every conversation judged by it."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from connectors.models import Inbox
from core.clock import now
from core.ids import new_id
from tickets.models import Ticket


class Rubric(models.Model):
    """One version: what is judged, by whom, and what it weighs. Published, it never changes."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        LIVE = "live", _("in use")
        PAST = "past", _("earlier")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=5, choices=State, default=State.DRAFT)
    # [{"code", "name", "way": "auto" | "human", "check", "weight", "is_critical"}, …]
    criteria = models.JSONField(default=list)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=now)
    published_at = models.DateTimeField(null=True)

    privacy = {
        "staff": "made_by",
        "not_personal": "id number state criteria made_at published_at",
    }

    class Meta:
        ordering = ["-number"]
        permissions = [("set_up_rubric", "Can write and publish rubrics")]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=~Q(state="past"), name="one_rubric_per_state"
            )
        ]

    def criteria_of(self, way: str) -> list[dict[str, Any]]:
        return [one for one in self.criteria if one["way"] == way]


class InspectionQuerySet(models.QuerySet["Inspection"]):
    def visible_to(self, user: User) -> "InspectionQuerySet":
        """Leads and reviewers: those of tickets they see. Everybody else: their own alone."""
        if user.may("quality.lead_quality") or user.may("quality.review_inspection"):
            visible = Ticket.objects.visible_to(user)
            return self.filter(Q(ticket__in=visible) | Q(agent=user))
        return self.filter(agent=user)


class Inspection(models.Model):
    """A conversation judged once it was resolved; once more if it is resolved again.

    Results name messages and places in them, never their words.
    """

    class Channel(models.TextChoices):
        CHAT = "chat", _("chat")
        MAIL = "mail", _("mail")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="inspections")
    cycle = models.PositiveSmallIntegerField()  # how often it had been reopened before
    resolved_at = models.DateTimeField()
    rubric = models.ForeignKey(Rubric, models.PROTECT, related_name="inspections")
    # Who of ours said most, a person before a bot.
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="inspections"
    )
    is_bot = models.BooleanField(default=False)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+")
    inbox = models.ForeignKey(Inbox, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=4, choices=Channel, default=Channel.MAIL)
    # {criterion: {"state": "ok" | "fault" | "none", "evidence": [[message, start, end], …],
    # "set_right": true where a dispute was upheld}}
    results = models.JSONField(default=dict)
    faults = ArrayField(models.CharField(max_length=40), default=list)
    score = models.PositiveSmallIntegerField(null=True)  # 0 to 100; nothing to judge: null
    made_at = models.DateTimeField(default=now)

    objects = InspectionQuerySet.as_manager()
    privacy = {
        "behaviour": "resolved_at",
        "staff": "agent results faults score",
        "not_personal": "id ticket cycle rubric is_bot team inbox channel made_at",
    }

    class Meta:
        ordering = ["-resolved_at"]
        permissions = [
            ("review_inspection", "Can review conversations"),
            ("lead_quality", "Can see all scores, decide disputes and coach"),
        ]
        constraints = [models.UniqueConstraint(fields=["ticket", "cycle"], name="one_inspection")]
        indexes = [
            models.Index(fields=["-resolved_at"], name="inspection_lately"),
            models.Index(fields=["agent", "-resolved_at"], name="inspection_of_agent"),
            models.Index(fields=["team", "-resolved_at"], name="inspection_of_team"),
        ]


class Shift(models.Model):
    """An alarm: the scores of a team, of bots or of all fell further than chance explains."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    week = models.DateField()  # its Monday
    scope = models.CharField(max_length=60)  # "all", "bots" or "team:<id>"
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+")
    before = models.FloatField()
    after = models.FloatField()
    count = models.PositiveIntegerField()
    chance = models.FloatField()
    made_at = models.DateTimeField(default=now)

    privacy = {"not_personal": "id week scope team before after count chance made_at"}

    class Meta:
        ordering = ["-week", "scope"]
        constraints = [models.UniqueConstraint(fields=["week", "scope"], name="one_shift_a_week")]


class Mood(models.Model):
    """How a customer felt in one message, as far as words tell."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message = models.OneToOneField("tickets.Message", models.CASCADE, related_name="felt")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="moods")
    mood = models.SmallIntegerField()  # -100 very unhappy … 100 very happy
    at = models.DateTimeField()

    privacy = {"behaviour": "mood at", "not_personal": "id message ticket"}

    class Meta:
        indexes = [models.Index(fields=["ticket", "at"], name="mood_of_ticket")]


class CallBack(models.Model):
    """A customer who may be lost, to be called back, and why."""

    class State(models.TextChoices):
        OPEN = "open", _("to be called")
        DONE = "done", _("called")
        DISMISSED = "dismissed", _("not needed")

    class Reason(models.TextChoices):
        NEGATIVE = "negative", _("unhappy for long")
        SILENT = "silent", _("silent after anger")
        REPEAT = "repeat", _("writes again and again")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    reasons = ArrayField(models.CharField(max_length=10, choices=Reason), default=list)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    since = models.DateTimeField(default=now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    privacy = {
        "behaviour": "customer reasons since state decided_at",
        "staff": "decided_by",
        "not_personal": "id ticket",
    }

    class Meta:
        ordering = ["since"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state="open"), name="one_open_call_back"
            )
        ]

    @property
    def reason_names(self) -> list[str]:
        return [str(self.Reason(one).label) for one in self.reasons]


def key_of_customer(ticket: Ticket) -> tuple[str, UUID]:
    return "customer", ticket.customer_id
