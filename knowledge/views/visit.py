"""What every page of the help centre asks first: whose it is, and who reads."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from connectors.models import Brand
from connectors.queries import find_brand, languages_of
from core.events import set_door
from customers.models import Customer
from customers.queries.portal import identity_in
from knowledge.models import Reader

_SECRET = "help_reader"  # noqa: S105  the name of it in the session


@dataclass(frozen=True, slots=True)
class Visit:
    request: HttpRequest
    brand: Brand
    customer: Customer | None
    language: str

    @property
    def reader(self) -> Reader:
        return Reader(self.brand.pk, self.customer)

    @property
    def browser(self) -> str:
        return str(self.request.session.get(_SECRET, ""))

    def keep_browser(self) -> str:
        """Made when somebody first says something, so that reading alone leaves no cookie."""
        return str(self.request.session.setdefault(_SECRET, secrets.token_urlsafe(16)))

    def url(self, name: str, *args: object) -> str:
        return reverse(f"knowledge:help{name and '_' + name}", args=[self.brand.slug, *args])

    def go(self, name: str, *args: object) -> HttpResponse:
        return redirect(self.url(name, *args))

    def show(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        context |= {
            "brand": self.brand,
            "languages": languages_of(self.brand),
            "visitor": self.customer,
        }
        return render(self.request, f"knowledge/{template}.html", context, status=status)


Page = Callable[..., HttpResponse]


def help_page(*methods: str) -> Callable[[Page], Page]:
    def decorate(view: Page) -> Page:
        @wraps(view)
        def check(request: HttpRequest, brand: str, **kwargs: Any) -> HttpResponse:
            set_door("portal")
            found = find_brand(brand)
            identity = identity_in(request.session)
            visit = Visit(request, found, identity and identity.customer, _speak(request, found))
            response = view(visit, **kwargs)
            if not response.has_header("Cache-Control"):
                add_never_cache_headers(response)
            return response

        return require_http_methods([*methods, *(["HEAD"] if "GET" in methods else [])])(check)

    return decorate


def _speak(request: HttpRequest, brand: Brand) -> str:
    """For the rest of the request: a language the brand speaks."""
    spoken = [code for code, _name in languages_of(brand)]
    language = translation.get_language() or ""
    if language not in spoken:
        language = spoken[0]
        translation.activate(language)
        request.LANGUAGE_CODE = language
    return language
