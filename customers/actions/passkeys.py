"""Passkeys of customers (WebAuthn level 3): registered by who is signed in, then a way to sign in.

The challenge is kept in the session by the caller and used once. What a device answers is trusted
only for our own address, with the person verified, and with a counter that rises where there is
one.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.clock import now
from core.events import record
from core.ids import new_id
from customers.errors import WrongPasskey
from customers.models import Identity, PortalPasskey

MOST = 10
_VERIFIED = UserVerificationRequirement.REQUIRED
Options = dict[str, Any]


def begin_registration(identity: Identity) -> tuple[Options, Any]:
    """What the browser is asked, and what to keep until it answers."""
    keys = list(identity.customer.passkeys.all())
    if len(keys) >= MOST:
        raise WrongPasskey(_("There are ten passkeys already. Remove one first."))
    customer = identity.customer
    options, state = _server().register_begin(
        PublicKeyCredentialUserEntity(
            id=customer.pk.bytes, name=identity.value, display_name=customer.name
        ),
        credentials=[_credential_of(key) for key in keys],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=_VERIFIED,
    )
    return dict(options), state


# What the library makes bytes of; browsers send more besides, also numbers.
_BYTES = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")


def _check_texts(answer: Mapping[str, Any]) -> None:
    """The library would make n bytes of a number n; devices send text there."""
    response = dict(answer.get("response") or {})
    told = [answer.get("id", ""), answer.get("rawId", "")]
    told += [response.get(name) for name in _BYTES]
    if not all(value is None or isinstance(value, str) for value in told):
        raise TypeError("A passkey answers in texts.")


@transaction.atomic
def register_passkey(
    identity: Identity, *, state: Any, answer: Mapping[str, Any], label: str
) -> PortalPasskey:
    try:
        _check_texts(answer)
        data = _server().register_complete(state, RegistrationResponse.from_dict(answer))
    except (ValueError, TypeError, LookupError, InvalidSignature):
        raise WrongPasskey(_("The passkey could not be added. Try again.")) from None
    credential = data.credential_data
    if credential is None:
        raise WrongPasskey(_("The passkey could not be added. Try again."))
    key = PortalPasskey(
        id=new_id(),
        customer=identity.customer,
        identity=identity,
        credential_digest=_digest(credential.credential_id),
        credential={"data": websafe_encode(bytes(credential)), "count": data.counter},
        label=" ".join(label.split())[:60],
        created_at=now(),
    )
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError:
        raise WrongPasskey(_("This passkey is known already.")) from None
    record("passkey.added", subject=key, actor=identity.customer)
    return key


def begin_sign_in() -> tuple[Options, Any]:
    """Nobody is named: the device knows which of its keys are ours."""
    options, state = _server().authenticate_begin(user_verification=_VERIFIED)
    return dict(options), state


@transaction.atomic
def redeem_passkey(*, state: Any, answer: Mapping[str, Any]) -> Identity:
    """Who signs in by the device's answer. Raises ``WrongPasskey``."""
    try:
        _check_texts(answer)
        response = AuthenticationResponse.from_dict(answer)
    except (ValueError, TypeError, LookupError):
        raise WrongPasskey(_refused()) from None
    key = _find(response.raw_id)
    try:
        _server().authenticate_complete(state, [_credential_of(key)], response)
    except (ValueError, LookupError, InvalidSignature):
        raise WrongPasskey(_refused()) from None
    handle = response.response.user_handle
    if handle is not None and bytes(handle) != key.customer_id.bytes:
        raise WrongPasskey(_refused())
    _count(key, response.response.authenticator_data.counter)
    record(
        "customer.signed_in",
        subject=key.customer,
        actor=key.customer,
        identity=key.identity_id,
        passkey=key.pk,
    )
    return key.identity


def _refused() -> str:
    """One sentence for every reason: a stranger learns nothing."""
    return _("This passkey does not sign in here. Ask for a code instead.")


def _find(credential_id: bytes) -> PortalPasskey:
    keys = PortalPasskey.objects.select_for_update(of=("self",))
    key = (
        keys.filter(
            credential_digest=_digest(credential_id),
            identity__valid_to=None,
            customer__erased_at=None,
            customer__merged_into=None,
        )
        .select_related("customer", "identity__customer")
        .first()
    )
    if key is None:
        raise WrongPasskey(_refused())
    return key


def _count(key: PortalPasskey, count: int) -> None:
    """Two devices with one key count apart; a copy is found when a number does not rise."""
    before = int(key.credential["count"])
    if (count or before) and count <= before:
        raise WrongPasskey(_refused())
    key.credential = {**key.credential, "count": count}
    key.used_at = now()
    key.save(update_fields=["credential", "used_at"])


@transaction.atomic
def remove_passkey(key: PortalPasskey) -> None:
    record("passkey.removed", subject=key, actor=key.customer)
    key.delete()


def _server() -> Fido2Server:
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    party = PublicKeyCredentialRpEntity(id=host, name=host)
    return Fido2Server(party, verify_origin=_is_ours)


def _is_ours(origin: str) -> bool:
    parts = urlsplit(settings.PUBLIC_URL)
    return origin == f"{parts.scheme}://{parts.netloc}"


def _credential_of(key: PortalPasskey) -> AttestedCredentialData:
    return AttestedCredentialData(websafe_decode(key.credential["data"]))


def _digest(credential_id: bytes) -> bytes:
    return hashlib.sha256(credential_id).digest()
