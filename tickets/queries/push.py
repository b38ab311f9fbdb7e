"""Waking a browser (RFC 8030) in our name (VAPID, RFC 8292). The mail of it is empty: whatever the
push service keeps, it learns nothing but that there is news."""

import base64
import json
import socket
from functools import cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from core.clock import now
from core.crypto import derive
from core.outside import is_public

# The order of the curve P-256; a private key is a number below it.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_TOKEN_SECONDS = 12 * 3600
# Where the browsers' makers run their push services.
HOSTS = (
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)


def _private_key() -> ec.EllipticCurvePrivateKey:
    """Made from the key ring, so that it is there from the first start and kept with it."""
    return _key_from(derive("push.vapid"))


@cache
def _key_from(seed: bytes) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(seed, "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def public_key() -> str:
    """What a browser subscribes with."""
    point = _private_key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _encode(point)


def vapid_header(endpoint: str) -> str:
    """The token for this endpoint's service, signed with ES256."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(now().timestamp()) + _TOKEN_SECONDS,
        "sub": settings.PUBLIC_URL,
    }
    signed = ".".join(
        _encode(json.dumps(part, separators=(",", ":")).encode())
        for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    r, s = decode_dss_signature(_private_key().sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = _encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={public_key()}"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def is_push_service(endpoint: str) -> bool:
    """A browser names the address we call: only those of the known services, by https, are."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").lower()
    is_known = any(host == known or host.endswith(f".{known}") for known in HOSTS)
    plain = parts.username is None and parts.password is None and port in (None, 443)
    return parts.scheme == "https" and is_known and plain and len(endpoint) <= 2000


def leads_outside(host: str) -> bool:
    """Whether all its addresses are public ones, should a name server ever say otherwise."""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        return False
    addresses = {str(row[4][0]) for row in found}
    return bool(addresses) and all(is_public(address) for address in addresses)
