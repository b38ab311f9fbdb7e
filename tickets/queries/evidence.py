"""What an incoming mail says of where it belongs, and who its sender is to those tickets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from connectors.messages import InboundMessage
from connectors.models import Inbox
from connectors.queries import (
    ReplyToken,
    is_blocked,
    read_message_id,
    read_reply_address,
    read_subject_token,
    reply_token_fits,
)
from core import blind
from core.clock import now
from core.fields import warm_keys
from core.registry import channels
from customers.models import Identity
from tickets.belonging import (
    STRONG,
    Evidence,
    Kind,
    Place,
    Pointer,
    has_diverged,
    numbers_in,
    topic_of,
)
from tickets.models import Category, Message, MessageAlias, Ticket

_SAME_SUBJECT_WITHIN = timedelta(days=7)
_MOST = 20


@dataclass(frozen=True, slots=True)
class _Clue:
    kind: Kind
    ticket: UUID | None = None
    number: int | None = None
    is_bound: bool = False


def external_index(value: str) -> bytes:
    return blind.handle_index("message-id", value)


def gather_evidence(
    inbox: Inbox,
    inbound: InboundMessage,
    *,
    recipients: Sequence[str] = (),
    is_released: bool = False,
) -> Evidence:
    """``recipients`` are those of the envelope, which a blind copy names alone."""
    colleague = User.objects.filter(email__iexact=inbound.sender.email).first()
    clues = [
        *_reply_addresses(inbound, recipients),
        *_message_ids(inbox, inbound),
        *_numbers(inbound.subject),
    ]
    pointers = _pointers(inbox, inbound, clues, colleague)
    return Evidence(
        pointers=tuple(pointers),
        dmarc=inbound.verdicts.dmarc,
        is_automatic=inbound.classification != Message.Classification.PERSON,
        is_colleague=colleague is not None,
        is_forward=inbound.forwarded is not None and bool(inbound.forwarded.sender.email),
        works_in_inbox=colleague is not None and _works_in(colleague, inbox),
        is_blocked=is_blocked(inbound.sender.email),
        is_released=is_released,
    )


# Clues: what the mail names


def named_addresses(inbound: InboundMessage, recipients: Iterable[str]) -> list[str]:
    visible = [address.email for address in [*inbound.to, *inbound.cc]]
    return list(dict.fromkeys([*visible, *inbound.delivered_to, *recipients]))


def reply_tokens(inbound: InboundMessage, recipients: Iterable[str]) -> list[ReplyToken]:
    found = map(read_reply_address, named_addresses(inbound, recipients))
    return [token for token in found if token]


def _reply_addresses(inbound: InboundMessage, recipients: Iterable[str]) -> Iterator[_Clue]:
    for token in reply_tokens(inbound, recipients):
        is_bound = reply_token_fits(token, inbound.sender.email)
        yield _Clue(Kind.REPLY_ADDRESS, ticket=token.ticket_id, is_bound=is_bound)


def references_of(inbound: InboundMessage) -> list[str]:
    """The answered mail first, then backwards through its thread."""
    named = [inbound.in_reply_to, *reversed(inbound.references)]
    return list(dict.fromkeys(filter(None, named)))


def _message_ids(inbox: Inbox, inbound: InboundMessage) -> Iterator[_Clue]:
    """Only within the inbox: the same mail to two doors is a request at each."""
    own: dict[UUID, int] = {}
    stored: dict[bytes, int] = {}
    for place, reference in enumerate(references_of(inbound)):
        if message_id := read_message_id(reference):
            own[message_id] = place
        else:
            stored |= dict.fromkeys(blind.all_versions("message-id", reference), place)
    if own:
        found = Message.objects.filter(_through(inbox), pk__in=own, side=None)
        rows = found.values_list("pk", "ticket_id")
        for _, ticket in sorted((own[pk], ticket) for pk, ticket in rows):
            yield _Clue(Kind.OWN_ID, ticket=ticket)
    if stored:
        for _, ticket in sorted(_stored_under(inbox, stored)):
            yield _Clue(Kind.STORED_ID, ticket=ticket)


def _stored_under(inbox: Inbox, indexes: dict[bytes, int]) -> Iterator[tuple[int, UUID]]:
    # What belongs to a side conversation leads to it alone: see `queries.sides`.
    messages = Message.objects.filter(_through(inbox), external_index__in=indexes, side=None)
    aliases = MessageAlias.objects.filter(_through(inbox, "message__"), external_index__in=indexes)
    for index, ticket in messages.values_list("external_index", "ticket_id")[:_MOST]:
        yield indexes[bytes(index or b"")], ticket
    for index, ticket in aliases.values_list("external_index", "message__ticket_id")[:_MOST]:
        yield indexes[bytes(index or b"")], ticket


def _through(inbox: Inbox, path: str = "") -> Q:
    """Of the inbox; or of a ticket that was merged across inboxes, in a thread that ran here."""
    return Q(**{f"{path}ticket__inbox": inbox}) | Q(**{f"{path}thread__inbox": inbox})


def _numbers(subject: str) -> Iterator[_Clue]:
    if number := read_subject_token(subject):
        yield _Clue(Kind.SUBJECT_TOKEN, number=number)
    for mentioned in numbers_in(subject):
        yield _Clue(Kind.NUMBER, number=mentioned)


# Places: the tickets named, as they stand to the sender


def _pointers(
    inbox: Inbox, inbound: InboundMessage, clues: list[_Clue], colleague: User | None
) -> list[Pointer]:
    sender = inbound.sender.email
    holder = _holder_of(sender)
    named = _named_tickets(inbox, clues)
    tickets = [_home(ticket) for ticket in named]
    is_named = any(clue.kind in STRONG for clue in clues)
    same_subject = [] if is_named else _same_subject(inbox, inbound.subject, holder)
    everything = {ticket.pk: ticket for ticket in [*tickets, *same_subject]}
    merged = _merged_into(everything)
    correspondents = written_to(everything, sender)
    may_answer = _may_answer(everything, colleague)
    places = {
        ticket.pk: Place(
            ticket=ticket.pk,
            category=ticket.category,
            is_spam=ticket.spam_at is not None,
            is_too_late=_is_too_late(ticket, inbox),
            has_diverged=all(
                has_diverged(inbound.subject, known.subject)
                for known in [ticket, *merged.get(ticket.pk, ())]
            ),
            is_customer=holder is not None
            and holder in {t.customer_id for t in [ticket, *merged.get(ticket.pk, ())]},
            takes_part=ticket.pk in correspondents,
            may_answer=ticket.pk in may_answer,
        )
        for ticket in everything.values()
    }
    numbers = {ticket.number: _home(ticket).pk for ticket in named}
    homes = {ticket.pk: _home(ticket).pk for ticket in named}
    found = []
    for clue in clues:
        pk = homes.get(clue.ticket) if clue.ticket else numbers.get(clue.number or 0)
        if pk in places:
            found.append(Pointer(clue.kind, places[pk], is_bound=clue.is_bound))
    return [*found, *(Pointer(Kind.SAME_SUBJECT, places[t.pk]) for t in same_subject)]


def _holder_of(email: str) -> UUID | None:
    index = blind.email_index(email)
    held = Identity.objects.filter(scope="", kind="email", value_index=index, valid_to=None)
    return held.values_list("customer_id", flat=True).first()


def _named_tickets(inbox: Inbox, clues: list[_Clue]) -> list[Ticket]:
    ids = {clue.ticket for clue in clues if clue.ticket}
    numbers = {clue.number for clue in clues if clue.number}
    if not ids and not numbers:
        return []
    named = Q(pk__in=ids) | Q(number__in=numbers)
    # What was merged across inboxes is also known by the inbox it left.
    taken_in = Ticket.objects.filter(merged_into=OuterRef("pk"), inbox=inbox)
    # … and what was asked by a door without an address is answered through its brand's mailboxes.
    by_brand = Q(inbox__kind__in=list(channels), inbox__brand=inbox.brand_id)
    here = Q(inbox=inbox) | by_brand | Q(Exists(taken_in))
    found = Ticket.objects.filter(named).filter(here).select_related("merged_into")
    return list(found[: 3 * _MOST])


def _home(ticket: Ticket) -> Ticket:
    return ticket.merged_into or ticket


def home_of(pk: UUID) -> UUID:
    """Where a ticket's messages are now."""
    merged = Ticket.objects.filter(pk=pk).values_list("merged_into", flat=True).first()
    return merged or pk


def _merged_into(tickets: Iterable[UUID]) -> dict[UUID, list[Ticket]]:
    """What was merged into these: its customers take part in them."""
    merged: dict[UUID, list[Ticket]] = {}
    for ticket in Ticket.objects.filter(merged_into__in=list(tickets)):
        if ticket.merged_into_id:
            merged.setdefault(ticket.merged_into_id, []).append(ticket)
    return merged


def _same_subject(inbox: Inbox, subject: str, holder: UUID | None) -> list[Ticket]:
    topic = topic_of(subject)
    if holder is None or not topic:
        return []
    recent = (
        Ticket.objects.unresolved()
        .filter(customer=holder, inbox=inbox, last_at__gt=now() - _SAME_SUBJECT_WITHIN)
        .order_by("-last_at")[:_MOST]
    )
    warm_keys(list(recent))
    return [ticket for ticket in recent if topic_of(ticket.subject) == topic]


def _is_too_late(ticket: Ticket, inbox: Inbox) -> bool:
    if ticket.category != Category.RESOLVED or ticket.resolved_at is None:
        return False
    return (now() - ticket.resolved_at).days >= inbox.reopen_days


def written_to(tickets: Iterable[UUID], email: str) -> set[UUID]:
    """Tickets in which somebody of ours has chosen to write to this address, or in which what they
    said in a chat went on to it."""
    wanted = blind.normalise_email(email)
    answers = Message.objects.filter(
        ticket__in=list(tickets),
        direction=Message.Direction.OUT,
        kind=Message.Kind.PUBLIC,
        classification__in=[Message.Classification.PERSON, Message.Classification.AUTO_REPLY],
        withdrawn_at=None,
    )
    read = ("addresses", "classification", "extras", "ticket__customer_id")
    said = list(answers.select_related("ticket").only(*read))
    warm_keys(said)
    return {
        message.ticket_id
        for message in said
        if _holds_answers(message)
        and wanted in {blind.normalise_email(address) for address in recipients_of(message)}
    }


def _holds_answers(message: Message) -> bool:
    return not message.is_automatic or "carries" in (message.extras or {})


def recipients_of(message: Message) -> list[str]:
    return [*message.addresses.get("to", []), *message.addresses.get("cc", [])]


def _may_answer(tickets: Iterable[UUID], colleague: User | None) -> set[UUID]:
    if colleague is None or not colleague.may("tickets.reply_ticket"):
        return set()
    visible = Ticket.objects.visible_to(colleague).filter(pk__in=list(tickets))
    return set(visible.values_list("pk", flat=True))


def _works_in(user: User, inbox: Inbox) -> bool:
    if not user.may("tickets.add_ticket"):
        return False
    if user.may("tickets.view_all_ticket"):
        return True
    return inbox.pk in user.access.inboxes or inbox.team_id in user.access.teams
