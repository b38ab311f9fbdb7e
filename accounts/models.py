import hashlib
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.ids import new_id
from core.prepared import prepared_cursor


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who works here. Customers are never users (see ``customers.Identity``)."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        BOT = "bot", _("bot")  # signs what it says; never signs in, never is given work

    class Theme(models.TextChoices):
        AUTO = "auto", _("Like the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.PERSON, editable=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(_("may open the back office"), default=False)
    date_joined = models.DateTimeField(default=now, editable=False)
    language = models.CharField(
        _("language"), max_length=10, blank=True, choices=settings.LANGUAGES
    )
    timezone = models.CharField(_("time zone"), max_length=40, default="UTC")
    theme = models.CharField(_("theme"), max_length=5, choices=Theme, default=Theme.AUTO)
    signature = models.TextField(_("signature"), blank=True)
    calendar = models.ForeignKey(
        "Calendar", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    notify_by_mail = models.BooleanField(_("tell me by mail"), default=True)
    notify_of_promises = models.BooleanField(
        _("tell me of promises about to be broken"), default=True
    )
    away_from = models.DateTimeField(_("out of office from"), null=True, blank=True)
    away_until = models.DateTimeField(_("out of office until"), null=True, blank=True)
    stand_in = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, verbose_name=_("stand-in"), related_name="+"
    )
    away_hands_over = models.BooleanField(_("hand over my open tickets"), default=False)
    chat_capacity = models.PositiveSmallIntegerField(_("chats at a time"), default=3)
    teams: "models.ManyToManyField[Team, Any]" = models.ManyToManyField(
        "Team", related_name="members", blank=True
    )

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    privacy = {
        "staff": "id email name kind is_active is_staff is_superuser date_joined "
        "last_login language timezone theme signature teams groups "
        "user_permissions calendar notify_by_mail notify_of_promises away_from away_until stand_in "
        "away_hands_over chat_capacity",
        "credential": "password",
    }

    class Meta:
        verbose_name = _("user")
        permissions = [("view_as_user", "Can see, without acting, what somebody else sees")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_bot(self) -> bool:
        return self.kind == self.Kind.BOT

    @property
    def initials(self) -> str:
        return initials_of(self.name or self.email)

    @cached_property
    def access(self) -> "Access":
        """What this user may see and do, read once per request in one query."""
        return Access.of(self)

    def may(self, right: str) -> bool:
        """Say whether a role of the user holds the right, e.g. ``tickets.reply_ticket``."""
        return self.is_active and (self.is_superuser or right in self.access.rights)


class Access:
    """Rights by role, and the teams and inboxes somebody works in (member or by guardian)."""

    def __init__(self, rights: set[str], teams: set[UUID], inboxes: set[UUID]) -> None:
        self.rights = rights
        self.teams = teams
        self.inboxes = inboxes

    @classmethod
    def of(cls, user: User) -> "Access":
        rights: set[str] = set()
        objects: dict[str, set[UUID]] = {"team": set(), "inbox": set()}
        with prepared_cursor() as cursor:
            cursor.execute(_ACCESS, {"user": user.pk})
            for kind, value in cursor.fetchall():
                if kind == "right":
                    rights.add(value)
                else:
                    objects[kind].add(UUID(value))
        return cls(rights, objects["team"], objects["inbox"])


# Rights by role, own team memberships, and guardian's rights on teams and inboxes, at once.
_ACCESS = """
WITH mine AS (SELECT group_id FROM accounts_user_groups WHERE user_id = %(user)s)
SELECT 'right', ct.app_label || '.' || p.codename
  FROM auth_permission p JOIN django_content_type ct ON ct.id = p.content_type_id
 WHERE p.id IN (SELECT permission_id FROM auth_group_permissions
                 WHERE group_id IN (SELECT group_id FROM mine)
                UNION
                SELECT permission_id FROM accounts_user_user_permissions WHERE user_id = %(user)s)
UNION ALL
SELECT 'team', team_id::text FROM accounts_user_teams WHERE user_id = %(user)s
UNION ALL
SELECT ct.model, o.object_pk
  FROM (SELECT permission_id, object_pk FROM guardian_userobjectpermission WHERE user_id = %(user)s
        UNION
        SELECT permission_id, object_pk FROM guardian_groupobjectpermission
         WHERE group_id IN (SELECT group_id FROM mine)) o
  JOIN auth_permission p ON p.id = o.permission_id
  JOIN django_content_type ct ON ct.id = p.content_type_id
 WHERE p.codename IN ('work_in_team', 'work_in_inbox')
"""


def initials_of(name: str) -> str:
    """One Han character, or the first letters of the first and last word."""
    words = name.replace("@", " ").split()
    if not words:
        return "?"
    if "\u2e80" <= words[0][0] <= "\u9fff" or "\uac00" <= words[0][0] <= "\ud7af":
        return words[0][0]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


class Calendar(models.Model):
    """When people work: hours per weekday in a time zone, and days on which they do not."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=60, unique=True)
    timezone = models.CharField(_("time zone"), max_length=40, default="UTC")
    # {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], …}; a day that is missing is free.
    hours = models.JSONField(_("working hours"), default=dict, blank=True)
    is_default = models.BooleanField(_("the usual one"), default=False)

    privacy = {"not_personal": "id name timezone hours is_default"}

    class Meta:
        ordering = ["name"]
        verbose_name = _("calendar")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_calendar",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="holidays")
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=80)
    # [["09:00", "12:00"]]: worked at these hours instead of the usual ones; empty: not at all.
    hours = models.JSONField(_("working hours"), default=list, blank=True)

    privacy = {"not_personal": "id calendar date name hours"}

    class Meta:
        ordering = ["date"]
        verbose_name = _("holiday")
        constraints = [
            models.UniqueConstraint(fields=["calendar", "date"], name="one_holiday_per_date")
        ]

    def __str__(self) -> str:
        return self.name


class Presence(models.Model):
    """Whether somebody takes work now. Offline is who has no page open, whatever stands here."""

    class State(models.TextChoices):
        ONLINE = "online", _("Online")
        AWAY = "away", _("Away")
        IN_CALL = "in_call", _("In a call")
        OFFLINE = "offline", _("Offline")

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="presence")
    state = models.CharField(max_length=8, choices=State, default=State.ONLINE)
    reason = models.CharField(max_length=40, blank=True)  # break, meeting, training, …
    since = models.DateTimeField(default=now)
    seen_at = models.DateTimeField(null=True)  # when an open page last spoke

    privacy = {"staff": "user state reason since seen_at"}


class Workspace(models.Model):
    """What holds for the whole installation. There is one row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    only = models.BooleanField(default=True, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80, blank=True)
    language = models.CharField(
        _("language"), max_length=10, default="en", choices=settings.LANGUAGES
    )
    timezone = models.CharField(_("time zone"), max_length=40, default="UTC")
    set_up_at = models.DateTimeField(null=True)  # the wizard was finished or skipped
    steps_done = models.JSONField(default=list)

    privacy = {"not_personal": "id only name language timezone set_up_at steps_done"}

    class Meta:
        verbose_name = _("workspace")


class Team(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    signature = models.TextField(_("signature"), blank=True)
    calendar = models.ForeignKey(
        Calendar,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="teams",
        verbose_name=_("working hours"),
    )
    created_at = models.DateTimeField(default=now, editable=False)

    privacy = {"not_personal": "id name signature calendar created_at"}

    class Meta:
        ordering = ["name"]
        verbose_name = _("team")
        permissions = [("work_in_team", "Can work on the tickets of the team")]

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A key of a program that acts as a user. Only its digest is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    label = models.CharField(max_length=80, blank=True)
    digest = models.BinaryField(unique=True)
    created_at = models.DateTimeField(default=now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    privacy = {
        "staff": "user label created_at revoked_at",
        "credential": "digest",
        "not_personal": "id",
    }

    @staticmethod
    def digest_of(secret: str) -> bytes:
        return hashlib.sha256(secret.encode()).digest()
