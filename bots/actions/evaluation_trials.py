"""Trials: a candidate begins to answer a share of new dialogues, is stopped, or becomes live."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bots.actions.evaluation import require
from bots.actions.evaluation_runs import pass_gate_with_trial
from bots.actions.flows import PUBLISH, publish_flow, save_draft
from bots.actions.training import go_live
from bots.errors import AlreadyDecided, NotPublishable
from bots.models import Bot, Dialogue, Flow, Trial, TrialEntry, UnderstandingModel
from bots.queries.candidates import Candidate, usable_models
from bots.queries.flows import read_outline
from bots.queries.trials import due_entries, is_in_share, is_solved
from core.clock import now
from core.errors import Invalid
from core.events import record

LEAST, MOST = 1, 90


@transaction.atomic
def start_trial(bot: Bot, candidate: Candidate, *, share: int, actor: User) -> Trial:
    """The outlines are kept as they are now: who goes on writing changes no trial."""
    require(actor, PUBLISH)
    bot = Bot.objects.select_for_update(of=("self",)).get(pk=bot.pk)
    if candidate.is_empty:
        raise Invalid(_("Choose what is to be tried."))
    if not LEAST <= share <= MOST:
        raise Invalid(_("Between 1 and 90 of a hundred."), field="share")
    if bot.trials.filter(state=Trial.State.RUNNING).exists():
        raise Invalid(_("A trial is running already. Stop it first."))
    _check(bot, candidate)
    pass_gate_with_trial(bot, candidate, actor=actor)
    trial = Trial(bot=bot, share=share, began_at=now(), began_by=actor)
    trial.flows, trial.model = dict(candidate.flows), candidate.model
    trial.save(force_insert=True)
    record("trial.began", subject=trial, actor=actor, share=share)
    return trial


def _check(bot: Bot, candidate: Candidate) -> None:
    for outline in candidate.flows.values():
        if problems := read_outline(outline, bot).problems:
            raise NotPublishable(_("Put right what is wrong in the drafts first."), problems)
    if candidate.model and candidate.model not in {one.number for one in usable_models()}:
        raise Invalid(_("This version cannot be used any more: train anew."), field="model")


@transaction.atomic
def stop_trial(trial: Trial, *, actor: User) -> Trial:
    """From the next message on everybody is answered by what is live."""
    require(actor, PUBLISH)
    trial = _lock(trial)
    _end(trial, Trial.State.STOPPED, actor)
    record("trial.stopped", subject=trial, actor=actor)
    return trial


@transaction.atomic
def make_trial_live(trial: Trial, *, actor: User, because: str = "") -> Trial:
    """Its outlines are published as they were tried, its understanding is used. The gate stands
    before that as before any other publishing."""
    require(actor, PUBLISH)
    trial = _lock(trial)
    _end(trial, Trial.State.WON, actor)
    for slug, outline in trial.flows.items():
        flow = Flow.objects.select_related("bot").filter(bot=trial.bot_id, slug=slug).first()
        if flow:
            _publish_as_tried(flow, outline, actor=actor, because=because)
    if trial.model:
        model = UnderstandingModel.objects.filter(number=trial.model).first()
        if model is None:
            raise Invalid(_("This version cannot be used any more: train anew."))
        go_live(model, actor=actor, because=because)
    record("trial.made_live", subject=trial, actor=actor)
    return trial


def _publish_as_tried(flow: Flow, outline: str, *, actor: User, because: str) -> None:
    """What was written on meanwhile stays the draft."""
    draft = flow.draft
    publish_flow(
        save_draft(flow.bot, outline, actor=actor, flow=flow), actor=actor, because=because
    )
    if draft != outline:
        save_draft(flow.bot, draft, actor=actor, flow=flow)


def _lock(trial: Trial) -> Trial:
    trial = Trial.objects.select_for_update(of=("self",)).select_related("bot").get(pk=trial.pk)
    if trial.state != Trial.State.RUNNING:
        raise AlreadyDecided(_("Somebody else has decided about it."))
    return trial


def _end(trial: Trial, state: str, actor: User) -> None:
    trial.state, trial.ended_at, trial.ended_by = state, now(), actor
    trial.save(update_fields=["state", "ended_at", "ended_by"])


# While it runs


def note_entry(trial: Trial, dialogue: Dialogue) -> None:
    """In the transaction of an answer. A customer counts once, with their first dialogue."""
    customer = dialogue.ticket.customer_id
    TrialEntry.objects.get_or_create(
        trial=trial,
        customer_id=customer,
        defaults={
            "dialogue": dialogue,
            "is_candidate": is_in_share(trial, customer),
            "began_at": dialogue.began_at,
        },
    )


def settle_entries() -> int:
    """Say of each dialogue whose time is over whether it was solved; says how many."""
    due = due_entries()
    for entry in due:
        entry.is_solved, entry.settled_at = is_solved(entry), now()
    TrialEntry.objects.bulk_update(due, ["is_solved", "settled_at"])
    return len(due)
