"""Taking words out of a ticket for good. That something was there stays on record."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.actions import erase_content
from core.clock import now
from tickets.actions.base import lock_home, record_on
from tickets.actions.write import add_note
from tickets.errors import AlreadyThere, CannotRemove
from tickets.models import Delivery, Message, MessageIndex, Ticket, Tombstone
from tickets.queries.tombstones import tombstone_index

_UNDERWAY = (Delivery.State.SCHEDULED, Delivery.State.SENDING)


@transaction.atomic
def redact_message(message: Message, *, actor: User, reason: str) -> Message:
    """Remove words, files and the mail as it came; who wrote when, and why it went, stays.

    The files' contents go from the disk with the next nightly round.
    """
    ticket, message = _take(message)
    if message.redacted_at:
        raise AlreadyThere(_("The message was redacted already."))
    _leave_tombstone(ticket, message)
    erase_content(message.pk)
    message.attachments.all().delete()
    MessageIndex.objects.filter(message=message).delete()
    event = record_on(ticket, "message.redacted", actor=actor, message=message.pk)
    message.body = message.html = ""
    message.extras = {"removed_because": reason[:500]}
    message.redacted_at, message.touched_seq = now(), event.seq or 0
    message.save(update_fields=["body", "html", "extras", "redacted_at", "touched_seq"])
    return message


@transaction.atomic
def delete_message(message: Message, *, actor: User, reason: str) -> None:
    """Remove the message itself; a note says that and why."""
    ticket, message = _take(message)
    _leave_tombstone(ticket, message)
    erase_content(message.pk)
    gone: dict[str, Any] = {
        "message": message.pk,
        "direction": message.direction,
        "kind": message.kind,
    }
    message.attachments.all().delete()
    message.delete()
    record_on(ticket, "message.deleted", actor=actor, **gone)
    add_note(
        ticket,
        actor=actor,
        body=_("A message was deleted: %(reason)s") % {"reason": reason[:500]},
    )


def _take(message: Message) -> tuple[Ticket, Message]:
    """Both under the ticket's lock. What is on its way out has to be taken back first."""
    ticket = lock_home(message)
    found = Message.objects.filter(pk=message.pk).select_related("ticket").first()
    if found is None:
        raise AlreadyThere(_("The message was deleted already."))
    if Delivery.objects.filter(message=found, state__in=_UNDERWAY).exists():
        raise CannotRemove(_("This answer has not left yet; take it back instead."))
    return ticket, found


def _leave_tombstone(ticket: Ticket, message: Message) -> None:
    if not message.external_id or message.redacted_at:
        return
    Tombstone.objects.get_or_create(
        inbox=ticket.inbox,
        external_index=tombstone_index(message.external_id, message.body),
        defaults={"at": now()},
    )
