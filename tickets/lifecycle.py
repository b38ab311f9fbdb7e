"""Which status may follow which: one table, enforced by the actions and said by the pages."""

from dataclasses import dataclass

from accounts.models import User
from tickets.models import Category, Ticket

_ACTIVE = (Category.OPEN, Category.WAITING_CUSTOMER, Category.WAITING_THIRD_PARTY)


@dataclass(frozen=True, slots=True)
class Transition:
    """``right`` is what an agent needs; the system (``actor=None``) needs ``by_system``."""

    sources: tuple[str, ...]
    target: str
    right: str = "tickets.change_ticket"
    by_system: bool = True
    reopens: bool = False


TRANSITIONS = (
    Transition((Category.NEW, *_ACTIVE), Category.OPEN),
    Transition((Category.NEW, *_ACTIVE), Category.WAITING_CUSTOMER),
    Transition((Category.NEW, *_ACTIVE), Category.WAITING_THIRD_PARTY, by_system=False),
    Transition((Category.NEW, *_ACTIVE), Category.RESOLVED),
    Transition((Category.NEW, *_ACTIVE, Category.RESOLVED), Category.CLOSED),
    Transition((Category.RESOLVED,), Category.OPEN, reopens=True),
    Transition((Category.RESOLVED,), Category.WAITING_CUSTOMER, reopens=True),
    Transition((Category.RESOLVED,), Category.WAITING_THIRD_PARTY, by_system=False, reopens=True),
    Transition(
        (Category.CLOSED,),
        Category.OPEN,
        right="tickets.reopen_closed_ticket",
        by_system=False,
        reopens=True,
    ),
)


def find_transition(source: str, target: str) -> Transition | None:
    return next((t for t in TRANSITIONS if source in t.sources and t.target == target), None)


def allowed_targets(ticket: Ticket, user: User) -> list[str]:
    """Categories this user may move the ticket to, in the order of the table."""
    return list(
        dict.fromkeys(
            t.target
            for t in TRANSITIONS
            if ticket.category in t.sources and t.target != ticket.category and user.may(t.right)
        )
    )
