"""How good a bot is, in the open: suites of tests, what came of them, trials with a share of the
dialogues, and what is looked at again each month."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bots.models.dialogue import Bot, Dialogue, Flow, Turn
from core.clock import now
from core.fields import EncryptedJSONField, EncryptedTextField
from core.ids import new_id
from customers.models import Customer


class Suite(models.Model):
    """Questions and scripted customers that a bot is held against."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    bot = models.ForeignKey(Bot, models.CASCADE, related_name="suites")
    name = models.CharField(_("name"), max_length=80)
    is_gating = models.BooleanField(
        _("stands before publishing"),
        default=True,
        help_text=_("Nothing is published while it gets worse or stays under its bar."),
    )
    bar = models.PositiveSmallIntegerField(
        _("right at least, of a hundred"),
        default=90,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now, editable=False)

    privacy = {"staff": "created_by", "not_personal": "id bot name is_gating bar created_at"}

    class Meta:
        verbose_name = _("suite")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["bot", "name"], name="one_suite_per_name")]
        permissions = [("override_gate", "Can publish although tests fail")]

    def __str__(self) -> str:
        return self.name


class Case(models.Model):
    """One question, or one customer with several turns, and what is right."""

    class Kind(models.TextChoices):
        QUESTION = "question", _("Question")
        SCRIPT = "script", _("Scripted customer")

    class Source(models.TextChoices):
        WRITTEN = "written", _("written")
        CONVERSATION = "conversation", _("from a conversation")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    suite = models.ForeignKey(Suite, models.CASCADE, related_name="cases")
    kind = models.CharField(max_length=8, choices=Kind)
    source = models.CharField(max_length=12, choices=Source, default=Source.WRITTEN)
    language = models.CharField(_("language"), max_length=10)
    # See ``bots.evaluation.scripts.Script``. Without what is personal, sealed all the same.
    given: Any = EncryptedJSONField(default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now, editable=False)
    changed_at = models.DateTimeField(default=now)

    privacy = {
        "content": "given",
        "staff": "created_by",
        "not_personal": "id suite kind source language created_at changed_at",
    }

    class Meta:
        ordering = ["created_at", "id"]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "suite", self.suite_id


class Run(models.Model):
    """A suite played twice: against what is live, and against what may come to be."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    suite = models.ForeignKey(Suite, models.CASCADE, related_name="runs")
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    # What may come: outlines by flow, the number of an understanding. Nothing: what is live.
    flows = models.JSONField(default=dict)
    model = models.PositiveIntegerField(null=True)
    # Of all that went into it; with another one it says nothing any more.
    fingerprint = models.CharField(max_length=64, default="")
    # Nobody has to press for it: a training goes live once no suite stands against it.
    goes_live = models.BooleanField(default=False)
    count = models.PositiveIntegerField(default=0)
    live_right = models.PositiveIntegerField(default=0)
    right = models.PositiveIntegerField(default=0)
    newly_right = models.PositiveIntegerField(default=0)
    newly_wrong = models.PositiveIntegerField(default=0)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=now, editable=False)
    done_at = models.DateTimeField(null=True)

    privacy = {
        "staff": "asked_by",
        "not_personal": "id suite state flows model fingerprint goes_live count live_right right "
        "newly_right newly_wrong asked_at done_at",
    }

    class Meta:
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["suite", "-asked_at"], name="run_newest")]


class Result(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="results")
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    live_is_right = models.BooleanField()
    is_right = models.BooleanField()
    # {"live": {"problems": […], "talk": [[who, words], …]}, "new": {…}}
    told: Any = EncryptedJSONField(default=dict)

    privacy = {"content": "told", "not_personal": "id run case live_is_right is_right"}

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "case"], name="one_result_per_case")]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "suite", self.run.suite_id


class GateOverride(models.Model):
    """That something was published although a suite stood against it, and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    flow = models.ForeignKey(Flow, models.CASCADE, null=True, related_name="overrides")
    model = models.PositiveIntegerField(null=True)  # the number of an understanding
    reason = models.TextField()
    failing = models.JSONField(default=list)  # {"suite", "right", "live_right", "count", "bar"}
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    privacy = {"staff": "reason by at", "not_personal": "id flow model failing"}

    class Meta:
        ordering = ["-at", "-id"]


class Trial(models.Model):
    """A candidate that answers a share of new dialogues, beside what is live."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        WON = "won", _("Made live")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    bot = models.ForeignKey(Bot, models.CASCADE, related_name="trials")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    flows = models.JSONField(default=dict)  # outlines, as they were when it began
    model = models.PositiveIntegerField(null=True)  # the number of an understanding
    share = models.PositiveSmallIntegerField(
        _("share of new dialogues, of a hundred"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
    )
    began_at = models.DateTimeField(default=now)
    began_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    privacy = {
        "staff": "began_by ended_by",
        "not_personal": "id bot state flows model share began_at ended_at",
    }

    class Meta:
        ordering = ["-began_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["bot"], condition=Q(state="running"), name="one_running_trial_per_bot"
            )
        ]


class TrialEntry(models.Model):
    """The first dialogue of a customer within a trial. It counts on when the customer is gone, and
    then names nobody."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    trial = models.ForeignKey(Trial, models.CASCADE, related_name="entries")
    dialogue = models.ForeignKey(Dialogue, models.SET_NULL, null=True, related_name="+")
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="+")
    is_candidate = models.BooleanField()
    began_at = models.DateTimeField(default=now)
    is_solved = models.BooleanField(null=True)  # none while it is not known yet
    settled_at = models.DateTimeField(null=True)

    privacy = {
        "behaviour": "dialogue customer began_at is_solved settled_at",
        "not_personal": "id trial is_candidate",
    }

    class Meta:
        ordering = ["began_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "customer"], name="customers_count_once")
        ]
        indexes = [
            models.Index(
                fields=["began_at"], condition=Q(settled_at=None), name="trial_entry_unsettled"
            )
        ]


class Verification(models.Model):
    """The live bot looked at again, for one month, in three ways."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    bot = models.ForeignKey(Bot, models.CASCADE, related_name="verifications")
    month = models.DateField()  # its first day
    # {"answers": n, "agreeing": n, "cited": n, "flagged": n}; what people judge is counted anew.
    figures = models.JSONField(default=dict)
    alarms = models.JSONField(default=list)  # {"way", "before": [right, of], "now": […], "chance"}
    made_at = models.DateTimeField(default=now)

    privacy = {"not_personal": "id bot month figures alarms made_at"}

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.UniqueConstraint(fields=["bot", "month"], name="one_verification_a_month")
        ]


class Checked(models.Model):
    """An answer looked at again: by somebody who says what was meant, or against the passages it
    cites."""

    class Way(models.TextChoices):
        UNDERSTANDING = "understanding", _("understanding")
        KNOWLEDGE = "knowledge", _("agreement with the knowledge")

    class Found(models.TextChoices):
        WAITING = "", _("to be looked at")
        RIGHT = "right", _("right")
        WRONG = "wrong", _("wrong")
        CHANGED = "changed", _("the article says something else now")
        GONE = "gone", _("the article is shown no more")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    verification = models.ForeignKey(Verification, models.CASCADE, related_name="checked")
    turn = models.ForeignKey(Turn, models.CASCADE, related_name="+")
    way = models.CharField(max_length=14, choices=Way)
    found = models.CharField(max_length=8, choices=Found, default=Found.WAITING, blank=True)
    should_be = models.CharField(max_length=40, blank=True)  # the intent that was meant
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    privacy = {
        "behaviour": "turn found should_be",
        "staff": "decided_by decided_at",
        "not_personal": "id verification way",
    }

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["verification", "turn", "way"], name="looked_at_once_a_month"
            )
        ]


class Flag(models.Model):
    """Somebody says that an answer of a bot was wrong or did not help."""

    class By(models.TextChoices):
        CUSTOMER = "customer", _("by the customer")
        AGENT = "agent", _("by a colleague")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    turn = models.ForeignKey(Turn, models.CASCADE, related_name="flags")
    by = models.CharField(max_length=8, choices=By)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    note = EncryptedTextField(default="", blank=True)
    at = models.DateTimeField(default=now)

    privacy = {
        "content": "note",
        "behaviour": "by at",
        "staff": "reporter",
        "not_personal": "id turn",
    }

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["turn", "by"], name="one_flag_of_each_side")]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.turn.dialogue.ticket.customer_id
