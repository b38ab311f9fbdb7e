"""What the copilot was asked for, and what it forgets."""

from datetime import timedelta
from uuid import UUID

from bots.actions.copilot import answer_copilot, forget_words_of
from core.events import on
from core.lanes import Lease
from core.models import Event


@on("copilot.asked", lane="assist", lease=timedelta(seconds=15))
def work_it_out(event: Event, lease: Lease) -> None:
    """A model may take seconds; no page waits for it, and no other lane."""
    with lease.held():
        answer_copilot(event.subject_id, lease)


@on("message.redacted", "message.deleted")
def forget_what_was_made_of_it(event: Event) -> None:
    forget_words_of(UUID(event.details["message"]))
