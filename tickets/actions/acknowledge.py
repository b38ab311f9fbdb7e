"""What we say without anybody having written it: that a mail arrived, that a ticket is yours."""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from connectors.actions import Spending, spend_budget
from connectors.models import AutomaticMail, Inbox
from core.clock import now
from core.events import record
from core.ids import new_id
from tickets.actions.base import lock, record_on
from tickets.actions.search import index_message
from tickets.models import Delivery, Message, Ticket


@transaction.atomic
def acknowledge(ticket: Ticket) -> Message | None:
    """Tell whoever opened the ticket by mail its number; none where nothing may be said.

    The words are ours alone. Whoever was named as the sender may never have written to us, and
    must not be sent a stranger's words under our name: no subject, no name, no text of the mail.
    """
    ticket = lock(ticket)
    asked = _find_opening_mail(ticket)
    if asked is None or not ticket.inbox.acknowledges or ticket.spam_at or _is_told(ticket):
        return None
    address = str(asked.addresses.get("from", ""))
    kind = AutomaticMail.Kind.ACKNOWLEDGEMENT
    if spend_budget(ticket.inbox, address=address, kind=kind) is not Spending.GRANTED:
        return None
    return _write_acknowledgement(ticket, asked, address)


def _find_opening_mail(ticket: Ticket) -> Message | None:
    """The mail of a person that opened it, from an address nothing speaks against."""
    first = ticket.messages.select_related("ticket").order_by("seq").first()
    if first is None or not first.is_inbound or first.is_automatic or not first.external_index:
        return None
    is_forged = first.sender_problem or first.verdicts.get("dmarc") == "fail"
    was_forwarded = (first.extras or {}).get("forwarded_by")
    is_mail = ticket.inbox.kind == Inbox.Kind.MAIL
    return first if is_mail and not is_forged and not was_forwarded else None


def _is_told(ticket: Ticket) -> bool:
    return ticket.messages.filter(
        direction=Message.Direction.OUT, classification=Message.Classification.AUTO_REPLY
    ).exists()


def _write_acknowledgement(ticket: Ticket, asked: Message, address: str) -> Message:
    language = ticket.language or settings.LANGUAGE_CODE
    message = Message(
        id=new_id(),
        ticket=ticket,
        thread_id=asked.thread_id,
        direction=Message.Direction.OUT,
        classification=Message.Classification.AUTO_REPLY,
        body=_words_of(ticket, language),
        addresses={"from": ticket.inbox.address or "", "to": [address], "cc": []},
        language=language,
        at=now(),
    )
    event = record_on(ticket, "message.acknowledged", actor=None, message=message.pk)
    message.seq = message.touched_seq = event.seq or 0
    message.save(force_insert=True)
    index_message(message, ticket)
    Delivery.objects.create(message=message, not_before=now())
    return message


def _words_of(ticket: Ticket, language: str) -> str:
    number = f"#{ticket.number}"
    if own := ticket.inbox.acknowledgement.strip():
        return own.replace("{number}", number)
    with override(language):
        return "\n\n".join(
            [
                _("Thank you for your message. We keep it under the number %(number)s.")
                % {"number": number},
                _("If you want to add something, simply answer this mail."),
                _("This confirmation was sent automatically."),
            ]
        )


@transaction.atomic
def send_notice(user: User, ticket: Ticket, *, kind: str) -> bool:
    """Tell a colleague by mail of a ticket, if their budget allows it; say whether it leaves.

    It carries no word of the customer; answering it answers the ticket, as that colleague.
    """
    if not user.is_active or not Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists():
        return False
    spending = spend_budget(ticket.inbox, address=user.email, kind=AutomaticMail.Kind.NOTICE)
    if spending is not Spending.GRANTED:
        return False
    record("notice.due", subject=user, actor=None, about=ticket.pk, kind=kind)
    return True
