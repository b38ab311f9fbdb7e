"""Signing in with a code, and out again."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme

from connectors.queries import languages_of
from core.errors import HelpdeskError
from customers.actions import ask_code, redeem_code, redeem_link, set_locale
from customers.models import Identity, SignInCode
from tickets.forms import CodeForm, SignInForm
from tickets.queries.portal import first_brand
from tickets.views.portal.access import (
    Visit,
    browser_secret,
    keep_browser_secret,
    portal,
    secret_of,
    sign_in,
    sign_out,
)


def start(request: HttpRequest) -> HttpResponse:
    return redirect("tickets:portal_home", first_brand().slug)


@portal("GET", "POST")
def ask(visit: Visit) -> HttpResponse:
    request = visit.request
    form = SignInForm(request.POST or None)
    if not form.is_valid():
        return visit.show("sign_in", form=form, status=400 if form.is_bound else 200)
    try:
        code = ask_code(
            form.cleaned_data["email"],
            browser=secret_of(request),
            door=visit.url("link", "x").removesuffix("x/"),
            language=translation.get_language() or settings.LANGUAGE_CODE,
        )
    except HelpdeskError as refusal:
        form.add_error("email", refusal.reason)
        return visit.show("sign_in", form=form, status=refusal.status)
    request.session["portal_code"] = str(code.pk)
    response = visit.go("code")
    keep_browser_secret(response, request)
    return response


@portal("GET", "POST")
def code(visit: Visit) -> HttpResponse:
    request = visit.request
    asked = SignInCode.objects.filter(pk=request.session.get("portal_code")).first()
    if asked is None:
        return visit.go("sign_in")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            identity = redeem_code(
                asked.pk, form.cleaned_data["code"], browser=browser_secret(request)
            )
        except HelpdeskError as refusal:
            form.add_error("code", refusal.reason)
        else:
            return _enter(visit, identity)
    return visit.show("code", form=form, to=asked.address, status=400 if form.is_bound else 200)


@portal("GET", "POST")
def link(visit: Visit, token: str) -> HttpResponse:
    """Scanners open links; only the button behind it signs in."""
    problem = ""
    if visit.request.method == "POST":
        try:
            identity = redeem_link(token, browser=browser_secret(visit.request))
        except HelpdeskError as refusal:
            problem = refusal.reason
        else:
            return _enter(visit, identity)
    return visit.show("link", problem=problem, status=400 if problem else 200)


def _enter(visit: Visit, identity: Identity) -> HttpResponse:
    session = visit.request.session
    session.pop("portal_code", None)
    target = session.pop("portal_next", "") or visit.url("home")
    sign_in(visit.request, identity)
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return redirect(target if is_ours else visit.url("home"))


@portal("POST")
def leave(visit: Visit) -> HttpResponse:
    sign_out(visit.request)
    return visit.go("home")


@portal("POST")
def language(visit: Visit) -> HttpResponse:
    wanted = visit.request.POST.get("language", "")
    back = visit.request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    response = redirect(back if is_ours and back else visit.url("home"))
    if wanted in dict(languages_of(visit.brand)):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, wanted, max_age=365 * 24 * 3600, samesite="Lax"
        )
        if visit.customer:
            set_locale(visit.customer, locale=wanted)
    return response
