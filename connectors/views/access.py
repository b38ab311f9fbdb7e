"""What every view of this app asks first."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core.errors import NotAllowed


def require(request: HttpRequest, right: str) -> None:
    if not request.user.may(right):
        raise NotAllowed(_("Your role does not allow this."))


def private(response: HttpResponse) -> HttpResponse:
    """Pages about people stay out of every cache."""
    response["Cache-Control"] = "no-store, private"
    return response
