"""The bell: how much is new, what it is, and telling a browser while no page is open."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST, require_safe

from core.errors import Invalid
from tickets import actions
from tickets.queries.notifications import count_unread, list_notifications
from tickets.queries.push import public_key
from tickets.templatetags.news_parts import news_line
from tickets.views.access import is_fragment, reads, uuid_or_none

_IN_POPOVER = 12


@reads
def news(request: HttpRequest) -> HttpResponse:
    fragment = is_fragment(request)
    context: dict[str, Any] = {
        "news": list_notifications(request.user, **({"limit": _IN_POPOVER} if fragment else {})),
        "push_key": public_key(),
    }
    template = "tickets/_news.html" if fragment else "tickets/news.html"
    response = render(request, template, context)
    response["Cache-Control"] = "no-store, private"
    return response


@reads
def count(request: HttpRequest) -> HttpResponse:
    """For the bell; and for a browser that was woken, what it may show."""
    answer: dict[str, Any] = {"unread": count_unread(request.user)}
    if "newest" in request.GET:
        newest = list_notifications(request.user, limit=1, only_unread=True)
        answer |= {"lines": [_line(one) for one in newest]}
    response = JsonResponse(answer)
    response["Cache-Control"] = "no-store, private"
    return response


def _line(one: Any) -> dict[str, str]:
    return {"text": news_line(one), "url": f"/tickets/{one.ticket_id}/", "id": str(one.pk)}


@login_required
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """One of them or all; with ``value`` no, it is new again."""
    pk: UUID | None = uuid_or_none(request.POST.get("id", ""))
    if pk and request.POST.get("value") == "no":
        actions.unread_notification(request.user, pk)
    else:
        actions.read_notifications(request.user, ids=[pk] if pk else None)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return redirect("tickets:news")


@login_required
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    wanted = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    if not wanted["endpoint"]:
        raise Invalid("Name the endpoint.", field="endpoint")
    actions.subscribe_to_push(request.user, **wanted)
    return HttpResponse(status=204)


@login_required
@require_POST
def unsubscribe(request: HttpRequest) -> HttpResponse:
    actions.unsubscribe_from_push(request.user, request.POST.get("endpoint", ""))
    return HttpResponse(status=204)


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """At the root, so that it may answer for every page; it keeps nothing and reads nothing."""
    script = render_to_string("tickets/sw.js", request=request)
    response = HttpResponse(script, content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response
