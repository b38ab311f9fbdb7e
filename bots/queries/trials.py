"""Who is answered by a candidate, and how both sides did."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Q

from bots.evaluation.sequential import Comparison, Side, compare
from bots.models import Dialogue, HandOff, Trial, TrialEntry
from core.clock import now
from tickets.models import Message, Ticket

# Whoever comes back within this time was not helped.
SETTLED_AFTER = timedelta(hours=72)


def is_in_share(trial: Trial, customer: UUID) -> bool:
    """By lot, and always the same for the same customer."""
    drawn = hashlib.sha256(trial.pk.bytes + customer.bytes).digest()
    return int.from_bytes(drawn[:8], "big") % 10_000 < trial.share * 100


def trial_for(running: UUID | None, dialogue: Dialogue | None) -> Trial | None:
    """The one that runs, for dialogues that began since it does."""
    trial = Trial.objects.filter(pk=running).first() if running else None
    if trial is None or (dialogue and dialogue.began_at < trial.began_at):
        return None
    return trial


def is_solved(entry: TrialEntry) -> bool:
    """Whether the bot settled it, nobody else had to say a word, and the customer did not come
    back. Asked when its time is over; what is gone with its customer counts as not solved."""
    dialogue = entry.dialogue
    if dialogue is None or dialogue.solved_at is None:
        return False
    if HandOff.objects.filter(dialogue=dialogue).exists():
        return False
    until = entry.began_at + SETTLED_AFTER
    said = Message.objects.filter(
        thread=dialogue.thread_id, direction=Message.Direction.OUT, author__kind="person"
    )
    return not said.filter(at__lt=until).exists() and not _came_back(dialogue, until)


def _came_back(dialogue: Dialogue, until: object) -> bool:
    customer = dialogue.ticket.customer_id
    within = {"began_at__gt": dialogue.began_at, "began_at__lt": until}
    again = Dialogue.objects.filter(ticket__customer=customer, **within).exclude(pk=dialogue.pk)
    others = Ticket.objects.filter(
        customer=customer, created_at__gt=dialogue.began_at, created_at__lt=until
    )
    return again.exists() or others.exclude(pk=dialogue.ticket_id).exists()


@dataclass(frozen=True, slots=True)
class TrialPart:
    """One side of it."""

    began: int
    side: Side  # of those whose time is over

    @property
    def waiting(self) -> int:
        return self.began - self.side.count


@dataclass(frozen=True, slots=True)
class TrialPage:
    trial: Trial
    candidate: TrialPart
    live: TrialPart
    comparison: Comparison


def load_trial(trial: Trial) -> TrialPage:
    parts = {
        one["is_candidate"]: TrialPart(one["began"], Side(one["solved"], one["settled"]))
        for one in TrialEntry.objects.filter(trial=trial)
        .order_by()
        .values("is_candidate")
        .annotate(
            began=Count("pk"),
            settled=Count("pk", filter=~Q(settled_at=None)),
            solved=Count("pk", filter=Q(is_solved=True)),
        )
    }
    nothing = TrialPart(0, Side())
    candidate, live = parts.get(True, nothing), parts.get(False, nothing)
    return TrialPage(trial, candidate, live, compare(candidate.side, live.side))


def due_entries() -> "list[TrialEntry]":
    """In the order they began. All of a side wait equally long, whatever came of them: else what
    fails at once would be counted before what succeeds."""
    due = TrialEntry.objects.filter(settled_at=None, began_at__lt=now() - SETTLED_AFTER)
    return list(due.select_related("dialogue__ticket").order_by("began_at", "id")[:2000])
