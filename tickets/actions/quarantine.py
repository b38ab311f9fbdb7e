"""What an admin decides about a mail that was set aside."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.actions import block_sender, dismiss_delivery, mark_applied
from connectors.errors import ParserBug, Unreadable, ZygoteLost
from connectors.messages import InboundMessage
from connectors.models import RawContent, RawDelivery, SenderBlock
from connectors.queries import domain_of, read_inbound
from core.events import record
from tickets.actions import filing
from tickets.actions.base import lock
from tickets.actions.receive import find_known, receive_message
from tickets.errors import AlreadyThere, CannotApply, Dismissed, Quarantined
from tickets.models import Message, Ticket

_OPEN = (RawDelivery.State.QUARANTINED, RawDelivery.State.FAILED)


# Each reads the mail before its transaction, as understanding one may take seconds; who is in one
# already brings what ``read_held`` gave.


def release_delivery(
    delivery: RawDelivery, *, actor: User, inbound: InboundMessage | None = None
) -> Message:
    """Let it in as if its check had been passed: into the ticket it names, or a new one."""
    inbound = inbound or read_held(delivery)
    with transaction.atomic():
        delivery = _take(delivery)
        try:
            message = receive_message(
                delivery.inbox,
                inbound,
                recipients=delivery.envelope.get("rcpt_to", ()),
                is_released=True,
            )
        except (Quarantined, Dismissed) as refusal:
            # Who wrote it cannot be said, so it can be nobody's request. It may still be filed.
            raise CannotApply(refusal.reason) from refusal
        return _applied(delivery, message, "delivery.released", actor)


def refile_delivery(
    delivery: RawDelivery, *, actor: User, ticket: Ticket, inbound: InboundMessage | None = None
) -> Message:
    """Put it into the ticket that a person says it belongs to; callers check that they see it.

    A sender that cannot be trusted is kept as nobody: never a customer, never answered.
    """
    inbound = inbound or read_held(delivery)
    with transaction.atomic():
        delivery = _take(delivery)
        ticket = lock(Ticket(pk=ticket.merged_into_id or ticket.pk))
        known = _known_here(delivery, inbound, ticket)
        message = known or _file(ticket, delivery, inbound)
        return _applied(delivery, message, "delivery.refiled", actor)


def _known_here(delivery: RawDelivery, inbound: InboundMessage, ticket: Ticket) -> Message | None:
    try:
        known = find_known(delivery.inbox, inbound)
    except Dismissed as refusal:
        raise CannotApply(refusal.reason) from refusal
    return known if known and known.ticket_id == ticket.pk else None


def _file(ticket: Ticket, delivery: RawDelivery, inbound: InboundMessage) -> Message:
    has_sender = inbound.sender.email and not inbound.sender_problem
    from_person = inbound.classification not in (
        Message.Classification.OWN,
        Message.Classification.BOUNCE,
    )
    if has_sender and from_person:
        return filing.append_from_sender(ticket, delivery.inbox, inbound, is_unverified=True)
    return filing.append(
        ticket, inbound, customer=None, thread=filing.latest_thread(ticket), is_unverified=True
    )


def block_sender_of(
    delivery: RawDelivery,
    *,
    actor: User,
    whole: bool = False,
    inbound: InboundMessage | None = None,
) -> SenderBlock:
    """Block its sender, or the sender's whole domain, and let the delivery rest."""
    sender = (inbound or read_held(delivery)).sender.email
    if not sender:
        raise CannotApply(_("It names no sender that could be blocked."))
    with transaction.atomic():
        delivery = _take(delivery)
        block = block_sender(f"@{domain_of(sender)}" if whole else sender, actor=actor)
        dismiss_delivery(
            delivery, actor=actor, reason="Its sender was blocked.", reason_code="sender_blocked"
        )
        return block


def _take(delivery: RawDelivery) -> RawDelivery:
    """Ours until the transaction ends, so that of two people only one acts on it."""
    taken = (
        RawDelivery.objects.select_for_update(of=("self",))
        .select_related("inbox")
        .get(pk=delivery.pk)
    )
    if taken.state not in _OPEN:
        raise AlreadyThere(_("Somebody has dealt with this mail already."))
    return taken


def read_held(delivery: RawDelivery) -> InboundMessage:
    if delivery.state not in _OPEN:
        raise AlreadyThere(_("Somebody has dealt with this mail already."))
    try:
        return read_inbound(delivery)
    except Unreadable as refusal:
        raise CannotApply(refusal.reason) from refusal
    except RawContent.DoesNotExist:
        raise CannotApply(_("Its content was erased.")) from None
    except (ParserBug, ZygoteLost) as fault:
        raise CannotApply(
            _("Our reader failed on it. It is kept and can be tried again.")
        ) from fault


def _applied(delivery: RawDelivery, message: Message, name: str, actor: User) -> Message:
    code = delivery.reason_code
    mark_applied(delivery, ticket_id=message.ticket_id, message_id=message.pk)
    record(
        name,
        subject=delivery,
        actor=actor,
        rooms=["deliveries"],
        code=code,
        filed_in=message.ticket_id,
        message=message.pk,
    )
    return message
