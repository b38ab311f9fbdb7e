"""What agents have the copilot do. It is worked out by a worker, however long a model takes; who
asked looks again until it is there. Nothing it makes is sent to anybody: an agent takes it or not.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from bots.copilot.drafting import compose, greet
from bots.copilot.facts import compare
from bots.copilot.prompts import (
    TONES,
    VERSION,
    keep_sentences,
    read_text,
    summary_prompt,
    tone_prompt,
    translation_prompt,
)
from bots.errors import CopilotOff
from bots.generator import GeneratorUnavailable, Prompt, complete, is_set_up, name_of_model
from bots.models import CopilotChoice, CopilotSettings, CopilotUse, Turn
from bots.models.copilot import FEATURES
from bots.phrasing import keep_supported, prompt_for
from bots.queries.answers import Answer, find_answer
from bots.queries.copilot import (
    NEEDS_MODEL,
    Talk,
    facts_of,
    features_of,
    find_translation,
    hints_for,
    label_of,
    load_talk,
    questions_of,
    reader_of,
)
from connectors.models import Brand, Inbox
from connectors.queries import fold_quotes
from core.clock import now
from core.errors import Invalid, TooMany
from core.events import record
from core.lanes import Lease
from core.limits import seconds_to_wait
from tickets.models import Message, Ticket

log = logging.getLogger("helpdesk.bots")

KEPT = timedelta(days=90)
_MOST_LETTERS = 6000
_PER_MINUTE = 30
_SOURCES = 24
_OURS = dict(settings.LANGUAGES)
_Kind, _State = CopilotUse.Kind, CopilotUse.State


# Asking


@dataclass(frozen=True, slots=True)
class Wanted:
    kind: str
    language: str  # of what is to be made
    text: str = ""  # what the agent has written
    tone: str = ""
    message: Message | None = None  # to be translated


def ask_copilot(ticket: Ticket, *, actor: User, wanted: Wanted) -> CopilotUse:
    """The caller has seen to it that they may see the ticket, and that the message is of it."""
    _check(ticket, wanted)
    if seconds_to_wait("copilot", str(actor.pk), at_most=_PER_MINUTE, seconds=60):
        raise TooMany(_("Too many at once. Wait a moment."))
    use = CopilotUse(
        ticket=ticket,
        user=actor,
        kind=wanted.kind,
        language=wanted.language,
        message=wanted.message,
        version=VERSION,
        at=now(),
    )
    use.given = {"text": wanted.text, "tone": wanted.tone}
    if wanted.message and (known := find_translation(wanted.message, wanted.language)):
        use.state, use.code, use.made, use.model = _State.DONE, "kept", known.made, known.model
    with transaction.atomic():
        use.save(force_insert=True)
        if use.state == _State.ASKED:
            record("copilot.asked", subject=use, actor=actor)
    return use


def _check(ticket: Ticket, wanted: Wanted) -> None:
    if wanted.kind not in FEATURES:
        raise Invalid(_("There is nothing of this kind."), field="kind")
    if wanted.kind not in features_of(ticket.inbox.brand_id):
        raise CopilotOff(_("This is switched off for the brand."))
    if wanted.kind in NEEDS_MODEL and not is_set_up():
        raise CopilotOff(_("This needs a language model, and none is set up."))
    if wanted.kind == _Kind.TONE and wanted.tone not in TONES:
        raise Invalid(_("There is nothing of this kind."), field="tone")
    has_text = wanted.message is not None or bool(wanted.text.strip())
    if wanted.kind in NEEDS_MODEL and not has_text:
        raise Invalid(_("There is nothing written yet."), field="text")
    if len(wanted.text) > _MOST_LETTERS:
        reason = _("At most %(n)s characters at a time.") % {"n": f"{_MOST_LETTERS:,}"}
        raise Invalid(reason, field="text")


# Answering


@dataclass(slots=True)
class Work:
    """One use while it is being worked on."""

    use: CopilotUse
    user: User
    talk: Talk
    code: str = ""
    state: str = _State.DONE
    made: dict[str, Any] = field(default_factory=dict)

    def say(self, prompt: Prompt) -> str:
        """What leaves is written down before it leaves. Raises ``GeneratorUnavailable``."""
        use = self.use
        use.sent = [*use.sent, {"system": prompt.system, "user": prompt.user}]
        use.model = name_of_model()
        use.save(update_fields=["sent", "model"])
        return complete(prompt.system, prompt.user, most_tokens=prompt.most_tokens)


def answer_copilot(pk: UUID, lease: Lease) -> None:
    uses = CopilotUse.objects.select_related("user", "message", "ticket__customer")
    use = uses.filter(pk=pk, state=_State.ASKED).first()
    work = _begin(use) if use else None
    if use is None or work is None:
        with lease.finish():
            CopilotUse.objects.filter(pk=pk, state=_State.ASKED).update(
                state=_State.FAILED, code="gone"
            )
        return
    began = time.monotonic()
    with translation.override(use.language if use.language in _OURS else "en"):
        _do(work)
    use.milliseconds = int((time.monotonic() - began) * 1000)
    use.state, use.code, use.made = work.state, work.code, work.made
    use.messages = use.messages or [line.message for line in work.talk.lines]
    with lease.finish():
        use.save()


def _begin(use: CopilotUse) -> Work | None:
    """With the rights of who asked, as they are now."""
    if use.user is None or not use.user.is_active:
        return None
    seen = Ticket.objects.visible_to(use.user).filter(pk=use.ticket_id)
    ticket = seen.select_related("customer", "inbox__brand").first()
    return Work(use, use.user, load_talk(ticket)) if ticket else None


def _do(work: Work) -> None:
    ways: dict[str, Callable[[Work], None]] = {
        _Kind.SUMMARY: _summarise,
        _Kind.SUGGESTION: _suggest,
        _Kind.TRANSLATION: _translate,
        _Kind.TONE: _change_tone,
    }
    try:
        ways[work.use.kind](work)
    except GeneratorUnavailable as problem:
        work.state, work.code, work.made = _State.FAILED, str(problem)[:40], {}


def _summarise(work: Work) -> None:
    """The facts are shown in any case; a model only tells them."""
    facts = facts_of(work.talk)
    work.use.given = {"facts": [[one.name, one.text] for one in facts]}
    work.use.messages = sorted({pk for one in facts for pk in one.messages})
    work.made = {"facts": work.use.given["facts"]}
    if not facts or not is_set_up():
        return
    told = [f"{label_of(one.name)}: {one.text}" for one in facts]
    try:
        said = work.say(summary_prompt(told, language=work.use.language))
        summed = keep_sentences(said, [one.text for one in facts])
    except GeneratorUnavailable as problem:
        work.code = str(problem)[:40]
        return
    work.made |= {"sentences": [[text, of] for text, of in summed.sentences]}
    work.made["struck"] = summed.struck


def _suggest(work: Work) -> None:
    """From our articles; where they say nothing, from a reply template or what the bot would say.
    What another customer was told is linked, never taken."""
    talk, use = work.talk, work.use
    questions, use.language = questions_of(talk), talk.language
    use.given = {"questions": questions}
    answers = _look_up(questions, talk)
    use.passages = [str(pk) for one in answers for said in one.sentences for pk in said.passages]
    use.encoder = next((str(one.trace.get("encoder", "")) for one in answers), "")[:80]
    is_mail = talk.ticket.inbox.kind == Inbox.Kind.MAIL
    phrased = _phrase(work, questions, answers)
    draft = compose(
        answers,
        phrased=phrased,
        greeting=greet(talk.ticket.customer.name, talk.language) if is_mail else "",
        hints=hints_for("\n".join(questions), user=work.user, ticket=talk.ticket.pk),
        by_bot=_by_bot(talk),
    )
    work.made |= draft.as_json()


def _look_up(questions: list[str], talk: Talk) -> list[Answer]:
    reader, language = reader_of(talk), talk.language
    found = [
        find_answer(question, reader=reader, language=language, is_phrased=False)
        for question in questions
    ]
    return [one for one in found if one.sentences]


def _phrase(work: Work, questions: list[str], answers: list[Answer]) -> list[str]:
    """The sentences of a model that stand in our articles; none where there is no model, or where
    all of its were struck."""
    offered = list(dict.fromkeys(one for answer in answers for one in answer.offered))[:_SOURCES]
    if not offered or not is_set_up():
        return []
    try:
        said = work.say(prompt_for("\n".join(questions), offered))
        kept = keep_supported(said, offered)
    except GeneratorUnavailable as problem:
        work.code = str(problem)[:40]
        return []
    work.made = {"struck": kept.struck}
    return [text for text, _passages in kept.sentences]


def _by_bot(talk: Talk) -> str:
    turns = Turn.objects.filter(
        dialogue__ticket=talk.ticket, dialogue__thread__in=talk.threads, is_suggestion=True
    )
    newest = turns.select_related("dialogue__ticket").order_by("-at").first()
    return str(newest.said) if newest and talk.ticket.waiting_since else ""


def _translate(work: Work) -> None:
    """Of a customer's message a doubtful figure is named beside it; an answer of ours in which one
    is not what it was is refused."""
    use = work.use
    text = _text_of(work)
    said = read_text(work.say(translation_prompt(text, language=use.language)))
    kept = compare(text, said, translated=True)
    if kept or use.message_id:
        work.made = {"text": said, "before": text, "lost": [*kept.lost], "added": [*kept.added]}
    else:
        _refuse(work, kept.lost, kept.added)


def _text_of(work: Work) -> str:
    use = work.use
    if use.message is None:
        if not use.given["text"].strip():  # the message was deleted meanwhile
            raise GeneratorUnavailable("gone")
        return str(use.given["text"])
    own = any(line.message == str(use.message_id) for line in work.talk.lines)
    use.messages = [str(use.message_id)]
    if not own:  # redacted meanwhile
        raise GeneratorUnavailable("gone")
    return fold_quotes(use.message.body)[0].strip()[:_MOST_LETTERS]


def _change_tone(work: Work) -> None:
    text, tone = str(work.use.given["text"]), str(work.use.given["tone"])
    said = read_text(work.say(tone_prompt(text, tone=tone)))
    kept = compare(text, said, names=[*work.talk.names, work.user.name])
    if kept:
        work.made = {"text": said, "before": text}
    else:
        _refuse(work, kept.lost, kept.added)


def _refuse(work: Work, lost: Iterable[str], added: Iterable[str]) -> None:
    work.state, work.code = _State.REFUSED, "facts_changed"
    work.made = {"lost": list(lost), "added": list(added)}


# Around it


def note_copilot_used(use: CopilotUse) -> None:
    CopilotUse.objects.filter(pk=use.pk, used_at=None).update(used_at=now())


def hide_copilot(*, actor: User, is_hidden: bool) -> None:
    CopilotChoice.objects.update_or_create(user=actor, defaults={"is_hidden": is_hidden})


@transaction.atomic
def set_copilot(brand: Brand, *, features: Iterable[str], actor: User | None) -> CopilotSettings:
    wanted = set(features)
    found, _is_new = CopilotSettings.objects.select_for_update().get_or_create(brand=brand)
    changed = [name for name in FEATURES if getattr(found, name) != (name in wanted)]
    for name in changed:
        setattr(found, name, name in wanted)
    if changed:
        found.save(update_fields=changed)
        record("copilot.set", subject=brand, actor=actor, fields=changed)
    return found


def forget_words_of(message: UUID) -> None:
    """Whatever was made of a message whose words were removed."""
    made_of = CopilotUse.objects.filter(messages__contains=[str(message)])
    for use in made_of.select_related("ticket"):
        use.given, use.sent, use.made = {}, [], {}
        use.save(update_fields=["given", "sent", "made"])


def forget_old_uses() -> int:
    deleted, _by_model = CopilotUse.objects.filter(at__lt=now() - KEPT).delete()
    return deleted
