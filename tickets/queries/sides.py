"""Side conversations: which one an incoming mail belongs to, and what the thread shows of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from connectors.messages import InboundMessage
from connectors.models import Inbox
from connectors.queries import read_message_id, reply_token_fits
from core import blind
from core.fields import warm_keys
from tickets.models import Attachment, Message, SideConversation, Ticket
from tickets.queries.evidence import references_of, reply_tokens


@dataclass(frozen=True, slots=True)
class NamedSide:
    """A side conversation that a mail names, and how its sender stands to it."""

    side: SideConversation
    # The address was made for this very sender, or the sender is one of those who were asked.
    is_known: bool
    # By its reply address, which is made for this conversation and nothing else.
    by_address: bool


def find_side(
    inbox: Inbox, inbound: InboundMessage, *, recipients: Sequence[str] = ()
) -> NamedSide | None:
    """None also where only a Message-ID names it and the sender was never asked: such a mail
    proves nothing and goes the usual way."""
    tokens = {token.ticket_id: token for token in reply_tokens(inbound, recipients)}
    by_address = _sides(inbox, Q(pk__in=tokens))
    for side in by_address:
        fits = reply_token_fits(tokens[side.pk], inbound.sender.email)
        return NamedSide(side, fits or _was_asked(side, inbound.sender.email), by_address=True)
    for side in _sides_behind(inbox, inbound):
        if _was_asked(side, inbound.sender.email):
            return NamedSide(side, is_known=True, by_address=False)
    return None


def _sides(inbox: Inbox, condition: Q) -> list[SideConversation]:
    found = SideConversation.objects.filter(condition).filter(
        Q(ticket__inbox=inbox) | Q(ticket__merged__inbox=inbox)
    )
    return list(found.select_related("ticket").distinct()[:5])


def _sides_behind(inbox: Inbox, inbound: InboundMessage) -> list[SideConversation]:
    references = references_of(inbound)
    own = [found for found in map(read_message_id, references) if found]
    indexes = [i for name in references for i in blind.all_versions("message-id", name)]
    if not indexes:
        return []
    named = Message.objects.filter(Q(pk__in=own) | Q(external_index__in=indexes))
    sides = named.exclude(side=None).values_list("side", flat=True)[:20]
    return _sides(inbox, Q(pk__in=list(sides)))


def _was_asked(side: SideConversation, address: str) -> bool:
    wanted = blind.normalise_email(address)
    return wanted in {blind.normalise_email(person) for person in side.people}


# What the page shows


@dataclass(slots=True)
class SidePage:
    side: SideConversation
    messages: list[Message]

    @property
    def people(self) -> str:
        return ", ".join(self.side.people)


def list_sides(ticket: Ticket, user: User) -> list[SidePage]:
    """The open ones first, each with all that was said in it."""
    sides = list(
        SideConversation.objects.filter(ticket=ticket)
        .select_related("opened_by")
        .order_by("closed_at", "-created_at")
    )
    messages = list(
        Message.objects.filter(side__in=sides, withdrawn_at=None)
        .select_related("author", "delivery")
        .order_by("at", "seq")
    )
    files: dict[UUID, list[Attachment]] = {message.pk: [] for message in messages}
    attached = list(Attachment.objects.filter(message__in=files).select_related("blob"))
    for file in attached:
        file.ticket, file.size = ticket, file.blob.size
        file.sniffed_type = file.blob.sniffed_type
        if file.message_id:
            files[file.message_id].append(file)
    for message in messages:
        message.ticket, message.files = ticket, files[message.pk]
        message.delivery_or_none = getattr(message, "delivery", None)
    for side in sides:
        side.ticket = ticket
    warm_keys(sides, messages, attached)
    sides.sort(key=lambda side: side.closed_at is not None)
    return [SidePage(s, [m for m in messages if m.side_id == s.pk]) for s in sides]
