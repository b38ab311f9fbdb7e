"""Showing a message to somebody outside, without making them part of the request."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.queries import own_addresses
from core import blind
from core.clock import now
from core.errors import Invalid
from core.events import is_history
from core.ids import new_id
from core.language import guess_language
from tickets.actions.addresses import check_email
from tickets.actions.base import lock_home, record_on
from tickets.actions.search import index_message
from tickets.actions.write import find_sent, insert_once, used_elsewhere
from tickets.models import Attachment, Delivery, Message

MAX_FORWARD = 10


@transaction.atomic
def forward(
    message: Message,
    *,
    actor: User,
    to: Iterable[str],
    body: str = "",
    files: Iterable[UUID] = (),
    client_id: UUID | None = None,
) -> Message:
    """Send a message with the named of its files to third parties.

    It stands in the thread as a note with a delivery: the customer sees nothing of it. Its
    recipients are kept apart from those of answers, so that nobody counts as having been written
    to in this request: what they answer opens one of their own.
    """
    ticket = lock_home(message)
    if client_id and (known := find_sent(ticket, actor, client_id)):
        if (known.extras or {}).get("forwarded") != str(message.pk):
            raise used_elsewhere()
        return known
    recipients = _check_recipients(to)
    if message.redacted_at or message.withdrawn_at:
        raise Invalid(_("The words of this message were removed."), field="message")
    sent = Message(
        id=new_id(),
        ticket=ticket,
        kind=Message.Kind.NOTE,
        direction=Message.Direction.OUT,
        author=actor,
        at=now(),
        body=body.strip(),
        language=guess_language(body),
        addresses={"forwarded_to": recipients},
        extras={"forwarded": str(message.pk)},
        client_id=client_id,
    )
    leaves_at = now() + timedelta(seconds=ticket.inbox.undo_seconds)
    event = record_on(
        ticket,
        "message.forwarded",
        actor=actor,
        message=sent.pk,
        forwarded=message.pk,
        not_before=leaves_at,
    )
    sent.seq = sent.touched_seq = event.seq or 0
    insert_once(sent)
    index_message(sent, ticket)
    _copy_files(message, sent, files)
    delivery = Delivery(message=sent, not_before=leaves_at)
    if is_history():
        delivery.state, delivery.sent_at = Delivery.State.SENT, now()
    delivery.save(force_insert=True)
    ticket.last_at, ticket.last_message_seq = now(), sent.seq
    ticket.save(update_fields=["last_at", "last_message_seq"])
    return sent


def _check_recipients(addresses: Iterable[str]) -> list[str]:
    found = {blind.normalise_email(a): a for a in map(check_email, addresses)}
    if not found:
        raise Invalid(_("Say to whom it goes."), field="to")
    if len(found) > MAX_FORWARD:
        reason = _("At most %(n)d recipients.") % {"n": MAX_FORWARD}
        raise Invalid(reason, field="to")
    if found.keys() & {blind.normalise_email(address) for address in own_addresses()}:
        raise Invalid(_("That is one of our own addresses."), field="to")
    return list(found.values())


def _copy_files(message: Message, sent: Message, files: Iterable[UUID]) -> None:
    """The content is kept once; the forwarded file is a row of its own."""
    wanted = set(files)
    found = message.attachments.select_related("ticket").filter(pk__in=wanted)
    if len(found) != len(wanted):
        raise Invalid(_("A file is gone or belongs to another answer."), field="files")
    for file in found:
        Attachment.objects.create(
            ticket=sent.ticket,
            message=sent,
            blob_id=file.blob_id,
            filename=file.filename,
            content_type=file.content_type,
            uploaded_by=sent.author,
        )
