"""One row for each solved request that might be asked about, and what was answered."""

import secrets
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from connectors.models import Brand
from core.clock import now
from core.fields import EncryptedJSONField, EncryptedTextField
from core.ids import new_id
from customers.models import Customer
from surveys.models.definitions import LOW, Survey, SurveyVersion
from tickets.models import Ticket


def new_nonce() -> str:
    return secrets.token_hex(16)


class Invitation(models.Model):
    """Its state is the fence: whoever finds it elsewhere than they left it does nothing.

    The facts are those of the moment of asking: figures must not change with the ticket.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("to be asked")
        SENDING = "sending", _("on its way")
        OFFERED = "offered", _("asked")
        ANSWERED = "answered", _("answered")
        EXPIRED = "expired", _("not answered")
        NOT_OFFERED = "not", _("not asked")

    class Why(models.TextChoices):
        CAP = "cap", _("asked often enough lately")
        SAMPLING = "sampling", _("not in the sample")
        NO_CONSENT = "consent", _("does not want to be asked")
        NO_ADDRESS = "address", _("nowhere to ask")
        REOPENED = "reopened", _("not solved any more")
        UNDELIVERABLE = "refused", _("could not be delivered")

    class Origin(models.TextChoices):
        RESOLVED = "resolved", _("after it was solved")
        RULE = "rule", _("by a rule")
        HAND = "hand", _("by hand")
        CHAT = "chat", _("at the end of the chat")
        SECOND = "second", _("after a low score was worked")

    class Channel(models.TextChoices):
        MAIL = "mail", _("mail")
        CHAT = "chat", _("chat")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    survey = models.ForeignKey(Survey, models.PROTECT, null=True, related_name="invitations")
    version = models.ForeignKey(SurveyVersion, models.PROTECT, null=True, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="invitations")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="invitations")
    cycle = models.PositiveSmallIntegerField(default=0)  # how often it had been reopened
    is_second = models.BooleanField(default=False)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.RESOLVED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    why = models.CharField(max_length=8, choices=Why, blank=True)
    channel = models.CharField(max_length=4, choices=Channel, blank=True)
    nonce = models.CharField(max_length=32, default=new_nonce)
    metric = models.CharField(max_length=4, default="csat")
    due_at = models.DateTimeField()
    offered_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)

    brand = models.ForeignKey(Brand, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    by_bot = models.BooleanField(default=False)
    door = models.CharField(max_length=12)  # the kind of inbox
    tier = models.CharField(max_length=50)
    type = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=10, blank=True)
    solved_seconds = models.PositiveIntegerField(null=True)
    # Not kept: while it is handled, whether a try before this one may have reached them.
    may_have_left = False

    privacy = {
        "behaviour": "ticket customer cycle origin state why channel due_at offered_at reminded_at "
        "expires_at created_at door tier type language solved_seconds",
        "staff": "asked_by agent",
        "credential": "nonce",
        "not_personal": "id survey version is_second metric brand team by_bot",
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "cycle", "is_second"], name="asked_once_per_solution"
            )
        ]
        indexes = [
            models.Index(
                fields=["customer", "-offered_at"],
                name="survey_cap",
                condition=Q(offered_at__isnull=False),
            ),
            models.Index(fields=["-created_at"], name="survey_newest"),
            models.Index(
                fields=["expires_at"], name="survey_expiring", condition=Q(state="offered")
            ),
        ]


class Answer(models.Model):
    """The first that was given counts; it may be changed for a day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invitation = models.OneToOneField(Invitation, models.CASCADE, related_name="answer")
    score = models.PositiveSmallIntegerField()
    # Codes and numbers by question; what was written stands in ``words``.
    parts = models.JSONField(default=dict)
    words = EncryptedJSONField(default=dict)
    comment = EncryptedTextField(default="")
    language = models.CharField(max_length=10, blank=True)
    mood = models.FloatField(null=True)  # -1 very unhappy … 1 very happy
    theme = models.CharField(max_length=60, blank=True)  # the code of an intent
    read_at = models.DateTimeField(null=True)  # when its words were looked at
    at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(null=True)

    privacy = {
        "behaviour": "score parts language mood theme at changed_at",
        "content": "words comment",
        "not_personal": "id invitation read_at",
    }

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(score__lte=10), name="score_within_a_scale")
        ]
        indexes = [models.Index(fields=["-at"], name="survey_answer_newest")]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.invitation.customer_id

    @property
    def is_low(self) -> bool:
        return self.score <= LOW[self.invitation.metric]
