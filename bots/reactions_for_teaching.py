"""What follows when a training is asked for."""

from datetime import timedelta

from bots.actions.training import keep, learn
from core.events import on
from core.lanes import Lease
from core.models import Event


@on("understanding.asked", lane="bulk", lease=timedelta(minutes=1))
def train(event: Event, lease: Lease) -> None:
    """A worker that is killed meanwhile has changed nothing: another one begins anew."""
    with lease.held():
        found = learn(event.subject_id)
    with lease.finish():
        keep(event.subject_id, found)
