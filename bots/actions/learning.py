"""Learning from what was not answered: keep the question, put alike ones together, decide."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bots import clusters
from bots.encoding import find_sentence_encoder
from bots.errors import AlreadyDecided
from bots.masking import MASK, mask
from bots.models import Gap, Question
from core.clock import now
from core.errors import NotAllowed
from core.events import record
from core.fields import warm_keys
from core.limits import seconds_to_wait
from knowledge.actions import add_article, add_test_question
from knowledge.encoding import name_of
from knowledge.lifecycle import WRITE
from knowledge.models import Article, ArticleFeedback, ArticleVersion, Category

_MOST_CHARACTERS = 500
_PER_HOUR = 600
_AT_ONCE = 200
_KEPT = timedelta(days=180)
# Groups that still take questions; the oldest open one is as good as a new one.
_GROUPS = 2_000
_TESTS = 5


def note_unanswered(
    question: str, *, dialogue: UUID, language: str, intent: str, reason: str
) -> None:
    """What a bot could not answer."""
    _keep(
        question,
        source=Question.Source.BOT,
        language=language,
        asked_in=dialogue,
        intent=intent[:60],
        reason=reason[:40],
    )


def note_missed_search(words: str, *, brand: UUID, language: str) -> None:
    """Nobody is asked who they are, so nobody may fill the list by it."""
    if not seconds_to_wait("missed-search", str(brand), at_most=_PER_HOUR, seconds=3600):
        _keep(words, source=Question.Source.SEARCH, language=language, brand_id=brand)


def note_unhelpful(said: ArticleFeedback) -> None:
    """The comment says what was missed; without one it is the article's own title. Who says more
    takes nothing back."""
    Question.objects.filter(asked_in=said.pk).delete()
    _keep(
        said.comment or said.version.title,
        source=Question.Source.ARTICLE,
        language=said.version.language,
        article=said.version.article,
        asked_in=said.pk,
    )


def _keep(text: str, **about: object) -> None:
    said = mask(" ".join(text.split())[:_MOST_CHARACTERS])
    # What is left of a mere number or name asks nothing.
    if sum(sign.isalpha() for sign in said) < 2:
        return
    with transaction.atomic():
        Question.objects.create(text=said, **about)


# Putting together


def gather_questions() -> int:
    """Give each new question its gap; says how many got one. None while there is no encoder."""
    encoder = find_sentence_encoder()
    if encoder is None:
        return 0
    questions = list(Question.objects.filter(gap=None).order_by("at", "id")[:_AT_ONCE])
    if not questions:
        return 0
    warm_keys(questions)
    vectors = encoder.encode_queries([one.text for one in questions])
    name = name_of(encoder)
    with transaction.atomic():
        groups = _load_groups(name)
        for question, vector in zip(questions, vectors, strict=True):
            _place(question, vector, name, groups)
        _keep_groups(groups)
    return len(questions)


def _load_groups(encoder: str) -> list[clusters.Group]:
    found = Gap.objects.select_for_update().filter(encoder=encoder)
    gaps = list(found.exclude(state=Gap.State.CLOSED).order_by("-last_at")[:_GROUPS])
    warm_keys(gaps)
    return [clusters.Group(gap, clusters.from_bytes(bytes(gap.centre)), gap.size) for gap in gaps]


def _place(
    question: Question, vector: "clusters.Vector", encoder: str, groups: list[clusters.Group]
) -> None:
    alike = [group for group in groups if group.key.language[:2] == question.language[:2]]
    group = clusters.assign(vector, alike)
    if group is None:
        gap = Gap.objects.create(
            language=question.language,
            title=question.text,
            centre=clusters.to_bytes(vector),
            encoder=encoder,
            size=1,
            first_at=question.at,
            last_at=question.at,
        )
        group = clusters.Group(gap, vector, 1)
        groups.append(group)
    group.key.last_at = max(group.key.last_at, question.at)
    question.gap, question.encoder = group.key, encoder
    question.vector = clusters.to_bytes(vector)
    question.save(update_fields=["gap", "encoder", "vector"])


def _keep_groups(groups: Sequence[clusters.Group]) -> None:
    open_ones = [group for group in groups if group.key.state == Gap.State.OPEN]
    for kept, joined in clusters.find_joinable(open_ones):
        if kept.key.language[:2] == joined.key.language[:2]:
            Question.objects.filter(gap=joined.key).update(gap=kept.key)
            clusters.join(kept, joined)
            kept.key.first_at = min(kept.key.first_at, joined.key.first_at)
            joined.key.delete()
    for group in groups:
        if group.size and group.size != group.key.size:
            group.key.size, group.key.centre = group.size, clusters.to_bytes(group.centre)
            group.key.title = _heart_of(group.key)
            group.key.save(update_fields=["size", "centre", "title", "first_at", "last_at"])


def _heart_of(gap: Gap) -> str:
    questions = list(gap.questions.exclude(encoder="")[:50])
    warm_keys(questions)
    vectors = [clusters.from_bytes(bytes(one.vector)) for one in questions]
    return questions[clusters.most_central(vectors)].text if questions else gap.title


def forget_old_questions() -> int:
    """What was asked once, long ago, and by nobody since."""
    old = Gap.objects.filter(state=Gap.State.OPEN, last_at__lt=now() - _KEPT)
    Question.objects.filter(gap__in=old).delete()
    return old.delete()[0]


# Deciding


@transaction.atomic
def accept_gap(
    gap: Gap,
    *,
    actor: User,
    category: Category,
    title: str,
    body: str,
    audience: str = Article.Audience.PUBLIC,
) -> ArticleVersion:
    """The words become a draft of an article; its questions will test it once it is out."""
    gap = _lock(gap, actor)
    version = add_article(
        category,
        actor=actor,
        language=gap.language,
        title=title,
        body=body,
        audience=audience,
        notes=_("Written because customers asked for it and found nothing."),
    )
    _decide(gap, Gap.State.DRAFTED, actor, "gap.accepted", article=version.article)
    return version


@transaction.atomic
def dismiss_gap(gap: Gap, *, actor: User) -> Gap:
    """Further questions that mean the same go to it and are shown no more."""
    gap = _lock(gap, actor)
    _decide(gap, Gap.State.DISMISSED, actor, "gap.dismissed")
    return gap


def _lock(gap: Gap, actor: User) -> Gap:
    if not actor.may(WRITE):
        raise NotAllowed(_("Your role does not allow this."), right=WRITE)
    gap = Gap.objects.select_for_update().get(pk=gap.pk)
    if gap.state != Gap.State.OPEN:
        raise AlreadyDecided(_("Somebody else has decided about it."))
    return gap


def _decide(
    gap: Gap, state: str, actor: User, event: str, *, article: Article | None = None
) -> None:
    gap.state, gap.decided_by, gap.decided_at, gap.article = state, actor, now(), article
    gap.save(update_fields=["state", "decided_by", "decided_at", "article"])
    about = article.pk if article else None
    record(event, subject=gap, actor=actor, size=gap.size, article=about)


def close_gaps(article: UUID, *, version: UUID) -> int:
    """When an article is out that gaps led to: what was asked becomes what tests it from now on."""
    gaps = list(Gap.objects.select_for_update().filter(article=article, state=Gap.State.DRAFTED))
    published = ArticleVersion.objects.select_related("article").get(pk=version)
    for gap in gaps:
        asked = list(gap.questions.order_by("-at")[:_TESTS])
        warm_keys(asked, [gap])
        texts = dict.fromkeys([gap.title, *(one.text for one in asked)])
        for text in list(texts)[:_TESTS]:
            if MASK not in text:
                add_test_question(published.article, text=text, language=gap.language, actor=None)
        gap.state = Gap.State.CLOSED
        gap.save(update_fields=["state"])
        record("gap.closed", subject=gap, actor=None, article=article)
    return len(gaps)
