"""Low scores as somebody may see them."""

from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from core.fields import warm_keys
from surveys.models import RecoveryTask
from tickets.models import Ticket


def visible_tasks(user: User) -> "QuerySet[RecoveryTask]":
    """Those of tickets they may open, and their own."""
    tickets = Ticket.objects.visible_to(user)
    found = RecoveryTask.objects.filter(answer__invitation__ticket__in=tickets)
    related = "answer__invitation__ticket", "answer__invitation__customer", "owner", "team"
    return found.select_related(*related, "cause__parent", "second")


def list_tasks(user: User, *, state: str, cause: UUID | None = None) -> list[RecoveryTask]:
    found = visible_tasks(user).filter(state=state)
    if cause:
        found = found.filter(cause=cause)
    ordered = found.order_by("due_at") if state == "open" else found.order_by("-closed_at")
    rows = list(ordered[:200])
    warm_keys(
        [task.answer for task in rows],
        [task.answer.invitation.ticket for task in rows],
        [task.answer.invitation.customer for task in rows],
    )
    return rows


def who_may_own(task: RecoveryTask) -> "QuerySet[User]":
    """People of its team, and whoever has it now."""
    people = User.objects.filter(is_active=True, kind=User.Kind.PERSON)
    if not task.team_id:
        return people
    return people.filter(Q(teams=task.team) | Q(pk=task.owner_id)).distinct()
