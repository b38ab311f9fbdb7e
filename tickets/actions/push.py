"""Browsers that are woken while no page is open."""

import hashlib
import logging
from urllib.parse import urlsplit

import requests
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid
from core.ids import new_id
from tickets.models import PushSubscription
from tickets.queries.push import is_push_service, leads_outside, vapid_header

log = logging.getLogger("helpdesk.tickets")

MOST_BROWSERS = 10
_SECONDS = 10
_KEPT_SECONDS = 24 * 3600
_GONE = (404, 410)


@transaction.atomic
def subscribe_to_push(user: User, *, endpoint: str, p256dh: str = "", auth: str = "") -> None:
    """The browser's keys are kept for the day on which there is something to encrypt."""
    if not is_push_service(endpoint):
        raise Invalid(_("This is no known push service."), field="endpoint")
    PushSubscription.objects.filter(endpoint_digest=_digest(endpoint)).delete()
    PushSubscription.objects.create(
        id=new_id(),
        user=user,
        endpoint=endpoint,
        endpoint_digest=_digest(endpoint),
        keys={"p256dh": p256dh[:200], "auth": auth[:100]},
        created_at=now(),
    )
    newest = PushSubscription.objects.filter(user=user).order_by("-created_at")
    kept = list(newest.values_list("pk", flat=True)[:MOST_BROWSERS])
    PushSubscription.objects.filter(user=user).exclude(pk__in=kept).delete()


def unsubscribe_from_push(user: User, endpoint: str) -> None:
    PushSubscription.objects.filter(user=user, endpoint_digest=_digest(endpoint)).delete()


def _digest(endpoint: str) -> bytes:
    return hashlib.sha256(endpoint.encode()).digest()


def wake_browsers(user: User) -> int:
    """Tell each that there is news; what it is, the browser asks us. Say how many were told.

    Nothing that fails is tried again: the page and the mail tell the same.
    """
    return sum(map(_wake, PushSubscription.objects.filter(user=user)))


def _wake(subscription: PushSubscription) -> bool:
    endpoint = str(subscription.endpoint)
    if not is_push_service(endpoint) or not leads_outside(urlsplit(endpoint).hostname or ""):
        return False
    headers = {
        "Authorization": vapid_header(endpoint),
        "TTL": str(_KEPT_SECONDS),
        "Urgency": "normal",
    }
    try:
        answer = requests.post(endpoint, headers=headers, timeout=_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        log.warning("A push service could not be reached (%s).", type(error).__name__)
        return False
    if answer.status_code in _GONE:
        subscription.delete()
    return answer.ok
