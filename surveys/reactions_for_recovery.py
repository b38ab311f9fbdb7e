"""Low scores and unhappy words open work. Within the transaction that ends the reaction, so that
each opens one task and none is forgotten."""

from core.events import on
from core.models import Event
from surveys.actions.recovery import open_if_low
from surveys.models import Answer


@on("survey.answered", "survey.changed")
def look_at_score(event: Event) -> None:
    found = Answer.objects.filter(invitation=event.details["invitation"])
    if (pk := found.values_list("pk", flat=True).first()) is not None:
        open_if_low(pk)


@on("survey.read")
def look_at_mood(event: Event) -> None:
    open_if_low(event.subject_id)
