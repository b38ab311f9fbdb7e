"""What is done after a low score."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from connectors.models import Brand
from core.clock import now
from core.fields import EncryptedTextField
from core.ids import new_id
from surveys.models.asking import Answer, Invitation


class Cause(models.Model):
    """Why somebody was unhappy: a tree admins edit."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("belongs under"),
    )
    name = models.CharField(_("name"), max_length=80)
    harm = models.PositiveSmallIntegerField(
        _("harm"), default=2, choices=[(1, _("small")), (2, _("middling")), (3, _("great"))]
    )
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(_("order"), default=50)

    privacy = {"not_personal": "id parent name harm is_active position"}

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("cause")

    def __str__(self) -> str:
        return f"{self.parent.name} › {self.name}" if self.parent else self.name


class Improvement(models.Model):
    """What was changed because customers said so; told to those who did."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    brand = models.ForeignKey(Brand, models.CASCADE, null=True, related_name="+")
    cause = models.ForeignKey(Cause, models.PROTECT, related_name="improvements")
    month = models.DateField()
    texts = models.JSONField(default=dict)  # by language
    tells = models.BooleanField(default=False)  # those it concerned, or is only on the list
    at = models.DateTimeField(default=now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    privacy = {"not_personal": "id brand cause month texts tells", "staff": "by at"}

    class Meta:
        ordering = ["-at"]


class RecoveryTask(models.Model):
    """One low score or negative text that somebody works: why, and what was done about it."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    class Reason(models.TextChoices):
        SCORE = "score", _("low score")
        WORDS = "words", _("unhappy words")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    answer = models.OneToOneField(Answer, models.CASCADE, related_name="recovery")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    reason = models.CharField(max_length=5, choices=Reason)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    is_control = models.BooleanField(default=False)  # worked, but not called back
    due_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True)  # its owner was told that it is late
    called_at = models.DateTimeField(null=True)
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, related_name="tasks")
    remedy = EncryptedTextField(default="")
    told = EncryptedTextField(default="")  # "you said, we did"
    told_at = models.DateTimeField(null=True)
    # Told to all whom it concerned, not to this one alone.
    told_of = models.ForeignKey(Improvement, models.SET_NULL, null=True, related_name="told_tasks")
    second = models.OneToOneField(
        Invitation, models.SET_NULL, null=True, related_name="recovery_of"
    )
    created_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    privacy = {
        "behaviour": "reason state is_control due_at warned_at called_at told_at created_at "
        "closed_at",
        "content": "remedy told",
        "staff": "owner closed_by",
        "not_personal": "id answer team cause second told_of",
    }

    class Meta:
        verbose_name = _("recovery task")
        indexes = [models.Index(fields=["due_at"], name="recovery_due", condition=Q(state="open"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open") | Q(cause__isnull=False, closed_at__isnull=False),
                name="closed_recovery_has_a_cause",
            )
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.answer.invitation.customer_id
