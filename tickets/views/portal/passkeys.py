"""Passkeys: the browser asks for a challenge, the device answers it. JSON both ways."""

import json
import time
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from customers.actions import passkeys as actions
from customers.errors import WrongPasskey
from customers.models import PortalPasskey
from tickets.views.portal.access import Visit, portal, sign_in

_KEPT = "portal_challenge"
_SECONDS = 300
_MAX_BODY = 20_000


@portal("POST", signed_in=True)
def begin_adding(visit: Visit) -> HttpResponse:
    if visit.identity is None:
        raise Http404
    options, state = actions.begin_registration(visit.identity)
    return _ask(visit, options, state)


@portal("POST", signed_in=True)
def add(visit: Visit) -> HttpResponse:
    if visit.identity is None:
        raise Http404
    answer = _read(visit)
    label = str(answer.get("label", ""))
    actions.register_passkey(
        visit.identity, state=_take(visit), answer=answer.get("credential") or {}, label=label
    )
    return JsonResponse({"to": visit.url("account")}, status=201)


@portal("POST", signed_in=True)
def remove(visit: Visit, pk: UUID) -> HttpResponse:
    actions.remove_passkey(get_object_or_404(PortalPasskey, pk=pk, customer=visit.customer))
    return visit.go("account")


@portal("POST")
def begin_sign_in(visit: Visit) -> HttpResponse:
    options, state = actions.begin_sign_in()
    return _ask(visit, options, state)


@portal("POST")
def enter(visit: Visit) -> HttpResponse:
    answer = _read(visit)
    identity = actions.redeem_passkey(state=_take(visit), answer=answer.get("credential") or {})
    target = visit.request.session.pop("portal_next", "") or visit.url("home")
    sign_in(visit.request, identity)
    # Only our own pages put it there.
    return JsonResponse({"to": target if target.startswith("/portal/") else visit.url("home")})


def _ask(visit: Visit, options: dict[str, Any], state: Any) -> HttpResponse:
    visit.request.session[_KEPT] = {"state": state, "at": int(time.time())}
    return JsonResponse(options)


def _take(visit: Visit) -> Any:
    """A challenge is good once, and for a few minutes."""
    kept = visit.request.session.pop(_KEPT, None)
    if not kept or time.time() - kept["at"] > _SECONDS:
        raise WrongPasskey(_("The request took too long. Try again."))
    return kept["state"]


def _read(visit: Visit) -> dict[str, Any]:
    try:
        answer = json.loads(visit.request.body[:_MAX_BODY])
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("credential", {}), dict):
        raise WrongPasskey(_("This is no answer of a passkey."))
    return answer
