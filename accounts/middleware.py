"""Show each person the pages in their own language and time zone; let admins look as others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import InternalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import can_manage
from core.clock import now
from core.errors import NotAllowed
from core.problems import problem_from, wants_page

View = Callable[[HttpRequest], HttpResponse]


class PreferencesMiddleware:
    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/static/", "/api/", "/healthz")):
            return self.get_response(request)
        user = request.user
        if user.is_authenticated:
            if user.language:
                translation.activate(user.language)
                request.LANGUAGE_CODE = translation.get_language() or "en"
            try:
                timezone.activate(ZoneInfo(user.timezone))
            except (ZoneInfoNotFoundError, ValueError):
                timezone.deactivate()
        return self.get_response(request)


VIEWING_KEY = "viewing"
VIEWING_LASTS = timedelta(minutes=30)
_END = "accounts:end_viewing"
# The round goes through the pages of the work; what belongs to a person alone (password, second
# factor, recovery codes) is nobody else's to look at.
_ROUND = {"tickets", "customers", "connectors", "accounts", "chats"}
_READ_ONLY = "25006"  # read_only_sql_transaction


@dataclass(frozen=True, slots=True)
class Viewing:
    """As whom somebody looks, and since when; kept in their own session."""

    person: UUID
    since: datetime

    def as_kept(self) -> list[str]:
        return [str(self.person), self.since.isoformat()]

    @classmethod
    def read(cls, kept: Any) -> "Viewing | None":
        if not kept:
            return None
        person, since = kept
        return cls(UUID(person), datetime.fromisoformat(since))


class ViewingMiddleware:
    """While an admin looks as a colleague, requests are answered as to the colleague, and only
    those that read. The database refuses every write besides: no view has to remember it."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/static/", "/healthz")) or not request.user.is_authenticated:
            return self.get_response(request)
        viewing = Viewing.read(request.session.get(VIEWING_KEY))
        if viewing is None or (name := _name_of(request)) == _END:
            return self.get_response(request)
        person = _still_viewed(viewing, request.user)
        if person is None:
            del request.session[VIEWING_KEY]
            return self.get_response(request)
        request.viewer, request.user = request.user, person  # type: ignore[attr-defined]
        if request.method not in ("GET", "HEAD") or name.partition(":")[0] not in _ROUND:
            return _refuse(request)
        return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            response = self.get_response(request)
            transaction.set_rollback(True)  # there is nothing to keep
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        is_viewing = getattr(request, "viewer", None) is not None
        if is_viewing and isinstance(error, InternalError):
            cause: Any = error.__cause__
            if getattr(cause, "sqlstate", "") == _READ_ONLY:
                return _refuse(request)
        return None


def _name_of(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


def _still_viewed(viewing: Viewing, admin: User) -> User | None:
    if now() - viewing.since > VIEWING_LASTS or not admin.may("accounts.view_as_user"):
        return None
    person = User.objects.filter(pk=viewing.person, is_active=True).first()
    return person if person and can_manage(admin, person) else None


def _refuse(request: HttpRequest) -> HttpResponse:
    error = NotAllowed(_("You are only looking. Stop looking as somebody else to act."))
    if not wants_page(request):
        return problem_from(error)
    return render(request, "core/refused.html", {"error": error}, status=error.status)
