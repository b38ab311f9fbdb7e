"""What every request of a widget passes: its website, its visitor, its pace; and how it is
answered: as JSON that no other website's page can read."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from core.errors import HelpdeskError, Invalid
from core.events import set_door
from core.limits import seconds_to_wait
from core.problems import problem_from
from livechat.actions.visitors import note_seen
from livechat.errors import BadToken, NoSuchThing, TooFast, TooLarge
from livechat.models import Chat, ChatWidget, Visitor
from livechat.queries.chats import find_chat, find_visitor, find_widget
from livechat.queries.config import pick_language
from livechat.queries.origins import check_origin, token_in

MAX_BODY = 64 * 1024
_PREFLIGHT_SECONDS = "7200"
# By one visitor. An open chat without sockets asks about three times a second at most.
_REQUESTS, _REQUESTS_SECONDS = 120, 10


@dataclass(slots=True)
class Call:
    request: HttpRequest
    widget: ChatWidget
    language: str
    known: Visitor | None = None

    @property
    def visitor(self) -> Visitor:
        if self.known is None:
            raise BadToken("This browser is not known here.")
        return self.known

    @property
    def address(self) -> str:
        return str(self.request.META.get("REMOTE_ADDR", ""))

    def chat(self, pk: UUID) -> Chat:
        return find_chat(self.visitor, pk)

    def body(self) -> dict[str, Any]:
        """The request's JSON object; whatever else came is refused."""
        try:
            found = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Invalid("The body is no JSON object.")
        return found


View = Callable[..., HttpResponseBase]


def visitors(
    *methods: str, known: bool = True, body: int = MAX_BODY, paced: bool = True
) -> Callable[[View], View]:
    """A view for widgets. ``known``: only for who shows a visitor's token; otherwise who shows
    one is recognised all the same. ``body`` is the most it takes, in bytes. Without ``paced``
    the view itself counts with `check_pace` whom it turns away."""

    def decorate(view: View) -> View:
        @csrf_exempt  # there are no cookies here, so nobody can be made to send them
        @wraps(view)
        def check(request: HttpRequest, key: str, **kwargs: Any) -> HttpResponseBase:
            set_door("chat")
            origin = request.headers.get("Origin", "")
            try:
                widget = find_widget(key)
                check_origin(widget, origin)
            except HelpdeskError as refusal:
                return _close(problem_from(refusal))
            if request.method == "OPTIONS":
                return _open_to(origin, _preflight(methods))
            with translation.override(_language(request, widget)):
                response = _answer(request, widget, methods, known, body, paced, view, kwargs)
            return _open_to(origin, _close(response))

        return check

    return decorate


def _answer(
    request: HttpRequest,
    widget: ChatWidget,
    methods: tuple[str, ...],
    known: bool,
    body: int,
    paced: bool,
    view: View,
    kwargs: dict[str, Any],
) -> HttpResponseBase:
    if request.method not in methods:
        return HttpResponse(status=405, headers={"Allow": ", ".join(methods)})
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length > body:
            raise TooLarge("That is more than is taken at once.")
        call = Call(request, widget, translation.get_language() or "en")
        call.known = _recognise(request, widget, known)
        if paced:
            check_pace(call)
        return view(call, **kwargs)
    except HelpdeskError as refusal:
        response = problem_from(refusal)
        if seconds := refusal.extra.get("retry_after"):
            response["Retry-After"] = str(seconds)
        return response
    except Http404:
        return problem_from(NoSuchThing("There is no such thing."))


def _recognise(request: HttpRequest, widget: ChatWidget, known: bool) -> Visitor | None:
    token = token_in(request.headers.get("Authorization", ""))
    if not token and not known:
        return None
    visitor = find_visitor(widget, token)
    note_seen(visitor)
    return visitor


def check_pace(call: Call) -> None:
    if call.known:
        pace("visitor", str(call.known.pk), at_most=_REQUESTS, seconds=_REQUESTS_SECONDS)
    else:
        pace("strangers", call.address, at_most=settings.CHAT_STRANGERS_PER_MINUTE, seconds=60)


def pace(name: str, who: str, *, at_most: int, seconds: int) -> None:
    wait = seconds_to_wait(f"chat-{name}", who, at_most=at_most, seconds=seconds)
    if wait:
        raise TooFast("Too much at once. Wait a moment.", retry_after=wait)


def _language(request: HttpRequest, widget: ChatWidget) -> str:
    asked = request.GET.get("lang") or request.headers.get("X-Chat-Language", "")
    return pick_language(asked or request.headers.get("Accept-Language", "").split(",")[0], widget)


def _preflight(methods: tuple[str, ...]) -> HttpResponse:
    return HttpResponse(
        status=204,
        headers={
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": "authorization, content-type, x-chat-language",
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        },
    )


def _open_to(origin: str, response: HttpResponseBase) -> HttpResponseBase:
    if origin:
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Expose-Headers"] = "Retry-After"
    return response


def _close(response: HttpResponseBase) -> HttpResponseBase:
    patch_vary_headers(response, ["Origin"])
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = "no-store"
    return response


def answer(content: dict[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(content, status=status)


# Reading what came


def text_in(body: dict[str, Any], name: str, most: int = 2000) -> str:
    value = body.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid(f"{name} is no text.", field=name)
    # Half of a character that was cut in two, and NUL: no database keeps them.
    whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
    return whole[:most] if most else whole


def id_in(body: dict[str, Any], name: str) -> UUID:
    value = body.get(name)
    try:
        if isinstance(value, str):
            return UUID(value)
    except ValueError:
        pass
    raise Invalid(f"{name} is no id.", field=name)


def ids_in(body: dict[str, Any], name: str) -> list[UUID]:
    values = body.get(name) or []
    if not isinstance(values, list) or len(values) > 50:
        raise Invalid(f"{name} is no list of ids.", field=name)
    return [id_in({name: value}, name) for value in values]


def number_in(body: dict[str, Any], name: str, default: int = 0) -> int:
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise Invalid(f"{name} is no number.", field=name)
    return value
