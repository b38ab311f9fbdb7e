"""A first draft of an article out of what people answered to the same question before.

Whoever reads a draft may see none of those tickets, so nothing personal passes: a sentence that
held anything of the kind is left out as a whole.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction

from bots import clusters
from bots.encoding import find_sentence_encoder
from bots.masking import MASK, mask, strip_courtesies
from bots.models import Gap, Question
from core.clock import now
from core.encoders import Encoder
from core.fields import warm_keys
from knowledge.passages import SENTENCE_END
from tickets.models import Message
from tickets.queries.similar import Similar, answers_to, find_solved

_EXAMPLES, _TICKETS, _ANSWERS = 3, 12, 8
# Below it two questions are not about the same.
_SAME = 0.5
_SHORTEST, _LONGEST = 40, 4_000
_TITLE = 160


def draft_gap(gap: Gap) -> bool:
    """Whether there is a draft now; none while nobody has answered such a question."""
    encoder = find_sentence_encoder()
    if encoder is None:
        return False
    similar = _find_similar(gap, encoder)
    body = _best(_usable_answers(similar), encoder)
    with transaction.atomic():
        gap = Gap.objects.select_for_update().get(pk=gap.pk)
        if gap.state != Gap.State.OPEN:
            return False
        gap.draft_title, gap.draft_body = gap.title[:_TITLE], body
        gap.drafted_from = [str(one.ticket.pk) for one in similar] if body else []
        gap.drafted_at = now()
        gap.save(update_fields=["draft_title", "draft_body", "drafted_from", "drafted_at"])
    return bool(body)


def _find_similar(gap: Gap, encoder: Encoder) -> list[Similar]:
    examples = [gap.title, *(one.text for one in _examples(gap))]
    found: dict[object, Similar] = {}
    for text in dict.fromkeys(examples):
        for one in find_solved(text, user=None, limit=_TICKETS):
            found.setdefault(one.ticket.pk, one)
    candidates = list(found.values())
    if not candidates:
        return []
    centre = clusters.from_bytes(bytes(gap.centre))
    asked = [mask(one.question.body[:500]) for one in candidates]
    nearness = encoder.encode_queries(asked) @ centre
    ranked = sorted(zip(nearness, candidates, strict=True), key=lambda pair: -pair[0])
    return [one for near, one in ranked if near >= _SAME][:_ANSWERS]


def _examples(gap: Gap) -> list[Question]:
    questions = list(gap.questions.order_by("-at")[:_EXAMPLES])
    warm_keys(questions)
    return questions


def _usable_answers(similar: Sequence[Similar]) -> list[str]:
    """The first of each ticket that says something."""
    answers = answers_to([one.ticket for one in similar])
    found = []
    for one in similar:
        cleaned = (clean(message) for message in answers.get(one.ticket.pk, []))
        if text := next((text for text in cleaned if len(text) >= _SHORTEST), ""):
            found.append(text)
    return found


def clean(message: Message) -> str:
    """Without courtesies, and without each sentence that held something personal."""
    customer = message.ticket.customer
    names = [customer.name, message.author.name if message.author else ""]
    text = mask(strip_courtesies(message.body[:_LONGEST]), names=filter(None, names))
    paragraphs = (" ".join(_impersonal(line)) for line in text.split("\n"))
    cleaned = "\n\n".join(filter(None, paragraphs))
    # What follows a greeting begins small.
    return cleaned[:1].upper() + cleaned[1:]


def _impersonal(line: str) -> Iterable[str]:
    return [part for part in SENTENCE_END.split(line.strip()) if part and MASK not in part]


def _best(answers: Sequence[str], encoder: Encoder) -> str:
    """The one that says what the others say, too."""
    if not answers:
        return ""
    return answers[clusters.most_central(list(encoder.encode_passages(answers)))]
