"""What every view of this app asks first."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import Invalid, NotAllowed
from tickets.models import Message, Ticket

View = Callable[..., HttpResponse]


def reads(view: View) -> View:
    return login_required(require_safe(view))


def changes_ticket(right: str) -> Callable[[View], View]:
    """A POST on one visible ticket by somebody whose role holds the right."""

    def decorate(view: View) -> View:
        @wraps(view)
        def check(request: HttpRequest, pk: UUID, **kwargs: Any) -> HttpResponse:
            ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
            require(request, right)
            return view(request, ticket, **kwargs)

        return login_required(require_POST(check))

    return decorate


def require(request: HttpRequest, right: str) -> None:
    if not request.user.may(right):
        raise NotAllowed(_("Your role does not allow this."))


def visible_message(request: HttpRequest, pk: UUID) -> Message:
    """A message of a ticket this user may open."""
    visible = Ticket.objects.visible_to(request.user)
    return get_object_or_404(
        Message.objects.select_related("ticket__customer").filter(ticket__in=visible), pk=pk
    )


def is_fragment(request: HttpRequest) -> bool:
    """Asked for by a script of our pages, which wants a part and no frame."""
    return bool(request.headers.get("HX-Request")) and not request.headers.get(
        "HX-History-Restore-Request"
    )


def number(request: HttpRequest, name: str, default: int = 0) -> int:
    text = request.POST.get(name) or request.GET.get(name) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def uuid_or_none(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(_("That is no id."), field="id") from None
