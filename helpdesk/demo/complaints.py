"""Tickets that are told as complaints have been taken up, and those that are solved put right."""

from accounts.models import User
from core import clock
from surveys.actions.complaints import open_complaint, set_up_complaints, work_complaint
from surveys.models import COMPLAINT, Cause, Complaint
from surveys.queries.complaints import late_complaints
from tickets.models import Ticket

# What a ticket is tagged with, the surest first → its cause, and what was done about it.
_STORIES: tuple[tuple[set[str], str, str, str], ...] = (
    (
        {"damaged", "破损", "破損"},
        "Damaged on the way",
        "Sent a new one at our cost, in a second box.",
        "免费补发一件，用双层箱包装。",
    ),
    (
        {"refund", "退款", "催款"},
        "Not solved",
        "Gave the money back the same day and said sorry by phone.",
        "当天退款，并致电道歉。",
    ),
    (
        {"delivery", "courier", "delay", "物流", "延误", "延誤", "爽约", "改期"},
        "Too late",
        "Told the carrier, and gave back the delivery fee.",
        "已向承运商反映，并退还运费。",
    ),
    (
        set(),
        "Had to write again",
        "One person keeps it until it is done.",
        "由专人跟进到底。",
    ),
)


def take_up_complaints(people: dict[str, User]) -> None:
    """Precondition: the causes are there."""
    set_up_complaints()
    told = Ticket.objects.filter(type=COMPLAINT, spam_at=None, merged_into=None)
    for ticket in told.order_by("created_at"):
        with clock.at(ticket.last_at):
            made = open_complaint(ticket, actor=None, since=ticket.created_at)
            if ticket.is_resolved:
                _put_right(made, ticket, people["supervisor"])
    late_complaints().update(warned_at=clock.now())  # nobody is told today of what was late before


def _put_right(complaint: Complaint, ticket: Ticket, actor: User) -> None:
    found = (one for one in _STORIES if not one[0] or one[0] & set(ticket.tags))
    _tags, name, english, chinese = next(found)
    remedy = chinese if ticket.language.startswith("zh") else english
    work_complaint(complaint, cause=Cause.objects.get(name=name), remedy=remedy, actor=actor)
