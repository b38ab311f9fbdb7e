"""Links to files that work without a header, for an hour."""

import hmac
from uuid import UUID

from django.urls import reverse

from core.clock import now
from core.crypto import derive

_VALID_SECONDS = 3600


def sign_file(pk: UUID, key: str) -> str:
    until = int(now().timestamp()) + _VALID_SECONDS
    address = reverse("livechat:file", args=[key, pk])
    return f"{address}?sig={until}.{_mac(pk, until)}"


def may_fetch(pk: UUID, signature: str) -> bool:
    """Say whether this is a link of ours that still holds."""
    text, _dot, mac = signature.partition(".")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        return False
    until = int(text)
    return until > now().timestamp() and hmac.compare_digest(mac.encode(), _mac(pk, until).encode())


def _mac(pk: UUID, until: int) -> str:
    content = pk.bytes + until.to_bytes(8, "big")
    return hmac.digest(derive("chat.file"), content, "sha256")[:16].hex()
