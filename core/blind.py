"""Blind indexes: keyed hashes by which the database finds what it cannot read.

They show which rows hold the same value, and nothing else. A column ``…_index`` holds the
index, a column ``index_version`` the version of the root it was made with.
"""

import hmac
import re
import unicodedata
from functools import lru_cache

import idna
import phonenumbers

from core import keyring
from core.crypto import derive_from

INDEX_BYTES = 16
_PHONE_KINDS = {"phone", "sms", "whatsapp"}
_CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}")
# Zero-width characters and soft hyphens: come along when people copy an address.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def email_index(value: str, *, version: int | None = None) -> bytes:
    return _index("email", normalise_email(value), version)


def phone_index(value: str, *, region: str = "", version: int | None = None) -> bytes:
    return _index("phone", normalise_phone(value, region=region), version)


def handle_index(kind: str, value: str, *, version: int | None = None) -> bytes:
    """The index of any identity: e-mail addresses and numbers are normalised as such."""
    if kind == "email":
        return email_index(value, version=version)
    if kind in _PHONE_KINDS:
        return _index(kind, normalise_phone(value), version)
    return _index(kind, _tidy(value), version)


def all_versions(kind: str, value: str) -> list[bytes]:
    """For reading while a new index root is brought in: one index per root, the active first."""
    ring = keyring.load()
    versions = sorted(ring.index_roots, key=lambda version: version != ring.active_index)
    return [handle_index(kind, value, version=version) for version in versions]


def active_version() -> int:
    return keyring.load().active_index


def _index(purpose: str, value: str, version: int | None) -> bytes:
    ring = keyring.load()
    root = ring.index_root(ring.active_index if version is None else version)
    key = derive_from(root, "bidx", purpose)
    return hmac.digest(key, value.encode("utf-8", "replace"), "sha256")[:INDEX_BYTES]


def _tidy(value: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", value)).strip()


def normalise_email(value: str) -> str:
    """The same mailbox in one spelling. A +tag stays: it may be another mailbox."""
    local, at, domain = _tidy(value).rpartition("@")
    if not at:
        return unicodedata.normalize("NFKC", domain.casefold())
    local = unicodedata.normalize("NFKC", local.strip().casefold())
    return f"{local}@{_normalise_domain(domain.strip())}"


@lru_cache(4096)
def _normalise_domain(domain: str) -> str:
    domain = domain.lower().rstrip(".")
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain.casefold()


def normalise_phone(value: str, *, region: str = "") -> str:
    """E.164 where the number can be understood, else its digits.

    Without a region, eleven digits beginning with 13–19 are taken for a Chinese mobile number.
    """
    text = _tidy(value)
    text = text[4:] if text[:4].lower() == "tel:" else text
    digits = "".join(str(unicodedata.digit(c)) for c in text if c.isdigit())
    if not digits:
        return text.casefold()
    for candidate, country in _readings(text, digits, region):
        if number := _parse_phone(candidate, country):
            return number
    return digits


def _readings(text: str, digits: str, region: str) -> list[tuple[str, str | None]]:
    if text.startswith("+"):
        return [(text, None)]
    readings: list[tuple[str, str | None]] = []
    if region:
        readings.append((text, region.upper()))
    if digits.startswith("00"):
        readings.append(("+" + digits[2:], None))
    if _CHINESE_MOBILE.fullmatch(digits):
        readings.append((digits, "CN"))
    if digits.startswith("86") and _CHINESE_MOBILE.fullmatch(digits[2:]):
        readings.append(("+" + digits, None))
    return readings


def _parse_phone(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
