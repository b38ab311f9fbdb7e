"""Low scores as somebody may see them, and what they say together."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, QuerySet

from accounts.models import User
from core.clock import now
from core.fields import warm_keys
from surveys.models import Cause, RecoveryTask
from tickets.models import Ticket

_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Theme:
    cause: Cause
    count: int

    @property
    def weight(self) -> int:
        """Frequency × harm."""
        return self.count * self.cause.harm


def visible_tasks(user: User) -> "QuerySet[RecoveryTask]":
    """Those of tickets they may open, and their own."""
    tickets = Ticket.objects.visible_to(user)
    found = RecoveryTask.objects.filter(answer__invitation__ticket__in=tickets)
    related = "answer__invitation__ticket", "answer__invitation__customer", "owner", "team"
    return found.select_related(*related, "cause__parent", "second")


def list_tasks(user: User, *, state: str) -> list[RecoveryTask]:
    found = visible_tasks(user).filter(state=state)
    ordered = found.order_by("due_at") if state == "open" else found.order_by("-closed_at")
    rows = list(ordered[:200])
    warm_keys(
        [task.answer for task in rows],
        [task.answer.invitation.ticket for task in rows],
        [task.answer.invitation.customer for task in rows],
    )
    return rows


def improvement_list(user: User) -> list[Theme]:
    """Of the last month, what hurt most first."""
    lately = visible_tasks(user).filter(created_at__gt=now() - _MONTH, cause__isnull=False)
    counted = lately.values_list("cause").annotate(n=Count("pk")).order_by()
    causes = Cause.objects.select_related("parent").in_bulk([pk for pk, _n in counted])
    themes = [Theme(causes[pk], n) for pk, n in counted if pk in causes]
    return sorted(themes, key=lambda one: (-one.weight, str(one.cause)))
