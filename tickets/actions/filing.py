"""Writing an understood mail into a ticket, once it is decided which."""

from dataclasses import asdict, replace
from io import BytesIO
from typing import Any
from uuid import UUID

from accounts.models import User
from connectors.messages import InboundMessage
from connectors.models import Inbox
from connectors.queries import fold_quotes, looks_like_spam
from core import blind
from core.clock import now
from core.errors import HelpdeskError
from core.ids import new_id
from core.language import guess_language
from core.registry import channels
from customers.actions import identify_by_email
from customers.models import Customer, Identity
from tickets.actions.base import default_status, record_on
from tickets.actions.change import enter_status
from tickets.actions.files import attach, attach_upload
from tickets.actions.search import index_message
from tickets.actions.write import add_inbound, add_note, create_ticket, reply
from tickets.errors import Quarantined
from tickets.models import (
    Category,
    Message,
    MessageAlias,
    SideConversation,
    Suggestion,
    Thread,
    Ticket,
)
from tickets.queries.evidence import external_index

NO_SUBJECT = "(no subject)"


def body_of(inbound: InboundMessage) -> str:
    """The words of the message; a mail that has none still says so in the thread."""
    return inbound.text.strip() or ("" if inbound.html or inbound.attachments else "(no text)")


# Into a ticket that is there


def append(
    ticket: Ticket,
    inbound: InboundMessage,
    *,
    customer: Customer | None,
    thread: Thread | None,
    is_unverified: bool = False,
    **fields: Any,
) -> Message:
    """The caller holds the ticket's lock. A person's mail wakes a ticket that rests."""
    message = add_inbound(
        ticket,
        thread,
        customer=customer,
        actor=customer,
        id=new_id(),
        **_said(ticket, inbound),
        classification=inbound.classification,
        external_id=inbound.external_id,
        external_index=external_index(inbound.external_id),
        sender_problem=inbound.sender_problem[:200],
        is_unverified=is_unverified,
        verdicts=verdicts_of(inbound),
        extras=extras_of(inbound) | fields.pop("extras", {}) or None,
        **fields,
    )
    _attach_files(ticket, message, inbound)
    if thread:
        Thread.objects.filter(pk=thread.pk).update(last_in_at=now())
    if not message.is_automatic and (ticket.is_resolved or ticket.is_waiting):
        enter_status(ticket, default_status(Category.OPEN), actor=customer)
    return message


def append_to_side(ticket: Ticket, side: SideConversation, inbound: InboundMessage) -> Message:
    """What a third party was asked and answers stays between them and us: it is no answer to the
    customer and none of theirs. The caller holds the ticket's lock."""
    message = Message(
        id=new_id(),
        ticket=ticket,
        side=side,
        kind=Message.Kind.SIDE,
        direction=Message.Direction.IN,
        at=now(),
        **_said(ticket, inbound),
        language=guess_language(inbound.text),
        classification=inbound.classification,
        external_id=inbound.external_id,
        external_index=external_index(inbound.external_id),
        sender_problem=inbound.sender_problem[:200],
        is_unverified=inbound.verdicts.dmarc != "pass",
        verdicts=verdicts_of(inbound),
        extras=extras_of(inbound) or None,
    )
    event = record_on(
        ticket,
        "side.answered",
        actor=None,
        message=message.pk,
        side=side.pk,
        classification=message.classification,
    )
    message.seq = message.touched_seq = event.seq or 0
    message.save(force_insert=True)
    _attach_files(ticket, message, inbound)
    index_message(message, ticket)
    return message


def append_from_sender(
    ticket: Ticket, inbox: Inbox, inbound: InboundMessage, *, is_unverified: bool
) -> Message:
    customer, identity = identify_by_email(inbound.sender.email, name=inbound.sender.name)
    thread = _thread_of(ticket, inbox, identity)
    return append(ticket, inbound, customer=customer, thread=thread, is_unverified=is_unverified)


def _said(ticket: Ticket, inbound: InboundMessage) -> dict[str, Any]:
    addresses: dict[str, Any] = {
        "from": inbound.sender.email,
        "name": inbound.sender.name,
        "to": [a.email for a in inbound.to],
        "cc": [a.email for a in inbound.cc],
    }
    if inbound.reply_to and ticket.last_message_seq == 0:
        # Only whoever opens a request may say where the answers go: in a thread it would be a
        # way to lead our next answer to a stranger.
        addresses["reply_to"] = inbound.reply_to.email
    return {"body": body_of(inbound), "html": inbound.html, "addresses": addresses}


def verdicts_of(inbound: InboundMessage) -> dict[str, str]:
    return {name: word for name, word in asdict(inbound.verdicts).items() if word}


def extras_of(inbound: InboundMessage) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    if inbound.protection:
        extras["protection"] = inbound.protection
    if inbound.invitations:
        extras["invitations"] = [asdict(invitation) for invitation in inbound.invitations]
    return extras


def _attach_files(ticket: Ticket, message: Message, inbound: InboundMessage) -> None:
    for file in inbound.attachments:
        attach(
            ticket,
            message,
            filename=file.filename or "file",
            content_type=file.content_type,
            content=file.content,
            disposition=file.disposition,
            cid=file.content_id,
        )


def _thread_of(ticket: Ticket, inbox: Inbox, identity: Identity) -> Thread:
    thread = Thread.objects.filter(inbox=inbox, identity=identity, messages__ticket=ticket).first()
    return thread or Thread.objects.create(inbox=inbox, identity=identity, last_in_at=now())


def latest_thread(ticket: Ticket) -> Thread | None:
    """Of mails alone: whoever talks in a chat reads all that stands in its thread."""
    threads = Thread.objects.filter(messages__ticket=ticket).exclude(inbox__kind__in=channels)
    return threads.order_by("-messages__seq").first()


# Into a new one


def open_for_sender(inbox: Inbox, inbound: InboundMessage, *, is_spam: bool) -> Message:
    customer, identity = identify_by_email(inbound.sender.email, name=inbound.sender.name)
    is_spam = is_spam or _reads_like_spam(customer, inbound)
    ticket = _open(inbox, inbound.subject, customer, inbound=inbound, is_spam=is_spam)
    thread = Thread.objects.create(inbox=inbox, identity=identity, last_in_at=now())
    return append(ticket, inbound, customer=customer, thread=thread)


def open_for_first_sender(inbox: Inbox, inbound: InboundMessage) -> Message:
    """A colleague passed a customer's mail on: the request is the customer's.

    That the customer wrote it is the colleague's word alone, so the message stays unverified.
    """
    forwarded = inbound.forwarded
    assert forwarded  # noqa: S101  a forward is what was decided; for the type checker  decided on that ground
    customer, identity = identify_by_email(forwarded.sender.email, name=forwarded.sender.name)
    subject = forwarded.subject or inbound.subject
    ticket = _open(inbox, subject, customer, inbound=inbound, is_spam=False)
    thread = Thread.objects.create(inbox=inbox, identity=identity, last_in_at=now())
    return append(
        ticket,
        _as_first_written(inbound),
        customer=customer,
        thread=thread,
        is_unverified=True,
        extras={"forwarded_by": inbound.sender.email},
    )


def _as_first_written(inbound: InboundMessage) -> InboundMessage:
    forwarded = inbound.forwarded
    assert forwarded  # noqa: S101
    has_words = bool(forwarded.text.strip())
    return replace(
        inbound,
        sender=forwarded.sender,
        reply_to=None,
        text=forwarded.text if has_words else inbound.text,
        html="" if has_words else inbound.html,
    )


def _open(
    inbox: Inbox, subject: str, customer: Customer, *, inbound: InboundMessage, is_spam: bool
) -> Ticket:
    subject = subject.strip() or NO_SUBJECT
    return create_ticket(
        customer,
        inbox=inbox,
        subject=subject,
        actor=customer,
        language=guess_language(f"{subject} {inbound.text[:500]}"),
        is_spam=is_spam,
        is_waiting=inbound.classification == Message.Classification.PERSON,
    )


def _reads_like_spam(customer: Customer, inbound: InboundMessage) -> bool:
    """Whom we have answered before is never put away by words alone."""
    if Ticket.objects.filter(customer=customer, first_replied_at__isnull=False).exists():
        return False
    return looks_like_spam(
        subject=inbound.subject, text=body_of(inbound), sender=inbound.sender.email
    )


def suggest(ticket: Ticket, suggestions: tuple[tuple[UUID, str], ...]) -> None:
    Suggestion.objects.bulk_create(
        [
            Suggestion(ticket=ticket, other_id=other, reason=reason, at=now())
            for other, reason in suggestions
        ],
        ignore_conflicts=True,
    )


# As the words of a colleague


def answer_for(ticket: Ticket, inbound: InboundMessage, *, as_note: bool) -> Message:
    """Post what a colleague wrote by mail. What their program quotes never reaches the customer:
    our notice may have held an internal note."""
    author = User.objects.get(email__iexact=inbound.sender.email)
    body = own_words(inbound)
    if not body:
        raise Quarantined(
            "The colleague's mail has no words of its own.", code="agent_empty", ticket=ticket.pk
        )
    say = add_note if as_note else reply
    try:
        files = _upload(ticket, inbound, author)
        message = say(ticket, actor=author, body=body, attachments=files)
    except HelpdeskError as refusal:
        raise Quarantined(
            "The colleague's answer was refused.", code="agent_refused", ticket=ticket.pk
        ) from refusal
    MessageAlias.objects.create(
        message=message, external_index=blind.handle_index("message-id", inbound.external_id)
    )
    return message


def _upload(ticket: Ticket, inbound: InboundMessage, author: User) -> list[UUID]:
    return [
        attach_upload(
            ticket,
            actor=author,
            filename=file.filename or "file",
            content_type=file.content_type,
            content=BytesIO(file.content),
        ).pk
        for file in inbound.attachments
        if file.disposition == "attachment" and file.content
    ]


def own_words(inbound: InboundMessage) -> str:
    written, _quoted = fold_quotes(inbound.text)
    lines = [line for line in written.splitlines() if not line.lstrip().startswith(">")]
    return "\n".join(lines).strip()
