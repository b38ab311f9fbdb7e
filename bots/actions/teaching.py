"""Teaching bots: intents, their examples, kinds of entities."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bots.models import EntityType, Intent, IntentExample
from core.crypto import derive
from core.errors import Invalid, NotAllowed
from core.events import record
from core.fields import warm_keys
from core.languages import identify
from core.words import normalise
from customers.models import Customer

TEACH = "bots.teach_intent"
MAX_LINES = 500
MAX_SIGNS = 500
_SLUG = re.compile(r"[a-z][a-z0-9_]{1,39}")
# A repetition within a repetition can take for ever on a few signs.
_EXPLODES = re.compile(r"\([^()]*[+*}][^()]*\)\s*[+*{]")


@dataclass(slots=True)
class Lesson:
    """What became of a paste of many lines."""

    added: list[IntentExample] = field(default_factory=list)
    known: int = 0  # this intent has them already
    elsewhere: list[tuple[str, Intent]] = field(default_factory=list)  # another one has them
    too_long: int = 0


def require_teacher(actor: User | None) -> None:
    """``None`` is the program itself: demonstration data, a command."""
    if actor is not None and not actor.may(TEACH):
        raise NotAllowed(_("Your role does not allow this."), right=TEACH)


# Intents


@transaction.atomic
def add_intent(*, actor: User | None, slug: str, **values: Any) -> Intent:
    """``names``, ``description``, ``brand``, ``is_active``."""
    require_teacher(actor)
    check_slug(slug)
    if Intent.objects.filter(slug=slug).exists():
        raise Invalid(_("There is an intent with this code already."), field="slug")
    intent = Intent(slug=slug, **values)
    check_names(intent.names)
    intent.save(force_insert=True)
    record("intent.added", subject=intent, actor=actor)
    return intent


@transaction.atomic
def change_intent(intent: Intent, *, actor: User | None, **values: Any) -> Intent:
    """Not its code: flows and reports name it by that."""
    require_teacher(actor)
    intent = Intent.objects.select_for_update(of=("self",)).get(pk=intent.pk)
    changed = [name for name, value in values.items() if getattr(intent, name) != value]
    for name in changed:
        setattr(intent, name, values[name])
    check_names(intent.names)
    if changed:
        intent.save(update_fields=changed)
        record("intent.changed", subject=intent, actor=actor, fields=changed)
    return intent


@transaction.atomic
def remove_intent(intent: Intent, *, actor: User | None) -> None:
    """With its examples. Models that know it keep it until the next training."""
    require_teacher(actor)
    record("intent.removed", subject=intent, actor=actor)
    intent.delete()


def check_slug(slug: str) -> None:
    if not _SLUG.fullmatch(slug):
        said = _("Use small letters a to z, digits and _, and begin with a letter.")
        raise Invalid(said, field="slug")


def check_names(names: dict[str, str]) -> None:
    if not any(names.values()):
        raise Invalid(_("Give it a name in at least one language."), field="name_en")


# Examples


@transaction.atomic
def teach(
    intent: Intent,
    *,
    lines: Iterable[str],
    actor: User | None,
    language: str = "",
    source: str = IntentExample.Source.WRITTEN,
    customer: Customer | None = None,
    is_reviewed: bool = True,
) -> Lesson:
    """One sentence a line. Without ``language`` each line's is found out.

    Words of a customer are sealed with the customer's own key and go when the customer goes.
    """
    require_teacher(actor)
    sentences = list(dict.fromkeys(" ".join(line.split()) for line in lines))
    sentences = [sentence for sentence in sentences if sentence]
    if len(sentences) > MAX_LINES:
        raise Invalid(_("At most %(n)s lines at a time.") % {"n": MAX_LINES}, field="lines")
    lesson = Lesson()
    prints = {fingerprint(sentence): sentence for sentence in sentences}
    held = IntentExample.objects.filter(fingerprint__in=list(prints)).select_related("intent")
    known = {bytes(one.fingerprint): one.intent for one in held}
    for mark, sentence in prints.items():
        if len(sentence) > MAX_SIGNS:
            lesson.too_long += 1
        elif mark not in known:
            code = language or identify(sentence).code
            lesson.added.append(
                IntentExample(
                    intent=intent,
                    text=sentence,
                    fingerprint=mark,
                    language=code,
                    source=source,
                    customer=customer,
                    is_reviewed=is_reviewed,
                    created_by=actor,
                )
            )
        elif known[mark].pk == intent.pk:
            lesson.known += 1
        else:
            lesson.elsewhere.append((sentence, known[mark]))
    IntentExample.objects.bulk_create(lesson.added)
    if lesson.added:
        record("intent.taught", subject=intent, actor=actor, count=len(lesson.added))
    return lesson


@transaction.atomic
def forget_example(example: IntentExample, *, actor: User | None) -> None:
    require_teacher(actor)
    record("intent.example_removed", subject=example.intent, actor=actor, example=example.pk)
    example.delete()


@transaction.atomic
def review_example(example: IntentExample, *, actor: User) -> None:
    """From now on it is learned from."""
    require_teacher(actor)
    IntentExample.objects.filter(pk=example.pk).update(is_reviewed=True)
    record("intent.example_reviewed", subject=example.intent, actor=actor, example=example.pk)


def fingerprint(sentence: str) -> bytes:
    said = " ".join(re.findall(r"\w+", normalise(sentence))) or sentence
    return hmac.digest(derive("intent-examples"), said.encode(), hashlib.sha256)[:16]


def read_examples(intent: Intent) -> list[IntentExample]:
    found = list(intent.examples.all())
    warm_keys(found)
    return found


# Kinds of entities


@transaction.atomic
def add_entity_type(*, actor: User | None, slug: str, **values: Any) -> EntityType:
    """``names``, ``kind``, ``pattern``, ``form``, ``entries``, ``is_active``."""
    require_teacher(actor)
    check_slug(slug)
    if EntityType.objects.filter(slug=slug).exists():
        raise Invalid(_("There is a kind with this code already."), field="slug")
    kind = EntityType(slug=slug, **values)
    check_names(kind.names)
    check_entity_type(kind)
    kind.save(force_insert=True)
    record("entity_type.added", subject=kind, actor=actor)
    return kind


@transaction.atomic
def change_entity_type(found: EntityType, *, actor: User, **values: Any) -> EntityType:
    require_teacher(actor)
    kept = EntityType.objects.select_for_update().get(pk=found.pk)
    changed = [name for name, value in values.items() if getattr(kept, name) != value]
    for name in changed:
        setattr(kept, name, values[name])
    check_names(kept.names)
    check_entity_type(kept)
    if changed:
        kept.save(update_fields=changed)
        record("entity_type.changed", subject=kept, actor=actor, fields=changed)
    return kept


@transaction.atomic
def remove_entity_type(found: EntityType, *, actor: User) -> None:
    require_teacher(actor)
    record("entity_type.removed", subject=found, actor=actor)
    found.delete()


def check_entity_type(kind: EntityType) -> None:
    if kind.kind == EntityType.Kind.LIST:
        if not kind.entries:
            raise Invalid(_("Put at least one name on the list."), field="lines")
        return
    try:
        pattern = re.compile(kind.pattern)
    except re.error as error:
        said = _("This is no regular expression: %(problem)s") % {"problem": error.msg}
        raise Invalid(said, field="pattern") from None
    if not kind.pattern or pattern.fullmatch("") or _EXPLODES.search(kind.pattern):
        said = _("It must not match nothing, nor repeat what is repeated already.")
        raise Invalid(said, field="pattern")
    try:
        kind.form.format("", *[""] * pattern.groups)
    except (IndexError, KeyError, ValueError, AttributeError):
        said = _("Use {0} and the numbers of its groups, for example PW-{1}.")
        raise Invalid(said, field="form") from None
