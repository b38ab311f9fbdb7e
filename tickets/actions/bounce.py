"""Reports of mail servers on what became of our mails (RFC 3464)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from connectors.actions import suppress
from connectors.messages import BounceReport, InboundMessage
from connectors.models import Inbox, Suppression
from connectors.queries import ReplyToken, read_message_id, reply_token_fits
from core import blind
from core.clock import now
from tickets.actions import filing
from tickets.actions.base import lock, record_on
from tickets.errors import Quarantined
from tickets.models import Delivery, Message, MessageAlias, Ticket
from tickets.queries.evidence import home_of, recipients_of, references_of, reply_tokens


@dataclass(frozen=True, slots=True)
class _About:
    """The mail of ours that a report is about, and which of its recipients."""

    message: Message
    recipient: str
    report: BounceReport | None

    @property
    def is_final(self) -> bool:
        return self.report is not None and self.report.action.lower() == "failed"

    @property
    def is_hard(self) -> bool:
        return self.is_final and bool(self.report and self.report.status.startswith("5."))


def receive_bounce(
    inbox: Inbox, inbound: InboundMessage, *, recipients: Sequence[str], is_released: bool
) -> Message:
    """Mark the very delivery, keep the report in its ticket; it reopens nothing.

    The postmaster of some server is nobody's customer. Without a readable report, or where
    nothing was given up, the report is only kept.
    """
    if inbound.verdicts.dmarc == "fail" and not is_released:
        raise Quarantined(
            "The sender's domain says that it did not send this mail.", code="dmarc_fail"
        )
    tokens = reply_tokens(inbound, recipients)
    reports: list[BounceReport | None] = [*inbound.bounces] or [None]
    found = [_find(inbox, inbound, report, tokens) for report in reports]
    abouts = [about for about in found if about]
    if not abouts:
        raise Quarantined(
            "A delivery report that belongs to no message of ours.", code="bounce_unknown"
        )
    forged = [about for about in abouts if not _was_written_to(about)]
    if forged and not is_released:
        raise Quarantined(
            "A delivery report for an address that we did not write to.",
            code="bounce_forged",
            ticket=forged[0].message.ticket_id,
        )
    ticket = lock(Ticket(pk=abouts[0].message.ticket_id))
    if side := abouts[0].message.side:
        kept = filing.append_to_side(ticket, side, inbound)
    else:
        kept = filing.append(ticket, inbound, customer=None, thread=filing.latest_thread(ticket))
    for about in abouts:
        if about.is_final and about.message.ticket_id == ticket.pk and about not in forged:
            _give_up(ticket, about)
    return kept


def _find(
    inbox: Inbox,
    inbound: InboundMessage,
    report: BounceReport | None,
    tokens: list[ReplyToken],
) -> _About | None:
    recipient = report.recipient if report else ""
    named = [report.original_id] if report and report.original_id else references_of(inbound)
    for reference in named:
        if message := _message_called(inbox, reference):
            return _About(message, recipient, report)
    for token in tokens:
        if message := _last_to(inbox, token):
            return _About(message, recipient, report)
    return None


def _ours(inbox: Inbox) -> "QuerySet[Message]":
    said = Message.objects.filter(
        direction=Message.Direction.OUT, kind__in=[Message.Kind.PUBLIC, Message.Kind.SIDE]
    )
    # A merged ticket may have come from another inbox; its threads still say by which they ran.
    return said.filter(Q(ticket__inbox=inbox) | Q(thread__inbox=inbox)).select_related("ticket")


def _message_called(inbox: Inbox, reference: str) -> Message | None:
    if message_id := read_message_id(reference):
        return _ours(inbox).filter(pk=message_id).first()
    indexes = blind.all_versions("message-id", reference)
    aliases = MessageAlias.objects.filter(external_index__in=indexes).values("message")
    return _ours(inbox).filter(pk__in=aliases).first()


def _last_to(inbox: Inbox, token: ReplyToken) -> Message | None:
    """Servers that name no Message-ID answer to the address the mail came from."""
    answers = (
        _ours(inbox).filter(ticket=home_of(token.ticket_id), withdrawn_at=None).order_by("-at")
    )
    for message in answers[:20]:
        if any(reply_token_fits(token, address) for address in recipients_of(message)):
            return message
    return None


def _was_written_to(about: _About) -> bool:
    """A report without a recipient can give nothing up, so it needs none."""
    if not about.recipient:
        return not about.is_final
    wanted = blind.normalise_email(about.recipient)
    return wanted in map(blind.normalise_email, recipients_of(about.message))


def _give_up(ticket: Ticket, about: _About) -> None:
    message, report = about.message, about.report
    delivery = Delivery.objects.select_for_update().filter(message=message).first()
    if delivery is None or report is None:
        return
    code = report.status[:20]
    delivery.bounced_at, delivery.provider_code = now(), code
    if _is_copy_alone(about):
        delivery.refused = [*(delivery.refused or []), about.recipient]
    else:
        delivery.state = Delivery.State.FAILED
        delivery.is_retriable = not about.is_hard
        delivery.problem = f"The receiving server could not deliver it ({code or '5.0.0'})."
    delivery.save(
        update_fields=[
            "bounced_at",
            "provider_code",
            "refused",
            "state",
            "is_retriable",
            "problem",
        ]
    )
    event = record_on(
        ticket,
        "delivery.bounced",
        actor=None,
        message=message.pk,
        code=code,
        is_final=about.is_hard,
    )
    Message.objects.filter(pk=message.pk).update(touched_seq=event.seq)
    if about.is_hard:
        suppress(about.recipient, reason="bounce", provider_code=code)


def _is_copy_alone(about: _About) -> bool:
    to = map(blind.normalise_email, about.message.addresses.get("to", []))
    return blind.normalise_email(about.recipient) not in to


@transaction.atomic
def note_reported_bounce(message_id: UUID, *, code: str, suppression: str | None) -> None:
    """Mark the delivery that a hosted sender gave up, as a report by mail would."""
    message = Message.objects.filter(pk=message_id, direction=Message.Direction.OUT).first()
    suppressed = Suppression.objects.filter(pk=suppression).first() if suppression else None
    if message is None or suppressed is None:
        return
    ticket = lock(message.ticket)
    message.ticket = ticket
    status = code if code.startswith("5.") else "5.0.0"
    report = BounceReport(recipient=suppressed.address, action="failed", status=status)
    about = _About(message, suppressed.address, report)
    if _was_written_to(about):
        _give_up(ticket, about)
