"""``Idempotency-Key``: the same POST twice is carried out once."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from core import keyring
from core.errors import HelpdeskError, Invalid
from core.models import IdempotencyKey

MAX_KEY = 200


class KeyReused(HelpdeskError):
    """The same key with another request is a client's mistake; doing either would be wrong."""

    code = "idempotency_key_reused"
    status = 409


class Claim:
    """``known`` is the object an earlier request with this key has made."""

    def __init__(self, known: UUID | None) -> None:
        self.known = known
        self.made: UUID | None = None


@contextmanager
def once(*, principal: UUID, key: str, path: str, body: bytes) -> Iterator[Claim]:
    """Claim the key in the transaction of its effect.

    A second request with the same key waits for the first one's commit on the unique
    constraint, then learns what it made. Without a key there is nothing to remember.
    """
    with transaction.atomic():
        if not key:
            yield Claim(None)
            return
        if len(key) > MAX_KEY:
            raise Invalid(f"An Idempotency-Key has at most {MAX_KEY} characters.")
        digest = _fingerprint("body", path.encode() + b"\n" + body)
        row, is_new = IdempotencyKey.objects.get_or_create(
            principal=principal,
            key=_fingerprint("key", key.encode()).hex(),
            defaults={"path": path[:200], "body_hash": digest},
        )
        if not is_new and bytes(row.body_hash) != digest:
            raise KeyReused("This Idempotency-Key was used for another request.")
        claim = Claim(row.object_id)
        yield claim
        if claim.made:
            row.object_id = claim.made
            row.save(update_fields=["object_id"])


def _fingerprint(kind: str, data: bytes) -> bytes:
    """Keyed, so that nobody who holds the database can guess; programs make keys of addresses."""
    secret = keyring.load().audit_mac
    return hmac.digest(secret, f"idempotency {kind}\0".encode() + data, hashlib.sha256)
