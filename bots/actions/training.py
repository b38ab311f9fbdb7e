"""Trainings: asked for, done in a worker, put live, taken back."""

from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from bots.actions.evaluation_runs import ask_run, pass_gate_with_model
from bots.actions.teaching import require_teacher
from bots.models import Intent, IntentExample, Trial, UnderstandingModel
from bots.queries.candidates import Candidate
from bots.queries.gate import standings_of_model
from bots.queries.heard import list_heard
from bots.queries.understanding import forget_model, installed_encoders, live_model
from core.clock import now
from core.errors import Invalid
from core.events import record
from core.fields import warm_keys

KEPT = 12
_MONTH = timedelta(days=30)
# A training that does worse by more than this waits for somebody to look at it.
_MAY_LOSE = 0.03
_State = UnderstandingModel.State


@transaction.atomic
def ask_training(*, actor: User | None) -> UnderstandingModel:
    """One that waits already is the answer to everybody who asks."""
    require_teacher(actor)
    waiting = UnderstandingModel.objects.select_for_update().filter(state=_State.ASKED).first()
    if waiting:
        return waiting
    last = UnderstandingModel.objects.aggregate(last=Max("number"))["last"] or 0
    model = UnderstandingModel(
        number=last + 1, encoders=installed_encoders(), asked_by=actor, asked_at=now()
    )
    model.save(force_insert=True)
    record("understanding.asked", subject=model, actor=actor)
    return model


def ask_if_due() -> UnderstandingModel | None:
    """Once a month, if there is something new to learn, and whenever the encoders have changed."""
    live = live_model()
    if live is None:
        return None
    if live.encoders != installed_encoders():
        return ask_training(actor=None)
    learned = live.trained_at or live.asked_at
    is_new = IntentExample.objects.filter(is_reviewed=True, created_at__gt=live.asked_at).exists()
    return ask_training(actor=None) if is_new and now() - learned > _MONTH else None


def learn(pk: UUID) -> dict[str, Any]:
    """The values of the trained model; slow, and outside any transaction."""
    model = UnderstandingModel.objects.get(pk=pk)
    UnderstandingModel.objects.filter(pk=pk, state=_State.ASKED).update(state=_State.TRAINING)
    training = import_module("bots.understanding.training")
    examples = list(
        IntentExample.objects.filter(is_reviewed=True, intent__is_active=True).select_related(
            "intent", "customer"
        )
    )
    warm_keys(examples)
    taught = [training.Taught(one.text, one.language, one.intent.slug) for one in examples]
    names = dict(Intent.objects.filter(is_active=True).values_list("slug", "names"))
    try:
        heard = [training.Heard(text, language) for text, language in list_heard()]
        engine, report = training.train(taught, names, version=model.number, heard=heard)
    except training.NothingToLearn:
        return {"state": _State.FAILED, "problem": "nothing_to_learn"}
    return {
        "state": _State.READY,
        "artefact": engine.to_bytes(),
        "report": report,
        "encoders": installed_encoders(),
    }


def keep(pk: UUID, found: dict[str, Any]) -> None:
    """Within a transaction. Unless it is clearly worse than what is, it goes live: at once, or
    where suites stand before that, when they were played and none is against it."""
    model = UnderstandingModel.objects.select_for_update().get(pk=pk)
    for name, value in found.items():
        setattr(model, name, value)
    model.trained_at = now()
    model.save()
    record("understanding.trained", subject=model, actor=None, state=model.state)
    live = live_model()
    is_good = model.state == _State.READY and not is_worse(model, live)
    if is_good and (live is None or not _ask_suites(model)):
        _put_live(model)
        record("understanding.went_live", subject=model, actor=None, number=model.number)
    _drop_old()


def _ask_suites(model: UnderstandingModel) -> bool:
    """Whether there are any that have to be played first."""
    found = standings_of_model(model.number)
    for one in found:
        ask_run(one.suite, Candidate(model=model.number), actor=None, goes_live=True)
    return bool(found)


def go_live_if_passed(number: int) -> bool:
    """In the transaction in which a suite was played to its end. Newer versions have overtaken an
    older one that waited."""
    model = UnderstandingModel.objects.select_for_update().filter(number=number).first()
    live = live_model()
    if model is None or model.state != _State.READY or model.encoders != installed_encoders():
        return False
    is_overtaken = live is not None and live.number >= number
    if is_overtaken or any(one.problem for one in standings_of_model(number)):
        return False
    _put_live(model)
    record("understanding.went_live", subject=model, actor=None, number=model.number)
    return True


def is_worse(model: UnderstandingModel, live: UnderstandingModel | None) -> bool:
    if live is None or live.encoders != model.encoders:
        return False
    return share_right(model) < share_right(live) - _MAY_LOSE


def share_right(model: UnderstandingModel) -> float:
    ways = model.report.get("ways", {})
    return float(ways.get("all", {}).get("accuracy", 0.0))


@transaction.atomic
def go_live(model: UnderstandingModel, *, actor: User, because: str = "") -> UnderstandingModel:
    """Also the way back to an earlier one. Raises ``GateClosed`` while a suite stands against it
    and nobody says why it is used all the same (``because``)."""
    require_teacher(actor)
    model = UnderstandingModel.objects.select_for_update().get(pk=model.pk)
    if model.state != _State.READY or model.encoders != installed_encoders():
        raise Invalid(_("This version cannot be used any more: train anew."))
    if not model.is_live:
        pass_gate_with_model(model.number, actor=actor, because=because)
    _put_live(model)
    record("understanding.went_live", subject=model, actor=actor, number=model.number)
    return model


def _put_live(model: UnderstandingModel) -> None:
    UnderstandingModel.objects.filter(is_live=True).update(is_live=False)
    UnderstandingModel.objects.filter(pk=model.pk).update(is_live=True)
    model.is_live = True
    forget_model()


def _drop_old() -> None:
    """The newest stay to go back to, and the live one, and one that is on trial."""
    kept = UnderstandingModel.objects.order_by("-number").values_list("pk", flat=True)[:KEPT]
    old = UnderstandingModel.objects.filter(is_live=False).exclude(pk__in=list(kept))
    on_trial = Trial.objects.filter(state=Trial.State.RUNNING, model__isnull=False)
    old = old.exclude(number__in=on_trial.values("model"))
    old.exclude(state__in=[_State.ASKED, _State.TRAINING]).delete()
