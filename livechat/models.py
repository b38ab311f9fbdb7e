"""Live chat: a widget, who looks at it, and sessions in which somebody is waited for.

What is said is no part of it: words are messages of a ticket like all others.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from connectors.models import Inbox
from core.clock import now
from core.fields import EncryptedTextField
from core.ids import new_id
from customers.models import Customer, Notice
from tickets.models import Blob, Thread, Ticket

KEY_BYTES = 18


def new_key() -> str:
    return secrets.token_urlsafe(KEY_BYTES)


class ChatWidget(models.Model):
    """How one inbox of the kind chat looks and works on the pages of its hosts."""

    class Position(models.TextChoices):
        LEFT = "left", _("left")
        RIGHT = "right", _("right")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    inbox = models.OneToOneField(Inbox, models.CASCADE, related_name="chat_widget")
    key = models.CharField(max_length=40, unique=True, default=new_key)  # public
    origins = models.JSONField(_("websites it may stand on"), default=list, blank=True)
    is_open = models.BooleanField(_("takes chats"), default=True)
    mail_inbox = models.ForeignKey(
        Inbox,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answers go on by mail through"),
    )
    languages = models.JSONField(_("languages"), default=list, blank=True)  # none: all of ours
    greeting = models.JSONField(_("greeting"), default=dict, blank=True)  # by language
    # [{"name": "email", "required": true, "label": {"en": …}}, …], see ``queries.config``
    fields = models.JSONField(_("asked before the chat"), default=list, blank=True)
    notice = models.ForeignKey(
        Notice, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("notice")
    )
    position = models.CharField(
        _("position"), max_length=5, choices=Position, default=Position.RIGHT
    )
    # With which the host signs who somebody is; without one nobody is taken at their word.
    host_secret = EncryptedTextField(_("secret of the website"), default="", blank=True)
    previews = models.BooleanField(
        _("agents see what is being typed"),
        default=False,
        help_text=_("Visitors are told so. Nothing of it is kept."),
    )
    asks_page = models.BooleanField(_("asks for the page and where they came from"), default=False)
    offer_seconds = models.PositiveSmallIntegerField(_("an offer lasts seconds"), default=30)
    leaves_after_seconds = models.PositiveSmallIntegerField(
        _("a visitor is gone after seconds"), default=90
    )
    keep_days = models.PositiveSmallIntegerField(_("browsers are remembered for days"), default=365)
    privacy_url = models.URLField(_("address of the privacy statement"), blank=True)

    privacy = {
        "not_personal": "id inbox key origins is_open mail_inbox languages greeting fields notice "
        "position previews asks_page offer_seconds leaves_after_seconds keep_days privacy_url",
        "credential": "host_secret",
    }

    class Meta:
        verbose_name = _("chat widget")

    def data_key_owner(self) -> tuple[str, UUID]:
        return "inbox", self.inbox_id


class Visitor(models.Model):
    """One browser on one widget; its secret is all that it shows. Joined with a customer by the
    first message, and with a known one only by proof."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    widget = models.ForeignKey(ChatWidget, models.CASCADE, related_name="visitors")
    secret_digest = models.BinaryField(unique=True)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="+")
    # What was typed into the form and nobody has proved.
    claimed_email = EncryptedTextField(default="")
    name = EncryptedTextField(default="")
    verified_at = models.DateTimeField(null=True)
    verified_by = models.CharField(max_length=5, blank=True)  # host or code
    external_id_index = models.BinaryField(null=True)  # the host's name for them, keyed
    locale = models.CharField(max_length=10, blank=True)
    page = EncryptedTextField(default="")
    referrer = EncryptedTextField(default="")
    created_at = models.DateTimeField(default=now)
    seen_at = models.DateTimeField(default=now)
    banned_until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    told = models.JSONField(default=dict)  # proactive message → when it was shown

    privacy = {
        "identity": "name customer external_id_index",
        "contact": "claimed_email",
        "proof": "verified_at verified_by",
        "behaviour": "page referrer locale created_at seen_at banned_until revoked_at told",
        "credential": "secret_digest",
        "not_personal": "id widget",
    }

    class Meta:
        indexes = [
            models.Index(
                fields=["widget", "external_id_index"],
                name="visitor_of_host",
                condition=Q(external_id_index__isnull=False),
            ),
            models.Index(fields=["seen_at"], name="visitor_seen"),
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "visitor", self.pk

    @property
    def is_banned(self) -> bool:
        return self.banned_until is not None and self.banned_until > now()

    def has_been_told(self, message: "ProactiveMessage") -> bool:
        """Within the days in which it may be said once."""
        at = self.told.get(str(message.pk))
        return bool(at) and now() - datetime.fromisoformat(at) < timedelta(days=message.per_days)


class Chat(models.Model):
    """One session: somebody waits, is answered, and it ends. Its words are its thread's."""

    class State(models.TextChoices):
        BOT = "bot", _("with the bot")
        QUEUED = "queued", _("waiting")
        OFFERED = "offered", _("offered")
        ACTIVE = "active", _("in conversation")
        ENDED = "ended", _("ended")

    class EndedBy(models.TextChoices):
        VISITOR = "visitor", _("by the visitor")
        AGENT = "agent", _("by an agent")
        SYSTEM = "system", _("by itself")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    widget = models.ForeignKey(ChatWidget, models.PROTECT, related_name="chats")
    visitor = models.ForeignKey(Visitor, models.PROTECT, related_name="chats")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="chats")
    thread = models.OneToOneField(Thread, models.CASCADE, related_name="chat")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="chats"
    )
    guests: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="+", blank=True
    )
    offered_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    offered_until = models.DateTimeField(null=True)
    began_at = models.DateTimeField(default=now)
    queued_at = models.DateTimeField(null=True)  # since when they wait, this time
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=8, choices=EndedBy, blank=True)
    disposition = models.CharField(max_length=40, blank=True)
    visitor_seen_seq = models.PositiveIntegerField(default=0)
    visitor_got_seq = models.PositiveIntegerField(default=0)
    visitor_here_at = models.DateTimeField(default=now)  # the last sign of life
    left_at = models.DateTimeField(null=True)
    mailed_seq = models.PositiveIntegerField(default=0)  # answers up to it went by mail
    asks_rating = models.BooleanField(default=False)  # decided as it ended
    score = models.PositiveSmallIntegerField(null=True)  # 1 to 5, asked at the end
    comment = EncryptedTextField(default="")

    OFFLINE = "offline"  # the disposition of what was left behind while nobody was there

    privacy = {
        "behaviour": "state began_at queued_at accepted_at ended_at ended_by disposition "
        "visitor_seen_seq visitor_got_seq visitor_here_at left_at score",
        "content": "comment",
        "staff": "agent guests offered_to offered_until",
        "not_personal": "id widget visitor ticket thread mailed_seq asks_rating",
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["visitor"], condition=~Q(state="ended"), name="one_open_chat_per_visitor"
            ),
        ]
        indexes = [
            # What waits, and what is spoken: read every second.
            models.Index(
                fields=["state", "queued_at"], name="chat_open", condition=~Q(state="ended")
            ),
            models.Index(fields=["visitor", "-began_at"], name="chat_of_visitor"),
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.ticket.customer_id

    @property
    def is_open(self) -> bool:
        return self.state != self.State.ENDED

    @property
    def is_offline(self) -> bool:
        return not self.is_open and self.disposition == self.OFFLINE


class VisitorFile(models.Model):
    """A file of a visitor that is in no message yet; there it becomes an attachment, by this id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    visitor = models.ForeignKey(Visitor, models.CASCADE, related_name="files")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    filename = EncryptedTextField()
    content_type = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=now)

    privacy = {
        "content": "filename",
        "behaviour": "created_at",
        "not_personal": "id visitor blob content_type",
    }

    def data_key_owner(self) -> tuple[str, UUID]:
        return "visitor", self.visitor_id


class Transcript(models.Model):
    """Where one is to be sent, which may be to nobody we know; gone once it was. Has the id of the
    event that asks for it."""

    id = models.UUIDField(primary_key=True, editable=False)
    visitor = models.ForeignKey(Visitor, models.CASCADE, related_name="+")
    address = EncryptedTextField()
    created_at = models.DateTimeField(default=now)

    privacy = {"contact": "address", "behaviour": "created_at", "not_personal": "id visitor"}

    def data_key_owner(self) -> tuple[str, UUID]:
        return "visitor", self.visitor_id


class ChatOffer(models.Model):
    """That a chat was offered to somebody, and what they answered."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        TIMEOUT = "timeout", _("not answered")
        GONE = "gone", _("no longer needed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="offers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=now)
    until = models.DateTimeField()
    answer = models.CharField(max_length=8, choices=Answer, blank=True)
    reason = models.CharField(max_length=40, blank=True)

    privacy = {"staff": "user at until answer reason", "not_personal": "id chat"}

    class Meta:
        indexes = [models.Index(fields=["chat", "-at"], name="offer_of_chat")]


class ProactiveMessage(models.Model):
    """Said first, to visitors of some pages."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    widget = models.ForeignKey(ChatWidget, models.CASCADE, related_name="proactive")
    texts = models.JSONField(_("text"), default=dict)  # by language
    page = models.CharField(
        _("on pages"), max_length=200, default="*", help_text=_("* stands for anything.")
    )
    seconds = models.PositiveSmallIntegerField(_("after seconds on the page"), default=20)
    tiers = models.JSONField(_("for tiers"), default=list, blank=True)  # codes; none: everybody
    languages = models.JSONField(_("in languages"), default=list, blank=True)  # none: all
    per_days = models.PositiveSmallIntegerField(_("at most once in days"), default=7)
    is_on = models.BooleanField(_("in use"), default=True)

    privacy = {
        "not_personal": "id widget texts page seconds tiers languages per_days is_on",
    }

    class Meta:
        verbose_name = _("proactive message")
        ordering = ["id"]


class SocketTicket(models.Model):
    """Opens one socket, once, within seconds: a browser's socket can send no header."""

    digest = models.BinaryField(primary_key=True)
    visitor = models.ForeignKey(Visitor, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()

    privacy = {"credential": "digest", "behaviour": "expires_at", "not_personal": "visitor"}
