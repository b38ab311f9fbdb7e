"""Errors of the API as problem documents (RFC 9457)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.errors import HelpdeskError

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
    return getattr(error, "default_code", "error"), str(detail)


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
