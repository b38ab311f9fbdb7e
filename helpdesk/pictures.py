"""The icons of all pages."""

from django.http import HttpRequest, HttpResponse

from core.templatetags.icons import sprite

_FOR_EVER = "public, max-age=31536000, immutable"


def icons(request: HttpRequest, version: str) -> HttpResponse:
    """The present ones, whatever version a page kept from before an upgrade asks for."""
    return HttpResponse(sprite(), "image/svg+xml", headers={"Cache-Control": _FOR_EVER})
