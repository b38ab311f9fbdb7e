"""DKIM signatures (RFC 6376), checked with keys that were fetched before.

Runs in the parser's process: canonicalising hostile bodies is where verifiers spend minutes.
"""

import logging
import re
from collections.abc import Mapping

import dkim

from connectors.mail.limits import Header, normalise_line_ends, read_head

# Each one costs a pass over the whole body.
MAX_SIGNATURES = 5
MIN_KEY_BITS = 1024
TAG = re.compile(rb"\s*([a-zA-Z][a-zA-Z0-9_]*)\s*=([^;]*)(?:;|$)")
NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})*")

# Its warnings quote the mail.
_silent = logging.getLogger("dkim")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


def read_tags(value: bytes) -> dict[str, str]:
    return {
        match.group(1).decode("ascii"): re.sub(rb"\s+", b"", match.group(2)).decode("latin-1")
        for match in TAG.finditer(value)
    }


def key_names(headers: list[Header]) -> list[str]:
    """Where the keys of the mail's signatures are published, as far as we shall look at them."""
    found = [read_tags(value) for name, value in headers if name == "dkim-signature"]
    names = [
        f"{tags.get('s', '')}._domainkey.{tags.get('d', '')}".lower()
        for tags in found[:MAX_SIGNATURES]
    ]
    return [name for name in dict.fromkeys(names) if len(name) < 254 and NAME.fullmatch(name)]


def verify(raw: bytes, keys: Mapping[str, str]) -> list[str]:
    """One "result domain" for each signature, in the result words of RFC 8601.

    A signature with ``l=`` lets anybody add to the body and counts as none ("policy"). So does
    one that leaves out From. ``keys`` are TXT records by lower-case name; "!" means that the
    DNS did not answer.
    """
    try:
        verifier = dkim.DKIM(raw, logger=_silent, minkey=MIN_KEY_BITS)
    except (dkim.MessageFormatError, IndexError):
        # IndexError: a mail that begins in the midst of a header.
        return ["permerror -"]
    if not _reads_as_we_do(verifier, raw):
        return ["permerror -"]
    present = sum(1 for name, _ in verifier.headers if name.lower() == b"dkim-signature")
    return [_verify_one(verifier, at, keys) for at in range(min(present, MAX_SIGNATURES))]


def _reads_as_we_do(verifier: "dkim.DKIM", raw: bytes) -> bool:
    """A signature speaks of the head that the library reads. Where that is another than ours,
    somebody's signed mail may stand below a From line that its signature never saw."""
    data = normalise_line_ends(raw.lstrip())
    headers, body = read_head(data, 0, len(data))
    bare_ends = data.count(b"\n", body) - data.count(b"\r\n", body)
    theirs = [name.decode("latin-1").lower() for name, _ in verifier.headers]
    # Both bodies are ends of the same bytes, so of one length they are one.
    is_same_body = len(data) - body + bare_ends == len(verifier.body)
    return is_same_body and [name for name, _ in headers] == theirs


def _verify_one(verifier: "dkim.DKIM", at: int, keys: Mapping[str, str]) -> str:
    try:
        prepared = verifier.verify_headerprep(at)
    except dkim.DKIMException:
        return "permerror -"
    tags, signed_headers, _ = prepared
    domain = tags[b"d"].decode("ascii", "replace").lower().rstrip(".") or "-"
    if b"l" in tags or b"from" not in signed_headers:
        return f"policy {domain}"
    if keys.get(_key_name(tags)) == "!":
        return f"temperror {domain}"
    try:
        is_valid = verifier.verify(at, dnsfunc=lambda name, timeout=0: _find_key(name, keys))
    except dkim.ValidationError:
        return f"fail {domain}"
    except (dkim.DKIMException, ValueError, IndexError):
        # ValueError and IndexError: base64 and ASN.1 that the library reads without checking.
        return f"permerror {domain}"
    return f"pass {domain}" if is_valid else f"fail {domain}"


def _key_name(tags: Mapping[bytes, bytes]) -> str:
    return f"{tags[b's'].decode('latin-1')}._domainkey.{tags[b'd'].decode('latin-1')}".lower()


def _find_key(name: bytes, keys: Mapping[str, str]) -> bytes | None:
    found = keys.get(name.decode("latin-1").rstrip(".").lower())
    return found.encode("latin-1", "replace") if found else None
