"""Tools as HTTP: what is sent and signed, where it may lead, what is taken of the answer."""

import hmac
import json
import math
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bots.dialogue.shapes import Call
from bots.models import Tool
from bots.queries.bots import live_flows
from core.clock import now
from core.errors import Invalid

# Of the demonstration alone, whose shop is ourselves; nothing else of our own house may be called.
OWN_PREFIX = "/chat/demo/api/"
KINDS = ("text", "texts", "number", "date", "yes_no", "list")
_GOOD_FOR_SECONDS = 300
_MOST_TEXT = 500
_MOST_LISTED = 20
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")


def sign(body: bytes, secret: str, *, at: int | None = None) -> str:
    """``t=<seconds>,v1=<hex>`` over the time and the body, as webhooks are signed elsewhere."""
    moment = int(now().timestamp()) if at is None else at
    digest = hmac.digest(secret.encode(), f"{moment}.".encode() + body, sha256)
    return f"t={moment},v1={digest.hex()}"


def read_signature(header: str, body: bytes, secret: str) -> bool:
    """Whether it was signed with the secret within the last minutes."""
    found = re.fullmatch(r"t=(\d{1,12}),v1=([0-9a-f]{64})", header)
    if not found or abs(now().timestamp() - int(found[1])) > _GOOD_FOR_SECONDS:
        return False
    return hmac.compare_digest(sign(body, secret, at=int(found[1])), header)


def body_of(inputs: Mapping[str, str], *, customer: UUID, proved: list[str]) -> bytes:
    """What is known of who asks goes beside the inputs: no text can put itself in its place."""
    told = {"inputs": dict(inputs), "customer": {"id": str(customer), "proved": proved}}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def check_url(url: str) -> None:
    """Raises ``Invalid`` for an address that no tool can have."""
    if is_own(url):
        return
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Invalid(_("This is no web address."), field="url") from None
    is_plain = parts.username is None and parts.password is None and not parts.fragment
    if parts.scheme != "https" or not parts.hostname or not is_plain or port not in (None, 443):
        raise Invalid(_("Only https addresses on the usual port can be called."), field="url")


def is_own(url: str) -> bool:
    own = f"{settings.PUBLIC_URL}{OWN_PREFIX}"
    return url.startswith(own) and re.fullmatch(r"[a-z-]+/", url[len(own) :]) is not None


def take_outputs(types: Mapping[str, str], given: Any) -> dict[str, Any]:
    """Only what the tool's type names, in the form it names; all else is dropped."""
    answer = given if isinstance(given, dict) else {}
    taken = {name: _typed(kind, answer.get(name)) for name, kind in types.items()}
    return {name: value for name, value in taken.items() if value is not None}


def _typed(kind: str, value: Any) -> Any:
    match kind:
        case "yes_no":
            return value if isinstance(value, bool) else None
        case "number":
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return value if is_number and math.isfinite(value) else None
        case "date":
            return value if isinstance(value, str) and _DAY.match(value) else None
        case "list":
            listed = value if isinstance(value, list) else []
            return [str(one)[:_MOST_TEXT] for one in listed[:_MOST_LISTED]]
        case "texts":
            texts = value if isinstance(value, dict) else {}
            return {str(code)[:10]: str(text)[:_MOST_TEXT] for code, text in texts.items()}
    return value[:_MOST_TEXT] if isinstance(value, str) else None


def find_callers(tool: Tool) -> list[str]:
    """Codes of the flows that are followed and call it."""
    return [
        slug
        for slug, live in live_flows(tool.bot).items()
        if any(isinstance(step, Call) and step.tool == tool.name for step in live.flow.steps)
    ]
