"""Webhooks in words."""

import json
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from automation.actions.webhook_sender import LIMITS
from automation.models import Webhook, WebhookDelivery
from core.clock import now

register = template.Library()

_PROBLEMS = {
    "inside": gettext_lazy("The address leads into the helpdesk’s own network."),
    "no_address": gettext_lazy("Its name is not known."),
    "address": gettext_lazy("This address may not be called."),
    "certificate": gettext_lazy("Its certificate is not valid for this name."),
    "refused": gettext_lazy("The connection was refused."),
    "no_http": gettext_lazy("What came back is no HTTP."),
    "cut_off": gettext_lazy("The connection broke off."),
    "redirect": gettext_lazy("It sends on to another address, which is not followed."),
    "status": gettext_lazy("It did not take it."),
    "secret": gettext_lazy("Its secret cannot be opened here."),
}


@register.filter
def problem_words(code: str) -> str:
    if code == "timeout":
        n = int(LIMITS.whole)
        words = ngettext(
            "It did not answer within %(n)d second.", "It did not answer within %(n)d seconds.", n
        )
        return words % {"n": n}
    return str(_PROBLEMS.get(code, code))


@register.filter
def host_of(webhook: Webhook) -> str:
    """Without the path, which may hold a key."""
    return urlsplit(str(webhook.url)).netloc


@register.filter
def health_words(webhook: Webhook) -> str:
    if webhook.is_on and webhook.failures:
        return pgettext("a webhook", "fails")
    return str(webhook.get_state_display())


@register.filter
def health_tone(webhook: Webhook) -> str:
    if not webhook.is_on:
        return "" if webhook.state == Webhook.State.OFF else "bad"
    return "warn" if webhook.failures else "ok"


@register.filter
def has_two_secrets(webhook: Webhook) -> bool:
    return webhook.old_until is not None and webhook.old_until > now()


@register.filter
def listens_words(webhook: Webhook) -> str:
    if not webhook.events:
        return _("all events")
    n = len(webhook.events)
    return ngettext("%(n)d event", "%(n)d events", n) % {"n": n}


@register.filter
def delivery_tone(delivery: WebhookDelivery) -> str:
    match delivery.state:
        case WebhookDelivery.State.DELIVERED:
            return "ok"
        case WebhookDelivery.State.DEAD:
            return "bad"
    return "warn" if delivery.attempts else ""


@register.filter
def ticket_number(delivery: WebhookDelivery) -> int | None:
    ticket = delivery.payload["data"].get("ticket")
    return ticket["number"] if ticket else None


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
