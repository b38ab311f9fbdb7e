"""Who can do what, how teams get their work, and why each ticket came to whom."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Team, User
from connectors.models import Inbox
from core.clock import now
from core.ids import new_id
from tickets.models import Ticket

HIGHEST_LEVEL = 5
_LEVEL = [MinValueValidator(1), MaxValueValidator(HIGHEST_LEVEL)]


class Skill(models.Model):
    """What somebody can do, or a language they answer in; then ``code`` is the language's."""

    class Kind(models.TextChoices):
        SKILL = "skill", _("skill")
        LANGUAGE = "language", _("language")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(pgettext_lazy("of a thing", "Name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.SKILL)

    privacy = {"not_personal": "id code name kind"}

    class Meta:
        ordering = ["kind", "name"]
        verbose_name = _("skill")

    def __str__(self) -> str:
        return self.name


class AgentSkill(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, models.CASCADE, related_name="holders")
    level = models.PositiveSmallIntegerField(_("level"), default=1, validators=_LEVEL)

    privacy = {"staff": "id user skill level"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "skill"], name="one_level_per_skill")
        ]


class AgentCapacity(models.Model):
    """How much somebody carries at a time. Its row is the lock under which they are given work.

    How many chats at a time stands with the person (``User.chat_capacity``), for all queues.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="capacity")
    units = models.PositiveSmallIntegerField(_("units at a time"), default=10)
    limits = models.JSONField(default=dict, blank=True)  # tickets at a time by kind of inbox

    privacy = {"staff": "user units limits"}


class TeamRouting(models.Model):
    """How the tickets of a team find somebody."""

    class Mode(models.TextChoices):
        OFF = "off", _("People take what they want")
        PUSH = "push", _("Tickets are given to who is there and has room")
        PULL = "pull", _("People take the next one, which routing chooses for them")

    team = models.OneToOneField(Team, models.CASCADE, primary_key=True, related_name="routing")
    mode = models.CharField(
        _("how tickets find somebody"), max_length=4, choices=Mode, default="off"
    )
    overflow = models.ManyToManyField(Team, blank=True, related_name="+")
    # Minutes of waiting after which each is given up; null: never.
    preferred_after = models.PositiveSmallIntegerField(null=True, blank=True, default=2)
    language_after = models.PositiveSmallIntegerField(null=True, blank=True, default=5)
    level_after = models.PositiveSmallIntegerField(null=True, blank=True, default=10)
    overflow_after = models.PositiveSmallIntegerField(null=True, blank=True, default=15)
    starves_after = models.PositiveSmallIntegerField(default=60)
    takes_back_after = models.PositiveSmallIntegerField(null=True, blank=True, default=15)
    follows_hours = models.BooleanField(default=True)
    window_hours = models.PositiveSmallIntegerField(default=8)

    privacy = {
        "not_personal": "team mode overflow preferred_after language_after level_after "
        "overflow_after starves_after takes_back_after follows_hours window_hours"
    }

    class Meta:
        permissions = [("set_up_routing", "Can set up routing, skills and capacity")]


class SkillRule(models.Model):
    """What a ticket needs: every condition that is set must fit."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    inbox = models.ForeignKey(Inbox, models.CASCADE, null=True, blank=True, related_name="+")
    type = models.CharField(max_length=20, blank=True)
    tag = models.CharField(max_length=40, blank=True)
    skill = models.ForeignKey(Skill, models.CASCADE, related_name="rules")
    level = models.PositiveSmallIntegerField(default=1, validators=_LEVEL)
    least = models.PositiveSmallIntegerField(default=1, validators=_LEVEL)
    is_required = models.BooleanField(default=True)

    privacy = {"not_personal": "id team inbox type tag skill level least is_required"}

    class Meta:
        ordering = ["skill__name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(least__lte=models.F("level")), name="least_is_least")
        ]


class Decision(models.Model):
    """Why a ticket came to somebody, or to nobody. Holds codes and numbers, no words."""

    class Cause(models.TextChoices):
        WAITED = "waited"  # nobody had it
        TAKEN_BACK = "taken_back"  # who had it is not there
        OFFERED = "offered"  # a chat: theirs once they accept, and weighs nothing until then
        PULLED = "pulled"  # they asked for the next one

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="decisions")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+")
    agent = models.ForeignKey(User, models.SET_NULL, null=True, related_name="decisions")
    previous = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=now)
    cause = models.CharField(max_length=10, choices=Cause, default=Cause.WAITED)
    why_none = models.CharField(max_length=12, blank=True)
    weight = models.PositiveSmallIntegerField(default=1)
    asked = models.JSONField(default=dict)  # needs, language, lane, slack, waited
    given_up = models.JSONField(default=list)
    verdicts = models.JSONField(default=list)  # per candidate: agent, refused, about, score, parts
    milliseconds = models.FloatField(default=0)

    privacy = {
        "behaviour": "ticket at asked given_up why_none",
        "staff": "agent previous verdicts",
        "not_personal": "id team cause weight milliseconds",
    }

    class Meta:
        indexes = [
            models.Index(fields=["ticket", "-at"], name="decision_of_ticket"),
            models.Index(fields=["agent", "-at"], name="decision_of_agent"),
        ]
