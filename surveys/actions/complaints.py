"""Complaints: opened, acknowledged in working time, worked, and closed with cause and remedy."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import after_working, calendar_for
from core.clock import now
from core.errors import NotAllowed
from core.events import is_history, record
from core.ids import new_id
from surveys.errors import TaskIncomplete
from surveys.models import COMPLAINT, Cause, Complaint, ComplaintPolicy
from surveys.queries.complaints import find_acknowledgement, late_complaints, policy
from surveys.queries.seniors import senior_of
from tickets.actions import notify, reply, set_type
from tickets.actions.base import Actor, lock, record_on
from tickets.models import Message, Notification, Ticket, TicketType

RIGHT = "tickets.change_ticket"
_RELATED = "ticket__customer__tier", "ticket__inbox", "ticket__team__calendar", "ticket__assignee"


@transaction.atomic
def set_up_complaints() -> None:
    """Safe to repeat; what an admin has changed stays. Offered in the portal once an admin says
    so."""
    names = {"name": "Complaint", "customer_name": "A complaint · 投诉"}
    defaults = names | {"is_offered": False, "position": 90}
    TicketType.objects.get_or_create(code=COMPLAINT, defaults=defaults)
    ComplaintPolicy.objects.get_or_create(only=True)


def _require(actor: User, right: str = RIGHT) -> None:
    if not actor.may(right):
        raise NotAllowed(_("Your role does not allow this."))


@transaction.atomic
def make_complaint(ticket: Ticket, *, actor: User) -> Complaint:
    _require(actor)
    ticket = set_type(ticket, actor=actor, type=COMPLAINT)
    return open_complaint(ticket, actor=actor)


@transaction.atomic
def open_complaint(ticket: Ticket, *, actor: Actor, since: datetime | None = None) -> Complaint:
    """Once per ticket. Its promise counts from ``since``, else from what the customer wrote
    last."""
    ticket = lock(ticket)
    known = Complaint.objects.filter(ticket=ticket).first()
    if known:
        return known
    related = "customer__tier", "inbox", "team__calendar", "assignee"
    ticket = Ticket.objects.select_related(*related).get(pk=ticket.pk)
    since = since or _said_at(ticket)
    made = Complaint.objects.create(
        ticket=ticket,
        since=since,
        due_at=_due_at(ticket, since),
        opened_by=actor if isinstance(actor, User) else None,
    )
    due = made.due_at.isoformat()
    record_on(ticket, "complaint.opened", actor=actor, complaint=made.pk, due=due)
    made = refresh(made.pk)
    person = None if made.acknowledged_at or is_history() else _who_hears(ticket)
    if person and person != actor:
        notify(person, ticket, kind=Notification.Kind.REMINDER)
    return made


def _said_at(ticket: Ticket) -> datetime:
    said = ticket.messages.filter(
        direction=Message.Direction.IN, classification=Message.Classification.PERSON
    )
    return said.order_by("-seq").values_list("at", flat=True).first() or now()


def _due_at(ticket: Ticket, since: datetime) -> datetime:
    hours = policy().hours_for(ticket.customer.tier.code)
    return after_working(timedelta(hours=hours), since=since, calendar=calendar_for(ticket.team))


def _who_hears(ticket: Ticket) -> User | None:
    """Whoever has it; while nobody has, somebody senior of the team."""
    holder = ticket.assignee
    return holder if holder and holder.is_active and not holder.is_bot else senior_of(ticket)


@transaction.atomic
def carry_over(source: Ticket, target: Ticket) -> None:
    """What was complained of in a ticket that was merged is a complaint where it went."""
    known = Complaint.objects.filter(ticket=source).first()
    set_type(target, actor=None, type=COMPLAINT)
    open_complaint(target, actor=None, since=known.since if known else None)


@transaction.atomic
def refresh(pk: UUID) -> Complaint:
    """As its ticket stands: an answer that comes back was no acknowledgement."""
    complaint = _take(pk)
    answer = find_acknowledgement(complaint)
    at = (_sent_at(answer) or answer.at) if answer else None
    was_heard = complaint.acknowledged_at is not None
    complaint.answer, complaint.acknowledged_at = answer, at
    ticket = complaint.ticket
    is_over = ticket.is_resolved and complaint.is_put_right
    was_closed = complaint.closed_at is not None
    ended = complaint.closed_at or (ticket.resolved_at if is_history() else now())
    complaint.closed_at = ended if is_over else None
    complaint.save(update_fields=["answer", "acknowledged_at", "closed_at"])
    if was_heard != (at is not None):
        name = "complaint.acknowledged" if at else "complaint.unheard"
        in_time = at is not None and at <= complaint.due_at
        _tell(complaint, name, actor=answer.author if answer else None, in_time=in_time)
    if was_closed != is_over:
        _tell(complaint, "complaint.closed" if is_over else "complaint.reopened", actor=None)
    return complaint


def _sent_at(answer: Message) -> datetime | None:
    delivery = getattr(answer, "delivery", None)
    return delivery.sent_at if delivery else None


def _take(pk: UUID) -> Complaint:
    """The ticket is locked first, as by all who write on it."""
    lock(Ticket(pk=Complaint.objects.values_list("ticket", flat=True).get(pk=pk)))
    found = Complaint.objects.select_for_update(of=("self",)).select_related(*_RELATED)
    return found.get(pk=pk)


def _tell(complaint: Complaint, name: str, *, actor: Actor, **details: Any) -> None:
    record_on(complaint.ticket, name, actor=actor, complaint=complaint.pk, **details)


@transaction.atomic
def acknowledge(complaint: Complaint, *, actor: User) -> Message:
    """In ready words, in the customer's language. It is no answer yet: they wait on."""
    _require(actor, "tickets.reply_ticket")
    complaint = _take(complaint.pk)
    if complaint.acknowledged_at:
        raise TaskIncomplete(_("The customer has heard from us already."))
    ticket = complaint.ticket
    with translation.override(ticket.language or ticket.customer.locale or None):
        body = _words_of(ticket, actor)
    return reply(ticket, actor=actor, body=body, client_id=new_id(), still_waits=True)


def _words_of(ticket: Ticket, actor: User) -> str:
    return "\n\n".join(
        [
            _("Thank you for telling us. We have taken up your complaint as #%(number)s.")
            % {"number": ticket.number},
            _("I look into it and write again: what went wrong, and what we do about it."),
            actor.name or str(actor),
        ]
    )


@transaction.atomic
def work_complaint(
    complaint: Complaint, *, cause: Cause | None, remedy: str, actor: User
) -> Complaint:
    """What has been found out, and what was done. Both are needed before the ticket is resolved."""
    _require(actor)
    complaint = _take(complaint.pk)
    remedy = remedy.replace("\0", "").strip()[:5000]
    if complaint.closed_at and not (cause and remedy):
        raise TaskIncomplete(_("It has been closed: cause and remedy stay named."))
    complaint.cause, complaint.remedy = cause, remedy
    complaint.save(update_fields=["cause", "remedy"])
    _tell(complaint, "complaint.worked", actor=actor, cause=cause.pk if cause else None)
    return refresh(complaint.pk)


def warn_of_late_complaints(limit: int = 200) -> int:
    """Each once, when its promise is over."""
    return sum(_warn(pk) for pk in list(late_complaints().values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _warn(pk: UUID) -> int:
    complaint = _take(pk)
    if complaint.warned_at or complaint.acknowledged_at:
        return 0
    complaint.warned_at = now()
    complaint.save(update_fields=["warned_at"])
    _tell(complaint, "complaint.late", actor=None)
    ticket = complaint.ticket
    people = {one.pk: one for one in (_who_hears(ticket), senior_of(ticket)) if one}
    for person in people.values():
        notify(person, ticket, kind=Notification.Kind.OVERDUE)
    return 1


@transaction.atomic
def save_complaint_policy(
    *, hours: int, tier_hours: dict[str, int], actor: User
) -> ComplaintPolicy:
    """Complaints that are open keep the promise they were opened with."""
    _require(actor, "surveys.set_up_survey")
    rules, _new = ComplaintPolicy.objects.select_for_update().get_or_create(only=True)
    rules.hours, rules.tier_hours = hours, tier_hours
    rules.save(update_fields=["hours", "tier_hours"])
    name = "complaint.policy_changed"
    record(name, subject=rules, actor=actor, hours=hours, tiers=tier_hours)
    return rules
