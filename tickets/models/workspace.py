"""What people who work here keep about tickets and lists."""

from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from core.clock import now
from core.fields import EncryptedJSONField, EncryptedTextField
from core.ids import new_id
from tickets.models.message import Message
from tickets.models.ticket import Ticket


class ReadMark(models.Model):
    """How far somebody has read a ticket."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="read_marks")
    seq = models.PositiveIntegerField()

    privacy = {"staff": "user seq", "not_personal": "id ticket"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "ticket"], name="one_read_mark_per_reader")
        ]


class Follow(models.Model):
    """Somebody who wants to hear of a ticket without owning it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="follows")
    at = models.DateTimeField(default=now)

    privacy = {"staff": "user at", "not_personal": "id ticket"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="one_follow")]


class Draft(models.Model):
    """An answer or note that is being written; nobody else sees it unless it is shared."""

    class Kind(models.TextChoices):
        REPLY = "reply"
        NOTE = "note"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.REPLY)
    body = EncryptedTextField(default="")
    copies = EncryptedJSONField(default=dict)  # {"cc": […], "bcc": […]}
    files = ArrayField(models.UUIDField(), default=list)  # of the author's loose uploads
    is_shared = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)  # a newer one wins over an older tab
    updated_at = models.DateTimeField(default=now)

    privacy = {
        "content": "body",
        "contact": "copies",
        "staff": "author updated_at",
        "not_personal": "id ticket kind files is_shared version",
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "author", "kind"], name="one_draft_of_each_kind"
            )
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.ticket.customer_id


class SharedQuerySet(models.QuerySet[models.Model]):
    """Of things that belong to one person, to a team, or to everybody."""

    def visible_to(self, user: User) -> "SharedQuerySet":
        if not user.is_authenticated or not user.may("tickets.view_ticket"):
            return self.none()
        everybodys = Q(owner=None, team=None)
        return self.filter(everybodys | Q(owner=user) | Q(team_id__in=user.access.teams))


class SavedView(models.Model):
    """A list that somebody keeps: a typed filter, an order, a name.

    It belongs to its owner, else to its team, else to everybody.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=60)
    filter = EncryptedJSONField(default=dict)  # see ``queries.conditions``; may name a customer
    sort = models.CharField(max_length=20, default="newest")
    columns = models.JSONField(default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="saved_views"
    )
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="saved_views")
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now)

    objects = SharedQuerySet.as_manager()
    privacy = {
        "content": "filter",
        "staff": "owner created_at",
        "not_personal": "id name sort columns team position",
    }

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("saved view")
        permissions = [("share_savedview", "Can share views with everybody")]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "view", self.pk


class Macro(models.Model):
    """A text with variables and actions that are taken at once. Without actions it is a canned
    reply. It belongs to its owner, else to its team, else to everybody."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80)
    shortcut = models.CharField(_("shortcut"), max_length=30, blank=True)
    body = models.TextField(_("text"), blank=True)
    is_note = models.BooleanField(_("the text is an internal note"), default=False)
    actions = models.JSONField(default=list, blank=True)  # [{"do": "set_status", "value": …}, …]
    condition = models.JSONField(default=dict, blank=True)  # when it is offered; as in a view
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_public = models.BooleanField(_("offered to customers as an answer"), default=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="macros"
    )
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="macros")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("in use"), default=True)
    used_count = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(default=now)

    objects = SharedQuerySet.as_manager()
    privacy = {
        "staff": "owner",
        "not_personal": "id name shortcut body is_note actions condition language is_public team "
        "position is_active used_count updated_at",
    }

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("macro")
        permissions = [("share_macro", "Can share macros with everybody")]

    def __str__(self) -> str:
        return self.name


class Notification(models.Model):
    """Something somebody who works here should hear of."""

    class Kind(models.TextChoices):
        MENTION = "mention", _("mentioned you")
        ASSIGNED = "assigned", _("assigned you")
        FOLLOWED = "followed", _("news in a ticket you follow")
        SIDE = "side", _("a third party answered")
        DUE_SOON = "due_soon", _("a promise is about to be broken")
        OVERDUE = "overdue", _("a promise was broken")
        REMINDER = "reminder", _("something to look after")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=now)
    read_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # by mail or push

    privacy = {"staff": "user kind by at read_at told_at", "not_personal": "id ticket message"}

    class Meta:
        indexes = [
            models.Index(fields=["user", "-at"], name="notification_newest"),
            models.Index(
                fields=["user"], name="notification_unread", condition=Q(read_at__isnull=True)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "message"], name="one_notification_per_message"
            )
        ]


class PushSubscription(models.Model):
    """A browser that may be told of news while no page is open."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    endpoint = EncryptedTextField()
    endpoint_digest = models.BinaryField(unique=True)
    keys = EncryptedJSONField(default=dict)  # {"p256dh": …, "auth": …}
    created_at = models.DateTimeField(default=now)

    privacy = {
        "credential": "endpoint endpoint_digest keys",
        "staff": "user created_at",
        "not_personal": "id",
    }

    def data_key_owner(self) -> tuple[str, UUID]:
        return "push", self.pk
