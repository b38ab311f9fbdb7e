"""What became of conversations after something of a bot was released."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from bots.models.dialogue import Bot
from core.clock import now
from core.ids import new_id


class ReleaseWatch(models.Model):
    """One release, or several of a day, and how often conversations turned out badly since and
    before. It becomes an alarm at most once."""

    class State(models.TextChoices):
        RUNNING = "running"
        OVER = "over"
        ALARMED = "alarmed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    bot = models.ForeignKey(Bot, models.CASCADE, related_name="watches")
    releases = models.JSONField(default=list)  # [{"kind", "name", "number"}], the oldest first
    began_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    # By what is counted: [bad, of so many].
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    looked = models.JSONField(default=dict)  # the size of the last look
    # The alarm
    measure = models.CharField(max_length=20, blank=True)
    chance = models.FloatField(null=True)
    alarmed_at = models.DateTimeField(null=True)
    has_paused = models.BooleanField(default=False)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    privacy = {
        "staff": "settled_by",
        "not_personal": "id bot releases began_at state before after looked measure chance "
        "alarmed_at has_paused settled_at",
    }

    class Meta:
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["bot"],
                condition=Q(state="alarmed", settled_at=None),
                name="one_open_release_alarm",
            )
        ]
