"""A message from outside: whose is it, where does it belong, and may it go there?

`tickets.belonging` decides, `tickets.actions.filing` writes; docs/mail-threading.md explains.
"""

from collections.abc import Sequence

from django.db import transaction

from connectors.messages import InboundMessage
from connectors.models import Inbox
from core import blind
from core.fields import warm_keys
from tickets.actions import filing
from tickets.actions.base import lock
from tickets.actions.bounce import receive_bounce
from tickets.actions.side import receive_in_side
from tickets.belonging import Decision, Step, decide
from tickets.errors import Dismissed, Quarantined
from tickets.models import Message, MessageAlias, Ticket
from tickets.queries.evidence import gather_evidence
from tickets.queries.sides import find_side
from tickets.queries.tombstones import was_removed


@transaction.atomic
def receive_message(
    inbox: Inbox,
    inbound: InboundMessage,
    *,
    recipients: Sequence[str] = (),
    is_released: bool = False,
) -> Message:
    """Put a message where it belongs, or raise ``Quarantined`` or ``Dismissed`` with the reason.

    The same message again (same sender, id and words in the same inbox) is the one we have.
    ``recipients`` are those of the envelope, which a blind copy names alone. With
    ``is_released`` an admin vouches for what our checks would refuse.
    """
    _check_sender(inbound)
    if known := find_known(inbox, inbound):
        return known
    if inbound.classification == Message.Classification.BOUNCE:
        return receive_bounce(inbox, inbound, recipients=recipients, is_released=is_released)
    if side := find_side(inbox, inbound, recipients=recipients):
        return receive_in_side(side, inbound, is_released=is_released)
    decision, ticket = _decide(inbox, inbound, recipients, is_released)
    if ticket is None:
        return _open(inbox, inbound, decision)
    if decision.step == Step.APPEND:
        return filing.append_from_sender(
            ticket, inbox, inbound, is_unverified=decision.is_unverified
        )
    return filing.answer_for(ticket, inbound, as_note=decision.step == Step.NOTE)


def _check_sender(inbound: InboundMessage) -> None:
    if inbound.classification == Message.Classification.OWN:
        raise Quarantined("It claims to come from one of our own addresses.", code="own_address")
    if not inbound.sender.email or inbound.sender_problem:
        raise Quarantined(inbound.sender_problem or "It names no sender.", code="sender_unclear")


def find_known(inbox: Inbox, inbound: InboundMessage) -> Message | None:
    """The same message by another way, e.g. fetched after it was pushed. Other words under the
    same id are another message: nobody can suppress a mail by sending its id first.

    Raises ``Dismissed`` for one that was removed here.
    """
    indexes = blind.all_versions("message-id", inbound.external_id)
    sender = blind.normalise_email(inbound.sender.email)
    messages = Message.objects.select_related("ticket", "thread")
    aliases = MessageAlias.objects.filter(external_index__in=indexes)[:20]
    # Each by its own index alone: joined with the inbox, a plan may walk through all messages.
    if answered := [alias.message_id for alias in aliases]:
        by_colleague = messages.filter(pk__in=answered, author__email__iexact=sender)
        if message := next((m for m in by_colleague if _came_through(m, inbox)), None):
            return message
    found = messages.filter(external_index__in=indexes)[:20]
    candidates = [message for message in found if _came_through(message, inbox)]
    warm_keys(candidates)
    said = _words_of(inbound)
    for message in candidates:
        if message.body in said and _sender_of(message) == sender:
            return message
    if any(was_removed(inbox, external_id=inbound.external_id, body=body) for body in said):
        raise Dismissed("The message was removed here before.", code="removed")
    return None


def _came_through(message: Message, inbox: Inbox) -> bool:
    """A merged ticket may hold what another inbox took in."""
    doors = {message.ticket.inbox_id, message.thread.inbox_id if message.thread else None}
    return inbox.pk in doors


def _words_of(inbound: InboundMessage) -> list[str]:
    """As it would be kept: whole, or what a colleague passed on."""
    forwarded = inbound.forwarded.text.strip() if inbound.forwarded else ""
    return list(dict.fromkeys(filter(None, [filing.body_of(inbound), forwarded]))) or [""]


def _sender_of(message: Message) -> str:
    by = (message.extras or {}).get("forwarded_by") or message.addresses.get("from", "")
    return blind.normalise_email(by)


def _decide(
    inbox: Inbox, inbound: InboundMessage, recipients: Sequence[str], is_released: bool
) -> tuple[Decision, Ticket | None]:
    """The decision, and the ticket to enter under its lock."""

    def look() -> Decision:
        return decide(
            gather_evidence(inbox, inbound, recipients=recipients, is_released=is_released)
        )

    decision = look()
    _refuse(decision)
    if decision.place is None:
        return decision, None
    ticket = lock(Ticket(pk=decision.place.ticket))
    if ticket.category != decision.place.category or ticket.merged_into_id:
        # Somebody closed, reopened or merged it meanwhile; now nobody can.
        decision = look()
        _refuse(decision)
        if decision.place and decision.place.ticket != ticket.pk:
            ticket = lock(Ticket(pk=decision.place.ticket))
    return decision, ticket if decision.place else None


def _refuse(decision: Decision) -> None:
    ticket = decision.place.ticket if decision.place else None
    if decision.step == Step.DISMISS:
        raise Dismissed("An automatic reply of a colleague.", code=decision.code)
    if decision.step != Step.QUARANTINE:
        return
    match decision.code:
        case "dmarc_fail":
            refusal = Quarantined(
                "The sender's domain says that it did not send this mail.",
                code="dmarc_fail",
                ticket=ticket,
            )
        case "agent_unproven":
            refusal = Quarantined(
                "It claims to come from a colleague and does not prove it.",
                code="agent_unproven",
                ticket=ticket,
            )
        case "agent_without_access":
            refusal = Quarantined(
                "The colleague has no right to answer in this ticket.",
                code="agent_without_access",
                ticket=ticket,
            )
        case _:
            refusal = Quarantined(
                "A stranger used the reply address of somebody else.",
                code="stranger_with_token",
                ticket=ticket,
            )
    raise refusal


def _open(inbox: Inbox, inbound: InboundMessage, decision: Decision) -> Message:
    if decision.for_first_sender:
        message = filing.open_for_first_sender(inbox, inbound)
    else:
        message = filing.open_for_sender(inbox, inbound, is_spam=decision.is_spam)
    filing.suggest(message.ticket, decision.suggestions)
    return message
