"""What hosted mail senders post to us, by the adapters of django-anymail.

Whether a request is the provider's own is checked by anymail's adapter with the secrets of the
inbox. The mail itself is taken as raw MIME wherever the provider offers it, without parsing it
here: what strangers wrote is only ever taken apart in the bounded reader.
"""

import json
import re
import warnings
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qs

from anymail.exceptions import AnymailError, AnymailWarning, AnymailWebhookValidationFailure
from anymail.inbound import AnymailInboundMessage
from anymail.webhooks.base import AnymailBaseWebhookView
from django.http import HttpRequest

from core import blind


class NotTheProvider(Exception):
    """Nothing shows that the request comes from whom it claims."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One mail as a provider hands it over."""

    raw: bytes = field(repr=False)
    mail_from: str = ""
    rcpt_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a mail we sent."""

    kind: str  # bounced | complained
    recipient: str = field(repr=False)
    is_final: bool = True
    provider_code: str = ""
    message_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Adapter:
    inbound: str
    tracking: str
    # Any one of them shows who is there; "webhook_secret" is "user:password" of basic auth.
    secrets: tuple[str, ...] = ("webhook_secret",)
    # Other words the adapter takes from the inbox's credentials.
    options: tuple[str, ...] = ()
    needs: str = ""


BASIC = "webhook_secret"
ADAPTERS = {
    "amazon-ses": Adapter(
        "amazon_ses.AmazonSESInboundWebhookView",
        "amazon_ses.AmazonSESTrackingWebhookView",
        needs="boto3",
    ),
    "brevo": Adapter(
        "brevo.BrevoInboundWebhookView", "brevo.BrevoTrackingWebhookView", options=("api_key",)
    ),
    "mailersend": Adapter(
        "mailersend.MailerSendInboundWebhookView",
        "mailersend.MailerSendTrackingWebhookView",
        ("inbound_secret", "signing_secret"),
    ),
    "mailgun": Adapter(
        "mailgun.MailgunInboundWebhookView",
        "mailgun.MailgunTrackingWebhookView",
        ("webhook_signing_key",),
    ),
    "mailjet": Adapter("mailjet.MailjetInboundWebhookView", "mailjet.MailjetTrackingWebhookView"),
    "mandrill": Adapter(
        "mandrill.MandrillCombinedWebhookView",
        "mandrill.MandrillCombinedWebhookView",
        ("webhook_key",),
        ("webhook_url",),
    ),
    "postal": Adapter(
        "postal.PostalInboundWebhookView", "postal.PostalTrackingWebhookView", ("webhook_key",)
    ),
    "postmark": Adapter(
        "postmark.PostmarkInboundWebhookView", "postmark.PostmarkTrackingWebhookView"
    ),
    "sendgrid": Adapter(
        "sendgrid.SendGridInboundWebhookView",
        "sendgrid.SendGridTrackingWebhookView",
        (BASIC, "tracking_webhook_verification_key"),
    ),
    "sparkpost": Adapter(
        "sparkpost.SparkPostInboundWebhookView", "sparkpost.SparkPostTrackingWebhookView"
    ),
}


def verified_view(
    provider: str, secrets: Mapping[str, Any], request: HttpRequest, *, tracking: bool = False
) -> AnymailBaseWebhookView:
    """The adapter, once it has found the request to be the provider's.

    Raises ``NotTheProvider``, whatever is missing or wrong: nobody is told what.
    """
    adapter = ADAPTERS.get(provider)
    if adapter is None or (adapter.needs and find_spec(adapter.needs) is None):
        raise NotTheProvider
    module, _, name = (adapter.tracking if tracking else adapter.inbound).partition(".")
    view_class = getattr(import_module(f"anymail.webhooks.{module}"), name)
    wanted = _secrets_for(view_class, adapter)
    given = {key: secrets[key] for key in {*wanted, BASIC, *adapter.options} if secrets.get(key)}
    if not given.keys() & {*wanted, BASIC}:
        raise NotTheProvider
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AnymailWarning)
            view = view_class(**given)
        view.run_validators(request)
    except (AnymailWebhookValidationFailure, AnymailError, ValueError, TypeError) as error:
        raise NotTheProvider from error
    return view


def _secrets_for(view_class: type, adapter: Adapter) -> set[str]:
    """Those that this very view checks: a key for the other kind of event protects nothing."""
    named = set(adapter.secrets)
    if "inbound_secret" in named:
        return {"inbound_secret" if hasattr(view_class, "inbound_secret") else "signing_secret"}
    if "tracking_webhook_verification_key" in named and not hasattr(view_class, "key_setting_name"):
        named.discard("tracking_webhook_verification_key")
    return named


# The mails


def read_mails(provider: str, view: AnymailBaseWebhookView, request: HttpRequest) -> list[Posted]:
    if provider in RAW and (found := list(RAW[provider](request))):
        return found
    return [
        _rebuild(event.message)
        for event in view.parse_events(request)
        if getattr(event, "message", None) is not None
    ]


def _rebuild(message: AnymailInboundMessage) -> Posted:
    """MIME from the fields of a provider that keeps the original to itself.

    The same post gives the same bytes, so that a repeated one is known.
    """
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            seed = f"{message.get('Message-ID', '')} {number}"
            part.set_boundary(f"=_{blind.handle_index('boundary', seed).hex()[:40]}")
    recipient = str(message.envelope_recipient or "")
    return Posted(
        raw=message.as_bytes(),
        mail_from=str(message.envelope_sender or ""),
        rcpt_to=(recipient,) if recipient else (),
    )


def _raw_of_mailgun(request: HttpRequest) -> Iterator[Posted]:
    if raw := _field_bytes(request, "body-mime"):
        yield Posted(raw, request.POST.get("sender", ""), _one(request.POST.get("recipient")))


def _raw_of_sendgrid(request: HttpRequest) -> Iterator[Posted]:
    if raw := _field_bytes(request, "email"):
        envelope = _as_object(request.POST.get("envelope", "{}"))
        to = envelope.get("to")
        recipients = tuple(str(one) for one in to) if isinstance(to, list) else ()
        yield Posted(raw, str(envelope.get("from") or ""), recipients)


def _raw_of_postmark(request: HttpRequest) -> Iterator[Posted]:
    event = _as_object(request.body)
    if raw := event.get("RawEmail"):
        headers = event.get("Headers") or [{}]
        is_path = str(headers[0].get("Name", "")).lower() == "return-path"
        sender = str(headers[0].get("Value", "")).strip("<> ") if is_path else ""
        yield Posted(_bytes(raw), sender, _one(event.get("OriginalRecipient")))


def _raw_of_sparkpost(request: HttpRequest) -> Iterator[Posted]:
    events = json.loads(request.body)
    for event in events if isinstance(events, list) else []:
        relayed = (event.get("msys") or {}).get("relay_message") or {}
        content = relayed.get("content") or {}
        if raw := content.get("email_rfc822"):
            is_packed = content.get("email_rfc822_is_base64")
            yield Posted(
                b64decode(raw) if is_packed else _bytes(raw),
                str(relayed.get("msg_from") or ""),
                _one(relayed.get("rcpt_to")),
            )


def _raw_of_mandrill(request: HttpRequest) -> Iterator[Posted]:
    events = json.loads(request.POST.get("mandrill_events", "[]"))
    for event in events if isinstance(events, list) else []:
        message = event.get("msg") or {}
        if event.get("event") == "inbound" and (raw := message.get("raw_msg")):
            yield Posted(_bytes(raw), str(message.get("sender") or ""), _one(message.get("email")))


RAW: dict[str, Callable[[HttpRequest], Iterator[Posted]]] = {
    "mailgun": _raw_of_mailgun,
    "mandrill": _raw_of_mandrill,
    "postmark": _raw_of_postmark,
    "sendgrid": _raw_of_sendgrid,
    "sparkpost": _raw_of_sparkpost,
}
# Fields that hold a whole mail.
RAW_FIELDS = (b"body-mime", b"email")


def _one(value: Any) -> tuple[str, ...]:
    return (str(value),) if value else ()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _as_object(text: str | bytes) -> dict[str, Any]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


def _field_bytes(request: HttpRequest, name: str) -> bytes:
    """The field as it was sent: Django would decode it, and mails are in any encoding."""
    if request.content_type == "application/x-www-form-urlencoded":
        # Each byte as one character and back again.
        fields = parse_qs(request.body.decode("latin-1"), encoding="latin-1")
        return "".join(fields.get(name, [])[:1]).encode("latin-1")
    upload = request.FILES.get(name)
    return upload.read() if upload else b""


def as_files(body: bytes) -> bytes:
    """Make a form's raw mail a file of it.

    Django holds form fields, but not files, to a size far below that of a mail.
    """
    names = b"|".join(re.escape(name) for name in RAW_FIELDS)
    pattern = rb'(\r\nContent-Disposition: form-data; name="(?:' + names + rb')")(\r\n)'
    return re.sub(pattern, rb'\1; filename="mail"\2', body, count=1, flags=re.IGNORECASE)


# What became of ours

# Anymail calls most of what is tried again "deferred", but not all of it.
SOFT = {"softbounce", "soft_bounce", "soft", "transient", "temporary", "blocked", "dnserror"}


def read_reports(view: AnymailBaseWebhookView, request: HttpRequest) -> list[Report]:
    reports = []
    for event in view.parse_events(request):
        kind = getattr(event, "event_type", "")
        if kind in ("bounced", "complained") and event.recipient:
            reports.append(
                Report(
                    kind=kind,
                    recipient=str(event.recipient),
                    is_final=_is_final(event),
                    provider_code=_code_of(str(event.mta_response or "")),
                    message_id=str(event.message_id or ""),
                )
            )
    return reports


def _is_final(event: Any) -> bool:
    """Whether it says something against the address; a full or busy server does not."""
    if event.event_type == "complained":
        return True
    details = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    words = {str(value).lower() for value in details.values() if isinstance(value, str)}
    return event.reject_reason in (None, "bounced", "invalid") and not words & SOFT


def _code_of(answer: str) -> str:
    """The numbers alone: the rest may quote the mail or name its reader."""
    found = re.search(r"\b[245]\.\d{1,3}\.\d{1,3}\b", answer) or re.search(r"\b[45]\d\d\b", answer)
    return found.group() if found else ""
