"""Errors of the API as problem documents (RFC 9457)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.errors import HelpdeskError, PageTooOld

TYPE = "application/problem+json"


def _document(status: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": code,
        "status": status,
        "code": code,
        "detail": detail,
    } | extra


def problem_from(error: HelpdeskError) -> JsonResponse:
    body = _document(error.status, error.code, error.reason, **error.extra)
    return JsonResponse(body, status=error.status, content_type=TYPE)


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal has a code, a sentence and, for a bad body, fields."""
    if isinstance(error, HelpdeskError):
        body = _document(error.status, error.code, error.reason, **error.extra)
        return Response(body, status=error.status, content_type=TYPE)
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = _document(response.status_code, *_words_of(error, response.data))
    if isinstance(error, exceptions.ValidationError):
        response.data["errors"] = error.detail
    response.content_type = TYPE
    return response


def _words_of(error: Exception, data: Any) -> tuple[str, str]:
    if isinstance(error, exceptions.ValidationError):
        return "invalid", "The request has errors; see the fields named in errors."
    if isinstance(error, Http404):
        return "not_found", "There is no such thing, or it is not yours to see."
    if isinstance(error, PermissionDenied):
        return "not_allowed", "You may not do this."
    detail = data.get("detail", "") if isinstance(data, dict) else ""
    if str(detail).startswith("CSRF Failed"):  # as the library words it, with reasons for itself
        return PageTooOld.code, "The token against forgery is missing or not this session's."
    return getattr(error, "default_code", "error"), str(detail)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is not the browser's any more: the page is older than the last sign-in.
    The reason is for developers and stays out of the answer."""
    error = PageTooOld(
        _("This page was open for too long. Reload it and send it again; nothing was changed.")
    )
    if request.path.startswith("/api/") or not wants_page(request):
        return problem_from(error)
    back = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return render(request, "stale.html", {"back": back if is_ours else "/"}, status=error.status)


def wants_page(request: HttpRequest) -> bool:
    """A person's browser asks, and not a script of our pages."""
    is_script = bool(request.headers.get("HX-Request"))
    return "text/html" in request.headers.get("Accept", "") and not is_script


def server_error(request: HttpRequest) -> HttpResponse:
    """A bug of ours, in the shape its reader can use."""
    if request.path.startswith("/api/"):
        detail = "Something broke on our side. Nothing that was acknowledged is lost."
        body = _document(500, "internal_error", detail)
        return JsonResponse(body, status=500, content_type=TYPE)
    return defaults.server_error(request)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        body = _document(404, "not_found", "There is no such address.")
        return JsonResponse(body, status=404, content_type=TYPE)
    return defaults.page_not_found(request, exception)
