"""Promises of service: policies in versions that never change, and the clocks folded from them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Calendar
from core.clock import now
from core.ids import new_id
from tickets.models import Ticket


class Policy(models.Model):
    """A promise to some customers or for some requests; the first that fits a ticket holds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now, editable=False)

    privacy = {"not_personal": "id name position created_at"}

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """What a policy said from one moment to another. Its words never change once it was in force:
    a change is a new version, so every verdict can be read as it was given."""

    class Hours(models.TextChoices):
        ALWAYS = "always", _("Around the clock")
        CALENDAR = "calendar", _("These working hours")
        TEAM = "team", _("The working hours of the ticket’s team")

    class Zone(models.TextChoices):
        CALENDAR = "calendar", _("that of the working hours")
        CUSTOMER = "customer", _("the customer’s")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    policy = models.ForeignKey(Policy, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    # {"tier": ["vip"], "priority": ["high"], …}; what is missing does not matter.
    conditions = models.JSONField(default=dict, blank=True)
    # [{"metric": "resolution", "minutes": {"normal": 480, …}, "warn": 80, "pauses": […], …}]
    targets = models.JSONField(default=list)
    hours = models.CharField(max_length=10, choices=Hours, default=Hours.ALWAYS)
    calendar = models.ForeignKey(
        Calendar, models.SET_NULL, null=True, blank=True, related_name="policy_versions"
    )
    zone = models.CharField(max_length=10, choices=Zone, default=Zone.CALENDAR)
    since = models.DateTimeField(null=True)  # in force from; a draft never was
    until = models.DateTimeField(null=True)
    made_at = models.DateTimeField(default=now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    privacy = {
        "staff": "made_by",
        "not_personal": "id policy number conditions targets hours calendar zone since until "
        "made_at",
    }

    class Meta:
        ordering = ["policy", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "number"], name="one_policy_version_per_number"
            ),
            models.UniqueConstraint(
                fields=["policy"],
                condition=Q(since__isnull=False, until=None),
                name="one_policy_version_in_force",
            ),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(since=None), name="one_draft_per_policy"
            ),
        ]

    @property
    def is_draft(self) -> bool:
        return self.since is None

    @property
    def is_in_force(self) -> bool:
        return self.since is not None and self.until is None


class Clock(models.Model):
    """One promise to one ticket, as its history says. A cache: ``actions.refold`` makes it anew
    from the events at any time, but for what was told already."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        MET = "met", _("kept")
        BREACHED = "breached", _("broken")
        CANCELLED = "cancelled", _("called off")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="clocks")
    metric = models.CharField(max_length=40)
    cycle = models.PositiveSmallIntegerField()
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="clocks")
    target = models.PositiveIntegerField()  # seconds of working time
    state = models.CharField(max_length=10, choices=State)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # none while it stands still with time left
    warn_at = models.DateTimeField(null=True)
    elapsed = models.PositiveIntegerField(default=0)  # seconds of working time up to folded_at
    pauses = models.JSONField(default=list)  # [[from, to or null, why], …]
    steps = models.JSONField(default=list)  # [[at, what, why], …] in codes
    folded_at = models.DateTimeField(default=now)
    # What the estimate says: {"ahead", "per_hour", "needs", "left", "is_at_risk"}; null: too little
    # is known.
    risk = models.JSONField(null=True)
    # The next moment at which something is to be told; the beat looks for nothing else.
    next_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    breach_told_at = models.DateTimeField(null=True)

    privacy = {
        "behaviour": "state started_at stopped_at due_at warn_at elapsed pauses steps warned_at "
        "breach_told_at risk",
        "not_personal": "id ticket metric cycle version target folded_at next_at",
    }

    class Meta:
        ordering = ["started_at", "metric", "cycle"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "metric", "cycle"], name="one_clock_per_metric_and_cycle"
            )
        ]
        indexes = [
            models.Index(fields=["next_at"], name="clock_due", condition=Q(next_at__isnull=False)),
            # What becomes of a version: how much of it was kept.
            models.Index(fields=["version", "metric", "state"], name="clock_of_version"),
        ]

    @property
    def is_going(self) -> bool:
        return self.stopped_at is None and self.state != self.State.CANCELLED
