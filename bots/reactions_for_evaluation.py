"""What follows when suites are to be played, months to be verified, and when figures fall."""

from datetime import timedelta

from bots.actions.evaluation_flags import note_rating
from bots.actions.evaluation_months import keep_verification, look_again
from bots.actions.evaluation_runs import keep_run, play_run
from bots.actions.evaluation_telling import tell_of_alarm, tell_of_refusal
from bots.actions.training import go_live_if_passed
from bots.models import Run, Verification
from core.events import on
from core.lanes import Lease
from core.models import Event

_LEASE = timedelta(minutes=1)


@on("suite.asked", lane="bulk", lease=_LEASE)
def play(event: Event, lease: Lease) -> None:
    """A worker that is killed meanwhile has kept nothing: another one begins anew."""
    with lease.held():
        is_there = Run.objects.filter(pk=event.subject_id).exists()
        played = play_run(event.subject_id) if is_there else []
    with lease.finish():
        if Run.objects.filter(pk=event.subject_id).exists():
            keep_run(event.subject_id, played)


@on("suite.played")
def use_what_passed(event: Event) -> None:
    """A training that waited for its suites goes live once none is against it."""
    run = Run.objects.filter(pk=event.subject_id, goes_live=True).first()
    if run and run.model:
        go_live_if_passed(run.model)


@on("suite.played", lane="send")
def tell_who_teaches(event: Event, lease: Lease) -> None:
    run = Run.objects.filter(pk=event.subject_id, goes_live=True).select_related("suite").first()
    if run:
        tell_of_refusal(run)
    with lease.finish():
        pass


@on("verification.asked", lane="bulk", lease=_LEASE)
def verify(event: Event, lease: Lease) -> None:
    found = Verification.objects.filter(pk=event.subject_id).select_related("bot").first()
    with lease.held():
        looked = look_again(found) if found else None
    with lease.finish():
        if found and looked:
            keep_verification(found, looked)


@on("verification.alarmed", lane="send")
def tell_who_sets_up(event: Event, lease: Lease) -> None:
    found = Verification.objects.filter(pk=event.subject_id).select_related("bot").first()
    if found:
        tell_of_alarm(found, list(event.details.get("ways", ())))
    with lease.finish():
        pass


@on("chat.rated")
def note_bad_rating(event: Event) -> None:
    if event.ticket_id and (score := event.details.get("score")):
        note_rating(event.ticket_id, score=int(score))
