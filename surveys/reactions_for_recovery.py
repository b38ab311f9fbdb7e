"""Low scores and unhappy words open work. Within the transaction that ends the reaction, so that
each opens one task and none is forgotten."""

from datetime import timedelta

from core.events import on
from core.lanes import Lease
from core.models import Event
from surveys.actions.improvements import concerned_by, made_for, tell_one
from surveys.actions.recovery import open_if_low
from surveys.models import Answer, Improvement, RecoveryTask


@on("survey.answered", "survey.changed")
def look_at_score(event: Event) -> None:
    found = Answer.objects.filter(invitation=event.details["invitation"])
    if (pk := found.values_list("pk", flat=True).first()) is not None:
        open_if_low(pk)


@on("survey.read")
def look_at_mood(event: Event) -> None:
    open_if_low(event.subject_id)


@on("improvement.published", lane="bulk", lease=timedelta(minutes=1))
def tell_those_concerned(event: Event, lease: Lease) -> None:
    """Each in a transaction of their own: a worker that is killed meanwhile is followed by another
    one, which goes on with those who have not been told."""
    made = Improvement.objects.select_related("by").filter(pk=event.subject_id).first()
    if made and made.tells:
        with lease.held():
            for pk in list(concerned_by(made).values_list("pk", flat=True)):
                tell_one(made, pk)
    with lease.finish():
        pass


@on("recovery.closed")
def tell_of_what_was_changed_before(event: Event) -> None:
    """Whoever was still being seen to when the others were told."""
    task = RecoveryTask.objects.filter(pk=event.details["task"]).first()
    if task and (made := made_for(task)):
        tell_one(made[0], task.pk)
