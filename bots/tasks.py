from datetime import timedelta

from celery import shared_task
from django.db.models import F, Q

from bots.actions.copilot import forget_old_uses
from bots.actions.drafting import draft_gap
from bots.actions.evaluation_months import ask_due
from bots.actions.evaluation_trials import settle_entries
from bots.actions.learning import forget_old_questions, gather_questions
from bots.actions.releases import look_at_releases
from bots.actions.training import ask_if_due
from bots.models import Gap
from core.clock import now

_ROUNDS, _DRAFTS = 20, 20
# What was asked once may be a slip of the tongue.
_WORTH_DRAFTING = 2


@shared_task
def retrain_understanding() -> None:
    ask_if_due()


@shared_task
def learn() -> None:
    """Each hour, and when an editor asks for it."""
    for _ in range(_ROUNDS):
        if not gather_questions():
            break
    day_ago = now() - timedelta(days=1)
    due = Gap.objects.filter(state=Gap.State.OPEN, size__gte=_WORTH_DRAFTING).filter(
        Q(drafted_at=None) | Q(drafted_at__lt=day_ago) & Q(drafted_at__lt=F("last_at"))
    )
    for gap in due[:_DRAFTS]:
        draft_gap(gap)
    forget_old_questions()
    forget_old_uses()


@shared_task
def evaluate() -> None:
    """Each hour: trials go on, and a month that is over is verified once, also where nothing ran
    on its last day."""
    settle_entries()
    ask_due()


@shared_task
def watch_releases() -> None:
    look_at_releases()
