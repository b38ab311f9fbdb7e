"""What is asked, of whom, and when."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from connectors.models import Inbox
from core.clock import now
from core.ids import new_id
from customers.models import Tier


class Metric(models.TextChoices):
    """What its first question measures; each has a scale of its own."""

    CSAT = "csat", _("Satisfaction (CSAT, 1–5)")
    NPS = "nps", _("Recommendation (NPS, 0–10)")
    CES = "ces", _("Effort (CES, 1–7)")


SCALES: dict[str, tuple[int, int]] = {
    Metric.CSAT: (1, 5),
    Metric.NPS: (0, 10),
    Metric.CES: (1, 7),
}
# Up to here an answer is a low one, and from here a good one.
LOW: dict[str, int] = {Metric.CSAT: 2, Metric.NPS: 6, Metric.CES: 3}
GOOD: dict[str, int] = {Metric.CSAT: 4, Metric.NPS: 9, Metric.CES: 5}


class SurveyPolicy(models.Model):
    """What holds for all surveys of all brands. One row."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    cap = models.PositiveSmallIntegerField(
        _("a customer is asked at most"), default=1, validators=[MinValueValidator(1)]
    )
    cap_days = models.PositiveSmallIntegerField(
        _("within days"), default=30, validators=[MinValueValidator(1)]
    )
    edit_hours = models.PositiveSmallIntegerField(
        _("an answer may be changed for hours"), default=24
    )
    recovery_hours = models.PositiveSmallIntegerField(
        _("low scores are worked within hours"), default=24, validators=[MinValueValidator(1)]
    )
    control_share = models.PositiveSmallIntegerField(
        _("low scores not called back, for comparison, in per cent"),
        default=0,
        validators=[MaxValueValidator(50)],
    )
    least = models.PositiveSmallIntegerField(
        _("figures are shown from so many answers"), default=5, validators=[MinValueValidator(1)]
    )

    privacy = {
        "not_personal": "only cap cap_days edit_hours recovery_hours control_share least",
    }


class Survey(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    is_on = models.BooleanField(_("asks after each solved request"), default=False)
    # The version new invitations ask with; those sent keep theirs.
    live = models.ForeignKey(
        "SurveyVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )
    delay_minutes = models.PositiveIntegerField(_("minutes after it was solved"), default=60)
    share = models.PositiveSmallIntegerField(
        _("share asked, in per cent"), default=100, validators=[MaxValueValidator(100)]
    )
    remind_days = models.PositiveSmallIntegerField(
        _("reminded once after days"), null=True, blank=True, default=3
    )
    expires_days = models.PositiveSmallIntegerField(
        _("may be answered for days"), default=14, validators=[MinValueValidator(1)]
    )
    # None of a kind chosen: all.
    inboxes: "models.ManyToManyField[Inbox, Any]" = models.ManyToManyField(
        Inbox, related_name="+", blank=True
    )
    teams: "models.ManyToManyField[Team, Any]" = models.ManyToManyField(
        Team, related_name="+", blank=True
    )
    tiers: "models.ManyToManyField[Tier, Any]" = models.ManyToManyField(
        Tier, related_name="+", blank=True
    )
    types = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=50)

    privacy = {
        "not_personal": "id name is_on live delay_minutes share remind_days expires_days inboxes "
        "teams tiers types position",
    }

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("survey")
        permissions = [
            ("set_up_survey", "Can set up surveys and causes"),
            ("view_figures", "Can see what customers answered, in figures"),
            ("work_recovery", "Can work low scores"),
        ]

    def __str__(self) -> str:
        return self.name


class SurveyVersion(models.Model):
    """The very words that were asked. Published once, never changed; a draft is none yet."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    survey = models.ForeignKey(Survey, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    metric = models.CharField(_("measures"), max_length=4, choices=Metric, default=Metric.CSAT)
    # [{"code", "kind", "text": {language: …}, "options": [{"code", "text": {…}}],
    #   "rows": [{"code", "text": {…}}], "required"}, …], see ``surveys.questions``
    questions = models.JSONField(default=list)
    texts = models.JSONField(default=dict)  # {"question": {language: …}, "thanks": {…}}
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)

    privacy = {
        "not_personal": "id survey number metric questions texts published_at created_at",
        "staff": "published_by",
    }

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "number"], name="survey_version_per_number"),
            models.UniqueConstraint(
                fields=["survey"],
                condition=models.Q(published_at=None),
                name="one_draft_per_survey",
            ),
        ]
