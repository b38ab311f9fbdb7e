"""What people make of conversations: reviews, disputes, coaching and practice."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.fields import EncryptedJSONField, EncryptedTextField
from core.ids import new_id
from quality.models.inspection import Inspection, key_of_customer


class Review(models.Model):
    """A conversation given to a person to judge; for calibration it is given to two."""

    class Stratum(models.TextChoices):
        LOW = "low", _("low score")
        MIDDLE = "middle", _("middling score")
        HIGH = "high", _("high score")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    inspection = models.ForeignKey(Inspection, models.CASCADE, related_name="reviews")
    week = models.DateField()  # the Monday of the sample
    stratum = models.CharField(max_length=6, choices=Stratum)
    is_calibration = models.BooleanField(default=False)
    place = models.PositiveSmallIntegerField(default=1)  # 2: the second look
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    taken_at = models.DateTimeField(null=True)
    marks = models.JSONField(default=dict)  # {criterion: 0 … 3, or null: does not apply}
    comment = EncryptedTextField(default="")
    score = models.PositiveSmallIntegerField(null=True)
    done_at = models.DateTimeField(null=True)

    privacy = {
        "content": "comment",
        "staff": "reviewer marks score",
        "not_personal": "id inspection week stratum is_calibration place taken_at done_at",
    }

    class Meta:
        ordering = ["week", "id"]
        constraints = [
            models.UniqueConstraint(fields=["inspection", "place"], name="one_review_per_place"),
            models.UniqueConstraint(fields=["inspection", "reviewer"], name="nobody_reviews_twice"),
        ]
        indexes = [
            models.Index(fields=["week"], name="review_waiting", condition=Q(done_at=None)),
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return key_of_customer(self.inspection.ticket)


class Dispute(models.Model):
    """An agent does not agree with one verdict on a conversation of theirs."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        UPHELD = "upheld", _("the agent was right")
        REJECTED = "rejected", _("the verdict stands")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    inspection = models.ForeignKey(Inspection, models.CASCADE, related_name="disputes")
    # None: the automatic verdict.
    review = models.ForeignKey(Review, models.CASCADE, null=True, related_name="disputes")
    criterion = models.CharField(max_length=40)
    reason = EncryptedTextField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    raised_at = models.DateTimeField(default=now)
    answer = EncryptedTextField(default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    privacy = {
        "content": "reason answer",
        "staff": "raised_by decided_by",
        "not_personal": "id inspection review criterion state raised_at decided_at",
    }

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["inspection", "criterion"],
                name="one_dispute_per_verdict",
            )
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return key_of_customer(self.inspection.ticket)


class Coaching(models.Model):
    """Something an agent is to work at, with conversations that show it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    criterion = models.CharField(max_length=40)
    words = EncryptedTextField()
    examples: "models.ManyToManyField[Inspection, models.Model]" = models.ManyToManyField(
        Inspection, related_name="+"
    )
    scenario = models.SlugField(max_length=40, blank=True)  # to practise with
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=now)
    due_on = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)

    privacy = {
        "content": "words",
        "staff": "agent made_by criterion examples",
        "not_personal": "id scenario made_at due_on done_at",
    }

    class Meta:
        ordering = ["-made_at"]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "user", self.agent_id


class Practice(models.Model):
    """A talk with a scripted customer, judged like any other."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    scenario = models.SlugField(max_length=40)
    answers = EncryptedJSONField(default=list)
    score = models.PositiveSmallIntegerField(null=True)
    began_at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True)

    privacy = {
        "staff": "agent answers score",
        "not_personal": "id scenario began_at done_at",
    }

    class Meta:
        ordering = ["-began_at"]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "user", self.agent_id
