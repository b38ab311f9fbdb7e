"""Secrets of visitors, and who somebody is by the word of the website they are on."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from core.clock import now
from livechat.errors import BadHostToken
from livechat.models import ChatWidget

_MAX_TOKEN = 4096
# A token is made for a page that is being shown; one for years is somebody's mistake.
_LONGEST_SECONDS = 7 * 24 * 3600
_SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class HostClaims:
    """Who the website says this is."""

    subject: str
    name: str = ""
    email: str = ""  # only where the website says that it was proved


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def read_host_token(widget: ChatWidget, token: str) -> HostClaims:
    """A JWT (RFC 7519) signed with HS256 by the website. Its ``alg`` is compared, never followed.

    Needs ``sub`` and ``exp``; takes ``name``, and ``email`` only with ``email_verified``.
    """
    if not widget.host_secret or len(token) > _MAX_TOKEN or not token.isascii():
        raise BadHostToken("This widget takes no such token.")
    signed, _dot, signature = token.rpartition(".")
    expected = hmac.digest(widget.host_secret.encode(), signed.encode(), "sha256")
    if not hmac.compare_digest(_decode(signature), expected):
        raise BadHostToken("The token's signature is wrong.")
    header, _dot, payload = signed.partition(".")
    if _read(header).get("alg") != "HS256":
        raise BadHostToken("The token is not signed with HS256.")
    return _check_claims(_read(payload))


def _check_claims(claims: dict[str, Any]) -> HostClaims:
    moment = now().timestamp()
    expires: Any = claims.get("exp")
    begins: Any = claims.get("nbf", 0)
    if not _is_number(expires) or not _is_number(begins):
        raise BadHostToken("The token does not say how long it holds.")
    if not moment - _SKEW_SECONDS < expires < moment + _LONGEST_SECONDS:
        raise BadHostToken("The token is over, or would hold too long.")
    subject = claims.get("sub")
    if begins > moment + _SKEW_SECONDS or not isinstance(subject, str) or not subject.strip():
        raise BadHostToken("The token does not say who this is.")
    email = claims.get("email") if claims.get("email_verified") is True else ""
    name = claims.get("name")
    return HostClaims(
        subject=subject.strip()[:200],
        name=name.strip()[:120] if isinstance(name, str) else "",
        email=email.strip() if isinstance(email, str) else "",
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_decode(part))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadHostToken("The token cannot be read.")
    return found


def _decode(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadHostToken("The token cannot be read.") from None
