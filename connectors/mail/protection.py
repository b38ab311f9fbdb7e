"""Mails that are signed or encrypted (RFC 3156, RFC 8551), shown as what they are."""

import re

from connectors.mail.structure import Part

PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
PKCS7_SIGNATURE = ("application/pkcs7-signature", "application/x-pkcs7-signature")
INLINE_ENCRYPTED = re.compile(r"(?m)^-----BEGIN PGP MESSAGE-----\s*$")
INLINE_SIGNED = re.compile(r"(?m)^-----BEGIN PGP SIGNED MESSAGE-----\s*$")


def find_protection(top: Part, text: str) -> str:
    """The strongest of what is there; whether a signature is right, nobody looked."""
    found = {_protection_of(part) for part in top.walk()}
    if INLINE_ENCRYPTED.search(text):
        found.add("pgp-encrypted")
    if INLINE_SIGNED.search(text):
        found.add("pgp-signed")
    order = ("pgp-encrypted", "smime-encrypted", "pgp-signed", "smime-signed")
    return next((kind for kind in order if kind in found), "")


def _protection_of(part: Part) -> str:
    protocol = part.parameters.get("protocol", "").lower()
    if part.content_type == "multipart/encrypted":
        return "pgp-encrypted" if "pgp" in protocol else "smime-encrypted"
    if part.content_type == "multipart/signed":
        return "smime-signed" if protocol in PKCS7_SIGNATURE else "pgp-signed"
    if part.content_type in PKCS7:
        kind = part.parameters.get("smime-type", "").lower()
        if kind == "signed-data":
            return "smime-signed"
        return "" if kind in ("certs-only", "compressed-data") else "smime-encrypted"
    return ""
