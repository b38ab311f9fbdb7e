"""Rules in versions that never change, and what each run of one saw and did."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.ids import new_id
from tickets.models import Ticket


class Rule(models.Model):
    """Something that is done by itself. Those that fit an event run in the order of their
    positions."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)  # of one that runs at set times
    created_at = models.DateTimeField(default=now, editable=False)

    privacy = {"not_personal": "id name position next_at created_at"}

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("rule")
        indexes = [
            models.Index(fields=["next_at"], name="rule_due", condition=Q(next_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """What a rule said from one moment to another. It never changes once it was in force, so that
    each run can be read as it was."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    trigger = models.JSONField()  # {"kind": "event", "events": […]}; see ``rules.reading``
    conditions = models.JSONField(default=dict)  # {"all": [{"fact", "is", "value"}, {"any": …}]}
    steps = models.JSONField(default=list)  # [{"do": "set_priority", "value": "30"}, …]
    stops = models.BooleanField(default=False)  # where it ran, those behind it do not
    since = models.DateTimeField(null=True)  # in force from; a draft never was
    until = models.DateTimeField(null=True)
    made_at = models.DateTimeField(default=now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    privacy = {
        "staff": "made_by",
        "not_personal": "id rule number trigger conditions steps stops since until made_at",
    }

    class Meta:
        ordering = ["rule", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="one_rule_version_per_number"),
            models.UniqueConstraint(
                fields=["rule"],
                condition=Q(since__isnull=False, until=None),
                name="one_rule_version_in_force",
            ),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(since=None), name="one_draft_per_rule"
            ),
        ]

    @property
    def is_draft(self) -> bool:
        return self.since is None

    @property
    def is_in_force(self) -> bool:
        return self.since is not None and self.until is None

    @property
    def kind(self) -> str:
        return str(self.trigger.get("kind", ""))


class RuleRun(models.Model):
    """A rule whose conditions held on a ticket: what it saw, did and was refused."""

    class State(models.TextChoices):
        DONE = "done", _("done")
        PARTLY = "partly", _("partly done")
        REFUSED = "refused", _("refused")
        STOPPED = "stopped", _("stopped")
        UNDONE = "undone", _("undone")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="runs")
    version = models.ForeignKey(RuleVersion, models.CASCADE, related_name="runs")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="rule_runs")
    event_id = models.UUIDField(null=True)  # what it followed; none: a time or a button
    event_name = models.CharField(max_length=60, blank=True)
    root = models.UUIDField()  # where the chain began: an event, a wait, a round, a press
    depth = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(_("state"), max_length=8, choices=State)
    why = models.CharField(max_length=20, blank=True)  # it was stopped
    seen = models.JSONField(default=list)  # [{"place", "fact", "is", "value", "holds", "saw"}, …]
    # [{"do", "value", "changes": {"priority": [20, 30]}, "made": […], "code", "reason"}, …]
    done = models.JSONField(default=list)
    at = models.DateTimeField(default=now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    privacy = {
        "behaviour": "seen done at",
        "staff": "by undone_by undone_at",
        "not_personal": "id rule version ticket event_id event_name root depth state why",
    }

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            # However often a reaction or a beat is repeated, and whatever leads back to it.
            models.UniqueConstraint(
                fields=["rule", "ticket", "root"],
                condition=~Q(state="stopped"),
                name="one_run_per_cause",
            )
        ]
        indexes = [
            models.Index(fields=["rule", "-at"], name="rule_run_log"),
            models.Index(fields=["ticket", "-at"], name="rule_run_of_ticket"),
        ]

    @property
    def is_undoable(self) -> bool:
        return self.state in (self.State.DONE, self.State.PARTLY) and any(
            step.get("changes") or step.get("made") for step in self.done
        )


class RuleTimer(models.Model):
    """When a rule of time looks at a ticket next; the beat looks for nothing else."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="timers")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="rule_timers")
    since = models.DateTimeField()  # the moment it counts from
    due_at = models.DateTimeField(null=True)  # none: it has looked, for this moment

    privacy = {"behaviour": "since", "not_personal": "id rule ticket due_at"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "ticket"], name="one_rule_timer")]
        indexes = [
            models.Index(
                fields=["due_at"], name="rule_timer_due", condition=Q(due_at__isnull=False)
            )
        ]


class RuleAccount(models.Model):
    """As whom rules act: nobody can sign in as it, and its rights are chosen. One row."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    privacy = {"staff": "user", "not_personal": "only"}
