"""Signing what leaves (RFC 6376, RFC 8463), so that receivers know it is the brand's."""

import base64
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser

import dkim
import nacl.exceptions
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.errors import TemporarySendError

RSA_BITS = 2048
RSA, ED25519 = "rsa", "ed25519"
SIGNED = (
    *("From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To"),
    *("References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
    "Auto-Submitted",
)
# Signed once more than they are there: a second one added on the way breaks the signature.
OVERSIGNED = ("From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "Content-Type")


@dataclass(frozen=True, slots=True)
class Signer:
    domain: str
    selector: str
    key: str = field(repr=False)  # PEM for RSA, 32 bytes in base64 for Ed25519

    @property
    def kind(self) -> str:
        return RSA if self.key.lstrip().startswith("-----BEGIN") else ED25519


def sign(raw: bytes, signer: Signer) -> bytes:
    """The mail with its signature on top. A broken key is mended by an admin; the mail waits."""
    try:
        header: bytes = dkim.DKIM(raw).sign(
            selector=signer.selector.encode(),
            domain=signer.domain.encode(),
            privkey=signer.key.strip().encode(),
            signature_algorithm=f"{signer.kind}-sha256".encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=_names_to_sign(raw),
        )
    except (dkim.DKIMException, nacl.exceptions.CryptoError, ValueError, TypeError) as error:
        raise TemporarySendError("The brand's DKIM key cannot be used.") from error
    return header + raw


def _names_to_sign(raw: bytes) -> list[str]:
    headers = BytesHeaderParser().parsebytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    return [*(name for name in SIGNED if name in headers), *OVERSIGNED]


def make_key(kind: str = RSA) -> str:
    if kind == ED25519:
        seed = Ed25519PrivateKey.generate().private_bytes_raw()
        return base64.b64encode(seed).decode()
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def write_dns_record(signer: Signer) -> tuple[str, str]:
    """The name and the text of the TXT record that tells receivers the public key."""
    name = f"{signer.selector}._domainkey.{signer.domain}"
    return name, f"v=DKIM1; k={signer.kind}; p={_public_key(signer)}"


def _public_key(signer: Signer) -> str:
    if signer.kind == ED25519:
        seed = base64.b64decode(signer.key)
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    else:
        key = serialization.load_pem_private_key(signer.key.encode(), None)
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    return base64.b64encode(public).decode()
