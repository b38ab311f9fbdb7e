"""Who a mail is from, and whether it says so in exactly one way.

Readers disagree about sloppy From lines: one shows alice@example.org where the mail server
checked evil.test. What could be read in two ways is therefore nobody's.
"""

import re
from collections.abc import Iterator, Sequence

import idna

from connectors.mail.decoding import clean_line, decode_wire, decode_words
from connectors.mail.limits import MAX_ADDRESS_BYTES
from connectors.messages import Address

MAX_ADDRESSES = 100
NOBODY = Address("", "")

_LOCAL = r'[^\s"(),:;<>@\[\\\]\x00-\x1f\x7f]+'
ADDRESS = re.compile(rf"({_LOCAL})@({_LOCAL})")
BARE = re.compile(rf"<?\s*({_LOCAL}@{_LOCAL})\s*>?")
WITH_COMMENT = re.compile(rf"({_LOCAL}@{_LOCAL})\s*\(([^()@]*)\)")
# A phrase without anything that could begin another address, a group or a route.
WITH_NAME = re.compile(
    rf'((?:[^"<>@:;\\]++|"(?:[^"\\]|\\.)*+")*+)<\s*({_LOCAL}@{_LOCAL})\s*>', re.DOTALL
)
# Mailers without a name to show repeat the address.
REPEATED = re.compile(rf"({_LOCAL}@{_LOCAL})\s*<\s*({_LOCAL}@{_LOCAL})\s*>")
QUOTED_REPEATED = re.compile(rf"\s*[\"']*({_LOCAL}@{_LOCAL})[\"']*\s*")
FORBIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
ASCII_DOMAIN = re.compile(
    r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)
LOOKALIKES = re.compile("[\u0370-\u03ff\u0400-\u052f\u0530-\u058f]")


def find_sender(values: Sequence[bytes], *, charset: str = "") -> tuple[Address, str]:
    """The one sender, and a problem in plain words; with a problem the address is empty."""
    if not values or not values[0].strip():
        return NOBODY, "The mail does not say who sent it."
    if len(values) > 1:
        return NOBODY, "The mail has more than one From line."
    value = values[0]
    if len(value) > MAX_ADDRESS_BYTES:
        return NOBODY, "The From line is too long to be trusted."
    if FORBIDDEN.search(value.decode("latin-1")):
        return NOBODY, "The From line contains characters that do not belong there."
    return _read_single(value, decode_wire(value, charset).strip())


def _read_single(value: bytes, text: str) -> tuple[Address, str]:
    found, by_bytes = _match_form(text), _match_form(value.decode("utf-8", "replace").strip())
    # Characters of other charsets can contain the byte of an "@".
    if found is None or by_bytes is None or found[1] != by_bytes[1]:
        return NOBODY, _explain(text)
    raw_name, raw_address = found
    address = normalise(raw_address)
    if not address:
        return NOBODY, "The sender's address is not a valid mail address."
    name = read_name(raw_name)
    shown = QUOTED_REPEATED.fullmatch(name)
    if shown and normalise(shown.group(1)) != address:
        return NOBODY, "The sender's name is the address of somebody else."
    return Address("" if shown else name, address), ""


def _match_form(text: str) -> tuple[str, str] | None:
    if (match := BARE.fullmatch(text)) and text.startswith("<") == text.endswith(">"):
        return "", match.group(1)
    if match := WITH_COMMENT.fullmatch(text):
        return match.group(2), match.group(1)
    if (match := REPEATED.fullmatch(text)) and match.group(1).lower() == match.group(2).lower():
        return "", match.group(2)
    if (match := WITH_NAME.fullmatch(text)) and _is_balanced(match.group(1)):
        return match.group(1), match.group(2)
    return None


def _is_balanced(phrase: str) -> bool:
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", phrase)
    return bare.count("(") == bare.count(")")


def _explain(text: str) -> str:
    if re.search(r";\s*$", text) or re.match(r"[^\"<@]*:", text):
        return "The From line names a group, not a person."
    if len(read_addresses(text.encode())) > 1:
        return "The From line names more than one address."
    if "@" not in text:
        return "The From line contains no mail address."
    return "The From line can be read as more than one address."


def normalise(address: str) -> str:
    """local@domain with a lower-case ASCII domain; empty when it is no address."""
    match = ADDRESS.fullmatch(address.strip())
    if not match or len(address) > 320:
        return ""
    local, domain = match.group(1), match.group(2).rstrip(".").lower()
    if not domain.isascii():
        domain = _encode_domain(domain)
    return f"{local}@{domain}" if ASCII_DOMAIN.fullmatch(domain) and len(domain) < 254 else ""


def _encode_domain(domain: str) -> str:
    for label in domain.split("."):
        # Latin mixed with letters that look like Latin ones.
        if LOOKALIKES.search(label) and re.search("[a-z]", label):
            return ""
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""


def read_name(phrase: str) -> str:
    phrase = phrase.strip()
    if len(phrase) > 1 and phrase[0] == phrase[-1] == '"':
        phrase = phrase[1:-1]
    phrase = re.sub(r"\\(.)", r"\1", phrase)
    return clean_line(decode_words(phrase)).strip("\"' ")[:200]


def read_addresses(value: bytes, *, charset: str = "") -> list[Address]:
    """Every address of a To, Cc or Reply-To line that can be read; the others are left out."""
    text = FORBIDDEN.sub(" ", decode_wire(value, charset))
    addresses: list[Address] = []
    for piece in _split_list(text):
        if len(addresses) >= MAX_ADDRESSES:
            break
        if address := _read_leniently(piece):
            addresses.append(address)
    return addresses


def _read_leniently(piece: str) -> Address | None:
    name, opened, rest = piece.rpartition("<")
    if opened:
        email = normalise(rest.partition(">")[0])
    else:
        match = WITH_COMMENT.fullmatch(piece)
        name = match.group(2) if match else ""
        email = normalise(match.group(1) if match else piece)
    return Address(read_name(name), email) if email else None


def _split_list(text: str) -> Iterator[str]:
    """At commas and semicolons outside quotes, comments and angle brackets; group names go."""
    begin, quoted, depth = 0, False, 0
    skip = False
    for at, sign in enumerate(text):
        if skip or sign == "\\":
            skip = not skip
        elif sign == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif sign in "(<":
            depth += 1
        elif sign in ")>":
            depth = max(0, depth - 1)
        elif depth == 0 and sign in ",;:":
            if sign != ":":
                yield text[begin:at].strip()
            begin = at + 1
    yield text[begin:].strip()
