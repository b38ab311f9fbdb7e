"""What every page of the portal asks first: whose portal, and who is there."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from connectors.models import Brand
from connectors.queries import find_brand, languages_of
from core.events import set_door
from customers.models import Customer, Identity
from customers.queries.portal import SESSION_KEY, identity_in

BROWSER_COOKIE = "portal_browser"


@dataclass(frozen=True, slots=True)
class Visit:
    request: HttpRequest
    brand: Brand
    identity: Identity | None

    @property
    def customer(self) -> Customer | None:
        return self.identity.customer if self.identity else None

    def url(self, name: str, *args: object) -> str:
        return reverse(f"tickets:portal_{name}", args=[self.brand.slug, *args])

    def go(self, name: str, *args: object) -> HttpResponse:
        return redirect(self.url(name, *args))

    def show(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        context |= {
            "brand": self.brand,
            "languages": languages_of(self.brand),
            "visitor": self.customer,
            "identity": self.identity,
        }
        return render(self.request, f"portal/{template}.html", context, status=status)


Page = Callable[..., HttpResponse]


def portal(*methods: str, signed_in: bool = False) -> Callable[[Page], Page]:
    def decorate(view: Page) -> Page:
        @wraps(view)
        def check(request: HttpRequest, brand: str, **kwargs: Any) -> HttpResponse:
            set_door("portal")
            visit = Visit(request, find_brand(brand), identity_in(request.session))
            speak_for(visit)
            if signed_in and visit.identity is None:
                request.session["portal_next"] = request.path if request.method == "GET" else ""
                return visit.go("sign_in")
            response = view(visit, **kwargs)
            if not response.has_header("Cache-Control"):
                add_never_cache_headers(response)
            return response

        return require_http_methods([*methods, *(["HEAD"] if "GET" in methods else [])])(check)

    return decorate


def speak_for(visit: Visit) -> None:
    """For the rest of the request: a language the brand speaks, the customer's time zone."""
    spoken = [code for code, _name in languages_of(visit.brand)]
    if translation.get_language() not in spoken:
        translation.activate(spoken[0])
        visit.request.LANGUAGE_CODE = spoken[0]
    timezone.deactivate()
    if visit.customer and visit.customer.timezone in available_timezones():
        timezone.activate(visit.customer.timezone)


def sign_in(request: HttpRequest, identity: Identity) -> None:
    # A new session name, so that one planted before is worth nothing now.
    request.session.cycle_key()
    request.session[SESSION_KEY] = str(identity.pk)


def sign_out(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)
    request.session.cycle_key()


def browser_secret(request: HttpRequest) -> str:
    return request.COOKIES.get(BROWSER_COOKIE, "")


def keep_browser_secret(response: HttpResponse, request: HttpRequest) -> None:
    """Only this browser may use the code it asked for."""
    response.set_cookie(
        BROWSER_COOKIE,
        secret_of(request),
        max_age=3600,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
        path="/portal/",
    )


def secret_of(request: HttpRequest) -> str:
    known = browser_secret(request)
    if len(known) >= 32:
        return known
    made: str = request.META.setdefault("portal.browser", secrets.token_urlsafe(32))
    return made
