"""What every request passes: one name for us, and refusals said as such."""

from collections.abc import Callable
from urllib.parse import urlsplit

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from core import events
from core.errors import HelpdeskError
from core.problems import problem_from, wants_page
from core.unreadable import note_unreadable

View = Callable[[HttpRequest], HttpResponse]
_NUMBERS = {"127.0.0.1", "[::1]"}
_ANY_NAME = ("/api/", "/healthz", "/readyz", "/metrics", "/static/", "/chat/", "/widget/")


class OneNameMiddleware:
    """Send pages asked for by number to our name: passkeys and cookies belong to a name."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host, _, port = request.get_host().rpartition(":")
        by_number = (host or port) in _NUMBERS
        we_are_local = urlsplit(settings.PUBLIC_URL).hostname == "localhost"
        is_page = request.method == "GET" and not request.path.startswith(_ANY_NAME)
        if by_number and we_are_local and is_page:
            address = f"http://localhost:{port}{request.get_full_path()}"
            return HttpResponseRedirect(address)
        return self.get_response(request)


class BackOfficeMiddleware:
    """The back office's own scripts are evaluated in the page; no other page may do that."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            # How django-csp wants to be told; the stubs know only what Django itself sets.
            response._csp_update = {  # type: ignore[attr-defined]
                "script-src": [UNSAFE_EVAL, UNSAFE_INLINE],
                "style-src": [UNSAFE_INLINE],
            }
        return response


class RefusalMiddleware:
    """Turn a ``HelpdeskError`` into an answer its reader can use, and note the door."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        events.set_door("api" if request.path.startswith("/api/") else "ui")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, HelpdeskError):
            user = getattr(request, "user", None)
            note_unreadable(error, actor=user if user and user.is_authenticated else None)
            return None
        if not wants_page(request):
            return problem_from(error)
        return render(request, "core/refused.html", {"error": error}, status=error.status)
