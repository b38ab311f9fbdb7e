"""Storing what arrives before anything is understood of it, and what became of it."""

import hashlib
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from connectors.models import Inbox, RawContent, RawDelivery
from core import blind
from core.clock import now
from core.events import record
from core.ids import new_id


@transaction.atomic
def store_raw(
    inbox: Inbox, *, raw: bytes, source: str, external_id: str, envelope: dict[str, Any]
) -> RawDelivery:
    """Keep a payload and set off its reading; the same payload again is the row we have.

    Outside a transaction it is committed on return, so that the sender may be told "received".
    """
    known = _find(inbox, external_id, raw)
    if known:
        return known
    delivery = RawDelivery(
        id=new_id(),
        inbox=inbox,
        source=source,
        external_id=_fingerprint(external_id),
        body_hash=_body_hash(raw),
        size=len(raw),
        envelope=envelope,
        received_at=now(),
    )
    inserted = RawDelivery.objects.bulk_create([delivery], ignore_conflicts=True)
    if not inserted or not RawDelivery.objects.filter(pk=delivery.pk).exists():
        return RawDelivery.objects.get(**_key(inbox, external_id, raw))
    RawContent.objects.create(delivery=delivery, raw=raw)
    record("delivery.received", subject=delivery, actor=None, inbox=inbox.pk)
    return delivery


def _key(inbox: Inbox, external_id: str, raw: bytes) -> dict[str, Any]:
    return {
        "inbox": inbox,
        "external_id": _fingerprint(external_id),
        "body_hash": _body_hash(raw),
    }


def _find(inbox: Inbox, external_id: str, raw: bytes) -> RawDelivery | None:
    return RawDelivery.objects.filter(**_key(inbox, external_id, raw)).first()


def _fingerprint(external_id: str) -> str:
    # Message-IDs carry names of hosts and people, so only their keyed hash is kept.
    return blind.handle_index("delivery", external_id).hex()


def _body_hash(raw: bytes) -> bytes:
    """Of the body alone: a relay's retry may carry other trace headers. Keyed: see above."""
    body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    return blind.handle_index("payload", hashlib.sha256(body).hexdigest())


@transaction.atomic
def mark_applied(delivery: RawDelivery, *, ticket_id: UUID, message_id: UUID) -> None:
    delivery.state, delivery.reason = RawDelivery.State.APPLIED, ""
    delivery.ticket_id, delivery.message_id = ticket_id, message_id
    delivery.save(update_fields=["state", "reason", "ticket_id", "message_id"])


@transaction.atomic
def quarantine(delivery: RawDelivery, *, reason: str) -> None:
    """Set aside what must not reach a thread; an admin sees it with its reason."""
    delivery.state, delivery.reason = RawDelivery.State.QUARANTINED, reason[:300]
    delivery.save(update_fields=["state", "reason"])
    record("delivery.quarantined", subject=delivery, actor=None, rooms=["deliveries"])


@transaction.atomic
def mark_delivery_failed(delivery: RawDelivery, *, reason: str) -> None:
    """Our own fault: kept as it is, to be replayed once we are mended."""
    delivery.state, delivery.reason = RawDelivery.State.FAILED, reason[:300]
    delivery.save(update_fields=["state", "reason"])
    record("delivery.failed_to_apply", subject=delivery, actor=None, rooms=["deliveries"])


@transaction.atomic
def replay(delivery: RawDelivery, *, actor: User | None = None) -> None:
    """Read a kept payload again, as if it had just arrived. What was applied stays applied."""
    delivery = RawDelivery.objects.select_for_update().get(pk=delivery.pk)
    if delivery.state == RawDelivery.State.APPLIED:
        return
    delivery.state, delivery.reason = RawDelivery.State.RECEIVED, ""
    delivery.save(update_fields=["state", "reason"])
    record("delivery.received", subject=delivery, actor=actor, inbox=delivery.inbox_id)
