"""Signatures as standardwebhooks.com says: v1 is HMAC-SHA256 over id, time and body."""

import base64
import hmac
import secrets
from collections.abc import Iterable
from hashlib import sha256

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def sign(body: bytes, *, id: str, at: int, secrets: Iterable[str]) -> str:
    """One signature for each secret that is valid now: while one is replaced, either is right."""
    said = f"{id}.{at}.".encode() + body
    return " ".join(f"v1,{_digest(said, secret)}" for secret in secrets)


def _digest(said: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, said, sha256)).decode()
