"""Customers sign in by proving that an address is theirs; they have no passwords."""

import hashlib
import hmac
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core import blind
from core.clock import now
from core.crypto import data_keys, derive
from core.errors import TooMany
from core.events import record
from core.ids import new_id
from customers.actions.people import identify_by_email
from customers.errors import WrongCode
from customers.models import Identity, SignInCode

VALID = timedelta(minutes=15)
KEPT = timedelta(days=1)
ATTEMPTS = 5
# Whoever asks in somebody else's name fills that person's mailbox.
PER_HOUR = 3
EVERYBODY_PER_MINUTE = 120


@transaction.atomic
def ask_code(address: str, *, browser: str, door: str, language: str) -> SignInCode:
    """Send a code to the address. ``browser`` is the secret of the cookie that must come back;
    ``door`` is the path of the page that takes the code, for the link in the mail; empty where
    the code can only be typed.

    Known and unknown addresses are treated alike: nobody learns who is a customer here.
    """
    index = blind.email_index(address)
    recent = SignInCode.objects.filter(created_at__gt=now() - timedelta(minutes=1))
    if recent.count() >= EVERYBODY_PER_MINUTE:
        raise TooMany(_("Too many people are signing in at the moment. Try again in a minute."))
    mine = SignInCode.objects.filter(address_index=index, created_at__gt=now() - timedelta(hours=1))
    if mine.count() >= PER_HOUR:
        raise TooMany(_("Three codes were sent to this address already. Try again in an hour."))
    code = SignInCode.objects.create(
        id=new_id(),
        address=address.strip(),
        address_index=index,
        browser=_digest(browser),
        created_at=now(),
        expires_at=now() + VALID,
    )
    record("code.asked", subject=code, actor=None, door=door, language=language)
    return code


def digits_of(code: SignInCode) -> str:
    """Six digits that only our keys and the row's id yield (RFC 4226 section 5.3 truncation)."""
    digest = hmac.digest(derive("portal.code"), code.pk.bytes, "sha256")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def link_token(code: SignInCode) -> str:
    return f"{code.pk.hex}.{_link_mac(code.pk)}"


def _link_mac(pk: UUID) -> str:
    return hmac.digest(derive("portal.link"), pk.bytes, "sha256")[:16].hex()


def redeem_code(pk: UUID, digits: str, *, browser: str) -> Identity:
    """Sign in by typed digits. Raises ``WrongCode``; a few wrong tries end the code."""
    with transaction.atomic():
        code = _lock(pk, browser)
        code.attempts += 1
        code.save(update_fields=["attempts"])
        typed = "".join(digits.split()).encode("utf-8", "replace")
        is_right = hmac.compare_digest(digits_of(code).encode(), typed)
        if is_right:
            return _use(code)
    left = ATTEMPTS - code.attempts
    if left > 0:
        raise WrongCode(_("That is not the code we sent. Look at the newest mail."), field="code")
    raise WrongCode(_("Too many wrong codes. Ask for a new one."), field="code")


@transaction.atomic
def redeem_link(token: str, *, browser: str) -> Identity:
    """Sign in by the link's button, in the browser that asked for it."""
    name, _dot, mac = token.partition(".")
    try:
        pk = UUID(hex=name)
    except ValueError:
        raise WrongCode(_("This link is not complete. Copy all of it.")) from None
    if not hmac.compare_digest(mac.encode("utf-8", "replace"), _link_mac(pk).encode()):
        raise WrongCode(_("This link is not complete. Copy all of it."))
    return _use(_lock(pk, browser))


def _lock(pk: UUID, browser: str) -> SignInCode:
    code = SignInCode.objects.select_for_update().filter(pk=pk).first()
    if code is None or not hmac.compare_digest(bytes(code.browser), _digest(browser)):
        raise WrongCode(_("Open the link in the browser in which you asked for it."))
    if code.used_at or code.expires_at <= now() or code.attempts >= ATTEMPTS:
        raise WrongCode(_("This code is no longer valid. Ask for a new one."))
    return code


def _use(code: SignInCode) -> Identity:
    code.used_at = now()
    code.save(update_fields=["used_at"])
    customer, identity = identify_by_email(code.address)
    if identity.verified_at is None:
        identity.verified_at, identity.verified_by = now(), "code"
        identity.save(update_fields=["verified_at", "verified_by"])
    record("customer.signed_in", subject=customer, actor=customer, identity=identity.pk)
    return identity


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def drop_old_codes() -> int:
    old = list(SignInCode.objects.filter(created_at__lt=now() - KEPT)[:1000])
    for code in old:
        with transaction.atomic():
            pk = code.pk
            code.delete()
            data_keys.destroy("code", pk)
    return len(old)
