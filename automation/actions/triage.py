"""Guessing what a ticket is, setting it where that is sure enough, and learning from what people
make of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from automation.models import Triaged, TriageGuess, TriageModel, TriageRule
from automation.queries.triage import (
    LEARNED_FIELDS,
    SETTABLE,
    forget_live,
    live_fields,
    load_examples,
    rules,
    words_of,
)
from automation.triage.features import features_of
from core.clock import now
from core.errors import Invalid
from core.events import record
from core.language import guess_language
from core.registry import has_understanding, understanders
from tickets.actions.base import lock
from tickets.actions.change import set_priority, set_tags, set_type
from tickets.models import Priority, Ticket

_State = TriageGuess.State
_URGENT, _MOODY = 0.7, 0.3
_AGREED, _ALONE = 0.95, 0.6  # how sure a language is which two ways of telling, or one, name
# Below it a guess is not worth a look.
WORTH_SHOWING = 0.4
_MAY_LOSE = 0.02
_KEPT = 10
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Guess:
    field: str
    value: str
    confidence: float
    source: str
    model: int | None = None


# Guessing


def has_something_to_say() -> bool:
    """Cheap, for it is asked of every new ticket."""
    return bool(live_fields()[1]) or any(is_taught() for is_taught in has_understanding.values())


def find_guesses(ticket: Ticket) -> list[Guess]:
    """Slow, and outside any transaction: models are read, and bots may have to load theirs."""
    words = words_of(ticket)
    found: dict[str, Guess] = {}
    for guess in [*_learned(words), *_understood(words, ticket)]:
        known = found.get(guess.field)
        if known is None or guess.confidence > known.confidence:
            found[guess.field] = guess
    return [one for one in found.values() if one.confidence >= WORTH_SHOWING]


def _learned(words: str) -> Iterator[Guess]:
    number, fields = live_fields()
    features = features_of(words) if fields else {}
    for field, learned in fields.items():
        value, confidence = learned.guess(features)
        yield Guess(field, value, confidence, "learned", number)


def _understood(words: str, ticket: Ticket) -> Iterator[Guess]:
    for name, understand in understanders.items():
        told = understand(words, language=ticket.language, brand=ticket.inbox.brand_id)
        if told is None:
            continue
        if told.urgency >= _URGENT:
            yield Guess(Triaged.PRIORITY, "high", told.urgency, name)
        if abs(told.mood) >= _MOODY:
            mood = "unhappy" if told.mood < 0 else "happy"
            yield Guess(Triaged.SENTIMENT, mood, abs(told.mood), name)
        if told.language:
            is_agreed = told.language == guess_language(words)
            yield Guess(Triaged.LANGUAGE, told.language, _AGREED if is_agreed else _ALONE, name)


@transaction.atomic
def note_guesses(ticket: Ticket, guesses: Iterable[Guess]) -> list[TriageGuess]:
    """Kept once per field. Set by itself what is sure enough for its rule, unless somebody has set
    it meanwhile; all else waits for somebody's word."""
    ticket = lock(ticket)
    known = set(TriageGuess.objects.filter(ticket=ticket).values_list("field", flat=True))
    by_field, made = rules(), []
    for guess in guesses:
        rule = by_field[guess.field]
        was = _present(ticket, guess.field, guess.value)
        is_unknown = guess.field in SETTABLE and was == guess.value
        if guess.field in known or not rule.is_on or is_unknown:
            continue
        row = TriageGuess(
            ticket=ticket,
            field=guess.field,
            value=guess.value[:40],
            was=was,
            confidence=round(guess.confidence, 3),
            source=guess.source,
            model=guess.model,
        )
        if _is_sure(row, rule) and _is_unset(ticket, guess.field):
            row.state, row.decided_at = _State.APPLIED, now()
            _apply(ticket, row)
        row.save(force_insert=True)
        made.append(row)
    return made


def _is_sure(guess: TriageGuess, rule: TriageRule) -> bool:
    if guess.field not in SETTABLE or rule.applies_from is None:
        return False
    return guess.confidence * 100 >= rule.applies_from


def _present(ticket: Ticket, field: str, value: str) -> str:
    match field:
        case Triaged.TYPE:
            return ticket.type
        case Triaged.PRIORITY:
            return Priority(ticket.priority).name.lower()
        case Triaged.SKILL:
            return value if value in ticket.tags else ""
    return ticket.language if field == Triaged.LANGUAGE else ""


def _is_unset(ticket: Ticket, field: str) -> bool:
    """What somebody has chosen is never changed by itself."""
    match field:
        case Triaged.TYPE:
            return not ticket.type
        case Triaged.PRIORITY:
            return ticket.priority == Priority.NORMAL
    return True


def _apply(ticket: Ticket, guess: TriageGuess, actor: User | None = None) -> None:
    match guess.field:
        case Triaged.TYPE:
            set_type(ticket, actor=actor, type=guess.value)
        case Triaged.PRIORITY:
            set_priority(ticket, actor=actor, priority=Priority[guess.value.upper()])
        case Triaged.SKILL:
            set_tags(ticket, actor=actor, tags=[*ticket.tags, guess.value])


# What people say to it


@transaction.atomic
def take_guess(guess: TriageGuess, *, actor: User) -> TriageGuess:
    """Twice is once."""
    lock(Ticket(pk=guess.ticket_id))
    guess = TriageGuess.objects.select_for_update().get(pk=guess.pk)
    if guess.state == _State.OPEN and guess.field in SETTABLE:
        _apply(Ticket.objects.get(pk=guess.ticket_id), guess, actor)
        _decide(guess, _State.TAKEN, actor)
    return guess


@transaction.atomic
def refuse_guess(guess: TriageGuess, *, actor: User) -> TriageGuess:
    """What was set by itself stays as it is: they change it where it is changed."""
    guess = TriageGuess.objects.select_for_update().get(pk=guess.pk)
    if guess.state == _State.OPEN:
        _decide(guess, _State.REFUSED, actor)
    return guess


def _decide(guess: TriageGuess, state: str, actor: User | None) -> None:
    guess.state, guess.decided_by, guess.decided_at = state, actor, now()
    guess.save(update_fields=["state", "decided_by", "decided_at"])


def note_choice(ticket: UUID, *, field: str, value: str, by: UUID) -> None:
    """Somebody set the field themselves: whether that is what was guessed."""
    known = TriageGuess.objects.filter(
        ticket=ticket, field=field, state__in=[_State.OPEN, _State.APPLIED]
    )
    for guess in known:
        state = _State.TAKEN if guess.value == value else _State.REFUSED
        TriageGuess.objects.filter(pk=guess.pk).update(state=state, decided_by=by, decided_at=now())


# Learning


@transaction.atomic
def ask_learning(*, actor: User | None) -> TriageModel:
    """One that waits already is the answer to everybody who asks."""
    states = TriageModel.State
    waiting = TriageModel.objects.select_for_update().filter(state=states.ASKED).first()
    if waiting:
        return waiting
    last = TriageModel.objects.aggregate(last=Max("number"))["last"] or 0
    model = TriageModel(number=last + 1, asked_by=actor)
    model.save(force_insert=True)
    record("triage.asked", subject=model, actor=actor, number=model.number)
    return model


def learn_if_due() -> TriageModel | None:
    """Once a week, where a version is in use and tickets were resolved since."""
    live = TriageModel.objects.filter(is_live=True).defer("weights").first()
    newest = TriageModel.objects.defer("weights").order_by("-number").first()
    if live is None or newest is None or now() - newest.asked_at < _WEEK:
        return None
    is_new = Ticket.objects.filter(resolved_at__gt=newest.asked_at).exists()
    return ask_learning(actor=None) if is_new else None


def learn_anew() -> dict[str, Any]:
    """Slow, and outside any transaction: what a version is made of."""
    learning = import_module("automation.triage.learning")
    examples = load_examples()
    outcome = learning.learn(examples, [str(field) for field in LEARNED_FIELDS])
    return {
        "report": outcome.report | {"seen": len(examples)},
        "weights": import_module("automation.triage.model").to_bytes(outcome.fields),
        "fields": sorted(outcome.fields),
        "live": _judge_live(examples),
    }


def _judge_live(examples: list[Any]) -> dict[str, float]:
    """How the live version does on the same newer tickets."""
    learning = import_module("automation.triage.learning")
    newer = examples[int(len(examples) * learning.LEARNED_SHARE) :]
    _number, fields = live_fields()
    found = {}
    for field, learned in fields.items():
        known = [one for one in newer if field in one.values]
        if known:
            found[field] = learning.judge(learned, known, field)["right"]
    return found


def keep_learned(pk: UUID, found: Mapping[str, Any]) -> TriageModel:
    """Within a transaction. It goes live unless nothing could be learned or it is clearly worse
    than what is."""
    model = TriageModel.objects.select_for_update().get(pk=pk)
    model.done_at, model.report = now(), found["report"]
    if not found["fields"]:
        model.state, model.why = TriageModel.State.FAILED, "too_little"
    else:
        model.state, model.weights = TriageModel.State.READY, found["weights"]
        worse = [
            field
            for field, right in found["live"].items()
            if found["report"].get(field, {}).get("right", 0) < right - _MAY_LOSE
        ]
        model.why = "worse" if worse else ""
    model.save()
    record("triage.learned", subject=model, actor=None, state=model.state, why=model.why)
    if model.state == TriageModel.State.READY and not model.why:
        _put_live(model)
    _drop_old()
    return model


@transaction.atomic
def use_version(model: TriageModel, *, actor: User) -> TriageModel:
    """Also the way back to an earlier one."""
    model = TriageModel.objects.select_for_update().get(pk=model.pk)
    if model.state != TriageModel.State.READY:
        raise Invalid(_("Nothing was learned in this version."))
    _put_live(model)
    record("triage.went_live", subject=model, actor=actor, number=model.number)
    return model


def _put_live(model: TriageModel) -> None:
    TriageModel.objects.filter(is_live=True).update(is_live=False)
    TriageModel.objects.filter(pk=model.pk).update(is_live=True)
    forget_live()


def _drop_old() -> None:
    kept = TriageModel.objects.order_by("-number").values_list("pk", flat=True)[:_KEPT]
    TriageModel.objects.filter(is_live=False).exclude(pk__in=list(kept)).delete()


@transaction.atomic
def set_rules(*, actor: User, chosen: Mapping[str, tuple[bool, int | None]]) -> None:
    """``chosen``: field → whether it is suggested, and from how sure on it is set by itself."""
    for field, (is_on, applies_from) in chosen.items():
        applies = applies_from if field in SETTABLE else None
        TriageRule.objects.update_or_create(
            field=field, defaults={"is_on": is_on, "applies_from": applies}
        )
    record("triage.set_up", subject=actor, actor=actor)
