"""The spam folder: what people put into it teaches the words by which new spam is known."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.actions import block_sender, judge_words
from connectors.models import SenderBlock
from connectors.queries import domain_of
from core.clock import now
from core.models import Event
from tickets.actions.base import lock, record_on, rooms_of
from tickets.errors import AlreadyThere, NoAddress
from tickets.models import Delivery, Message, Suggestion, Ticket

_MARKS = ("ticket.marked_spam", "ticket.unmarked_spam")


@transaction.atomic
def mark_spam(ticket: Ticket, *, actor: User) -> Ticket:
    ticket = lock(ticket)
    judged = _judgement_of(ticket)
    if ticket.spam_at and judged == "spam":
        raise AlreadyThere(_("The ticket lies in the spam folder already."))
    rooms = rooms_of(ticket)  # the lists it leaves
    _judge(ticket, was=judged, spam=1)
    ticket.spam_at = ticket.spam_at or now()
    ticket.save(update_fields=["spam_at"])
    record_on(ticket, "ticket.marked_spam", actor=actor, rooms=rooms, judged="spam")
    return ticket


@transaction.atomic
def unmark_spam(ticket: Ticket, *, actor: User) -> Ticket:
    ticket = lock(ticket)
    if ticket.spam_at is None:
        raise AlreadyThere(_("The ticket does not lie in the spam folder."))
    _judge(ticket, was=_judgement_of(ticket), wanted=1)
    ticket.spam_at = None
    ticket.save(update_fields=["spam_at"])
    record_on(ticket, "ticket.unmarked_spam", actor=actor, judged="wanted")
    return ticket


@transaction.atomic
def block_sender_of_ticket(ticket: Ticket, *, actor: User, whole: bool = False) -> SenderBlock:
    """Block who wrote the request, or their whole domain; the ticket goes with it."""
    first = _first_mail(ticket)
    sender = first.addresses.get("from", "") if first else ""
    if not sender:
        raise NoAddress(_("Nobody wrote in this ticket whom one could block."))
    block = block_sender(f"@{domain_of(sender)}" if whole else sender, actor=actor)
    if lock(ticket).spam_at is None:
        mark_spam(ticket, actor=actor)
    return block


@transaction.atomic
def learn_from_answer(ticket: Ticket) -> None:
    """What we answered was wanted. Counted with the first answer that left, unless a person
    has judged the ticket before."""
    ticket = lock(ticket)
    if _marks_of(ticket).exists() or _answers_that_left(ticket) != 1:
        return
    _judge(ticket, was="", wanted=1)


def _marks_of(ticket: Ticket) -> "QuerySet[Event]":
    return Event.objects.filter(ticket_id=ticket.pk, name__in=_MARKS).order_by("seq")


def _judgement_of(ticket: Ticket) -> str:
    """As what its words are counted now: spam, wanted or not at all."""
    if mark := _marks_of(ticket).last():
        return str(mark.details.get("judged", ""))
    return "wanted" if _answers_that_left(ticket) else ""


def _answers_that_left(ticket: Ticket) -> int:
    answers = Delivery.objects.filter(
        message__ticket=ticket, message__kind=Message.Kind.PUBLIC, sent_at__isnull=False
    )
    return answers.filter(message__author__isnull=False).count()


def _judge(ticket: Ticket, *, was: str, spam: int = 0, wanted: int = 0) -> None:
    first = _first_mail(ticket)
    if first is None:
        return
    spam -= was == "spam"
    wanted -= was == "wanted"
    if spam or wanted:
        judge_words(
            subject=ticket.subject,
            text=first.body,
            sender=str(first.addresses.get("from", "")),
            spam=spam,
            wanted=wanted,
        )


def _first_mail(ticket: Ticket) -> Message | None:
    said = ticket.messages.filter(
        direction=Message.Direction.IN, kind=Message.Kind.PUBLIC, redacted_at=None
    )
    return said.select_related("ticket").order_by("seq").first()


@transaction.atomic
def dismiss_suggestion(suggestion: Suggestion, *, actor: User) -> None:
    ticket = lock(suggestion.ticket)
    changed = Suggestion.objects.filter(pk=suggestion.pk, dismissed_at=None)
    if changed.update(dismissed_at=now()):
        record_on(ticket, "suggestion.dismissed", actor=actor, suggestion=suggestion.pk)
