"""Storing what arrives before anything is understood of it, and what became of it."""

import hashlib
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from connectors.errors import Unreadable
from connectors.mail.limits import Header, normalise_line_ends, read_head
from connectors.mail.markup import words
from connectors.messages import Verdicts
from connectors.models import Inbox, RawContent, RawDelivery
from core import blind
from core.clock import now
from core.events import record
from core.ids import new_id

# Headers that are the same whichever way a mail takes.
_AUTHORS = words("from to cc subject date in-reply-to references dkim-signature")


@transaction.atomic
def store_raw(
    inbox: Inbox,
    *,
    raw: bytes,
    source: str,
    external_id: str,
    envelope: dict[str, Any],
    place: tuple[int, int] | None = None,
) -> RawDelivery:
    """Keep a payload and set off its reading; the same payload again is the row we have.

    ``place`` is where it lies in an IMAP folder: (UIDVALIDITY, UID). Outside a transaction it is
    committed on return, so that the sender may be told "received".
    """
    known = _find(inbox, external_id, raw)
    if known:
        _note_place(known, place)
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
    delivery.uidvalidity, delivery.uid = place or (None, None)
    if not _insert(delivery):
        known = _find(inbox, external_id, raw) or _find_at(inbox, place, external_id)
        if known:
            return known
        # Another mail is said to lie there: a server that broke its promise never to use a number
        # again. The mail matters more than its place.
        delivery.uidvalidity = delivery.uid = None
        if not _insert(delivery):
            return RawDelivery.objects.get(**_key(inbox, external_id, raw))
    RawContent.objects.create(delivery=delivery, raw=raw)
    record("delivery.received", subject=delivery, actor=None, inbox=inbox.pk)
    return delivery


def _insert(delivery: RawDelivery) -> bool:
    """False when another row holds its content or its place; waits for one not yet committed."""
    RawDelivery.objects.bulk_create([delivery], ignore_conflicts=True)
    return RawDelivery.objects.filter(pk=delivery.pk).exists()


def _find_at(inbox: Inbox, place: tuple[int, int] | None, external_id: str) -> RawDelivery | None:
    """The same mail in another wording: some servers put a mail together anew at each fetch."""
    if place is None:
        return None
    found = RawDelivery.objects.filter(inbox=inbox, uidvalidity=place[0], uid=place[1])
    return found.filter(external_id=_fingerprint(external_id)).first()


def _note_place(known: RawDelivery, place: tuple[int, int] | None) -> None:
    """A mail we have lies somewhere new: its server numbered anew, or it also came by SMTP.

    Of two copies under one numbering the first keeps its place.
    """
    if place is None or known.uidvalidity == place[0]:
        return
    with suppress(IntegrityError), transaction.atomic():
        RawDelivery.objects.filter(pk=known.pk, uidvalidity=known.uidvalidity).update(
            uidvalidity=place[0], uid=place[1]
        )


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
    """Of the body and what its author put above it: a relay's retry may carry other trace headers,
    and a copy under somebody else's name must not stand for the mail itself. Keyed: see above."""
    body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    digest = hashlib.sha256(body)
    for name, value in _read_head(raw):
        if name in _AUTHORS:
            digest.update(f"\n{name}:{len(value)}:".encode() + value)
    return blind.handle_index("payload", digest.hexdigest())


def _read_head(raw: bytes) -> list[Header]:
    data = normalise_line_ends(raw.lstrip())
    try:
        return read_head(data, 0, len(data))[0]
    except Unreadable:
        return []


def note_verdicts(delivery: RawDelivery, verdicts: Verdicts) -> None:
    """Once for good: keys change, so a later look would judge differently."""
    found = {name: result for name, result in asdict(verdicts).items() if result}
    if found != delivery.verdicts:
        delivery.verdicts = found
        delivery.save(update_fields=["verdicts"])


@transaction.atomic
def mark_applied(delivery: RawDelivery, *, ticket_id: UUID, message_id: UUID) -> None:
    delivery.state, delivery.reason, delivery.reason_code = RawDelivery.State.APPLIED, "", ""
    delivery.ticket_id, delivery.message_id = ticket_id, message_id
    delivery.save(update_fields=["state", "reason", "reason_code", "ticket_id", "message_id"])


@transaction.atomic
def quarantine(
    delivery: RawDelivery,
    *,
    reason: str,
    reason_code: str = "",
    suspected_ticket_id: UUID | None = None,
) -> None:
    """Set aside what must not reach a thread; an admin sees it with its reason."""
    delivery.suspected_ticket_id = suspected_ticket_id
    _put_aside(delivery, RawDelivery.State.QUARANTINED, reason, reason_code)
    record(
        "delivery.quarantined",
        subject=delivery,
        actor=None,
        rooms=["deliveries"],
        code=delivery.reason_code,
    )


@transaction.atomic
def dismiss_delivery(
    delivery: RawDelivery, *, actor: User | None, reason: str, reason_code: str
) -> None:
    """Keep it as it came, without a message and without anybody having to look."""
    _put_aside(delivery, RawDelivery.State.DISMISSED, reason, reason_code)
    record(
        "delivery.dismissed",
        subject=delivery,
        actor=actor,
        rooms=["deliveries"],
        code=delivery.reason_code,
    )


def _put_aside(delivery: RawDelivery, state: str, reason: str, reason_code: str) -> None:
    delivery.state, delivery.reason = state, reason[:300]
    delivery.reason_code = reason_code[:40]
    delivery.save(update_fields=["state", "reason", "reason_code", "suspected_ticket_id"])


@transaction.atomic
def erase_content(message_id: UUID) -> int:
    """Forget the payloads behind a message; that they arrived, and when, stays known."""
    deliveries = RawDelivery.objects.filter(message_id=message_id)
    erased, _ = RawContent.objects.filter(delivery__in=deliveries).delete()
    return erased


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
    delivery.state, delivery.reason, delivery.reason_code = RawDelivery.State.RECEIVED, "", ""
    delivery.save(update_fields=["state", "reason", "reason_code"])
    record("delivery.received", subject=delivery, actor=actor, inbox=delivery.inbox_id)
