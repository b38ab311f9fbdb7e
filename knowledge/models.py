"""Articles: what we know, written once per language, checked before it is shown, and found."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from connectors.models import Brand
from core.clock import now
from core.fields import EncryptedTextField
from core.ids import new_id
from customers.models import Customer, Tier
from knowledge.columns import HalfVectorField, HnswIndex


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: anybody at a brand's help centre, a customer signed in there, or an agent."""

    brand: UUID | None = None
    customer: Customer | None = None
    agent: User | None = None


class Category(models.Model):
    """A shelf of the help centre; shelves stand one within another at most once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    brand = models.ForeignKey(
        Brand,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("brand"),
        help_text=_("None: every brand."),
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    names = models.JSONField(_("names"), default=dict)  # by language
    position = models.PositiveSmallIntegerField(default=0)

    privacy = {"not_personal": "id brand parent names position"}

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("category")

    def __str__(self) -> str:
        names: dict[str, str] = self.names
        wanted = translation.get_language() or settings.LANGUAGE_CODE
        return names.get(wanted) or next(filter(None, names.values()), "")


class ArticleQuerySet(models.QuerySet["Article"]):
    def visible_to(self, reader: Reader) -> "ArticleQuerySet":
        """Those the reader is meant for; whether a version of them is out, versions say."""
        if reader.agent is not None:
            return self if reader.agent.is_active else self.none()
        of_brand = Q(category__brand=None) | Q(category__brand=reader.brand)
        if reader.customer is None:
            return self.filter(of_brand, audience=Article.Audience.PUBLIC, tiers=None)
        meant = Article.tiers.through.objects.filter(tier=reader.customer.tier_id)
        return (
            self.filter(of_brand, Q(tiers=None) | Q(pk__in=meant.values("article")))
            .exclude(audience=Article.Audience.AGENTS)
            .distinct()
        )


class Article(models.Model):
    """One thing explained, in any number of languages."""

    class Audience(models.TextChoices):
        PUBLIC = "public", _("Everybody")
        CUSTOMERS = "customers", _("Customers who are signed in")
        AGENTS = "agents", _("Agents only")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    category = models.ForeignKey(
        Category, models.PROTECT, related_name="articles", verbose_name=_("category")
    )
    audience = models.CharField(
        _("who may read it"), max_length=10, choices=Audience, default=Audience.PUBLIC
    )
    tiers = models.ManyToManyField(
        Tier,
        blank=True,
        related_name="+",
        verbose_name=_("tiers"),
        help_text=_("None chosen: customers of all tiers."),
    )
    notes = models.TextField(_("internal notes"), blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)

    objects = ArticleQuerySet.as_manager()
    privacy = {
        "not_personal": "id category audience tiers position created_at",
        "staff": "notes created_by",
    }

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("article")
        permissions = [
            ("write_article", "Can write articles"),
            ("publish_article", "Can publish articles"),
        ]


class VersionQuerySet(models.QuerySet["ArticleVersion"]):
    def out(self, at: datetime | None = None) -> "VersionQuerySet":
        """What is published now: begun, not ended, and the newest of its language."""
        moment = at or now()
        newer = ArticleVersion.objects.filter(
            article=models.OuterRef("article"),
            language=models.OuterRef("language"),
            number__gt=models.OuterRef("number"),
            state=ArticleVersion.State.PUBLISHED,
            publish_at__lte=moment,
        )
        return self.filter(
            Q(expire_at=None) | Q(expire_at__gt=moment),
            ~models.Exists(newer),
            state=ArticleVersion.State.PUBLISHED,
            publish_at__lte=moment,
        )

    def visible_to(self, reader: Reader) -> "VersionQuerySet":
        meant = Article.objects.visible_to(reader)
        return self.out().filter(article__in=meant.order_by().values("pk"))


class ArticleVersion(models.Model):
    """What an article says in one language. Once published it is never altered."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    article = models.ForeignKey(Article, models.CASCADE, related_name="versions")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    number = models.PositiveIntegerField()
    title = models.CharField(_("title"), max_length=160)
    body = models.TextField(_("text"))  # Markdown, as it was written
    html = models.TextField(editable=False)  # made of it, safe to show
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    reviewer = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    publish_at = models.DateTimeField(_("shown from"), null=True, blank=True)
    expire_at = models.DateTimeField(_("shown until"), null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    changed_at = models.DateTimeField(default=now, editable=False)

    objects = VersionQuerySet.as_manager()
    privacy = {
        "not_personal": "id article language number title body html state publish_at expire_at "
        "created_at changed_at",
        "staff": "author reviewer",
    }

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "language", "number"], name="one_version_per_number"
            ),
            models.UniqueConstraint(
                fields=["article", "language"],
                condition=Q(state__in=["draft", "in_review"]),
                name="one_article_version_in_work",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(publish_at__isnull=False),
                name="published_articles_have_a_date",
            ),
        ]

    @property
    def is_in_work(self) -> bool:
        return self.state in (self.State.DRAFT, self.State.IN_REVIEW)

    @property
    def is_ahead(self) -> bool:
        return self.state == self.State.PUBLISHED and (self.publish_at or now()) > now()

    @property
    def has_expired(self) -> bool:
        return self.state == self.State.PUBLISHED and _is_past(self.expire_at)


def _is_past(moment: datetime | None) -> bool:
    return moment is not None and moment <= now()


class Passage(models.Model):
    """A part of a published version under one heading, as the search finds it.

    Derived from the version: its words when it is published, its vector soon after.
    """

    version = models.ForeignKey(ArticleVersion, models.CASCADE, related_name="passages")
    position = models.PositiveSmallIntegerField()
    heading = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    tsv = SearchVectorField()
    words = models.PositiveIntegerField(null=True)  # how many; none: to be indexed again
    vector = HalfVectorField(dimensions=384, null=True)
    title_vector = HalfVectorField(dimensions=384, null=True)  # of its version's title alone
    encoder = models.CharField(max_length=80, default="", blank=True)  # that made the vectors

    privacy = {
        "not_personal": "id version position heading text tsv words vector title_vector encoder"
    }

    class Meta:
        ordering = ["version", "position"]
        indexes = [
            GinIndex(fields=["tsv"], name="passage_search", fastupdate=False),
            HnswIndex(fields=["vector"], name="passage_meaning", opclasses=["halfvec_cosine_ops"]),
        ]

    @property
    def ref(self) -> UUID:
        """What cites it: the same for as long as the version is, however often it is indexed."""
        return uuid5(self.version_id, str(self.position))


class ArticleFeedback(models.Model):
    """Whether an article helped; the last word of each reader counts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    article = models.ForeignKey(Article, models.CASCADE, related_name="feedback")
    version = models.ForeignKey(ArticleVersion, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="+")
    reader = models.BinaryField()  # keyed hash of the customer or of a secret of the browser
    is_helpful = models.BooleanField()
    comment = EncryptedTextField(default="", blank=True)
    at = models.DateTimeField(default=now)

    privacy = {
        "content": "comment",
        "behaviour": "article version customer reader is_helpful at",
        "not_personal": "id",
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "reader"], name="one_opinion_per_reader")
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        if self.customer_id:
            return "customer", self.customer_id
        return "feedback", self.pk


class KnowledgeUse(models.Model):
    """That an article was offered beside a ticket, opened or put into an answer.

    For a share of the tickets, the control, nothing is offered, and that is noted instead.
    """

    class Kind(models.TextChoices):
        SHOWN = "shown", _("offered")
        CLICKED = "clicked", _("opened")
        INSERTED = "inserted", _("inserted")
        WITHHELD = "withheld", _("withheld")

    article = models.ForeignKey(Article, models.CASCADE, related_name="uses")
    kind = models.CharField(max_length=8, choices=Kind)
    ticket_id = models.UUIDField()  # tickets stand beside us: only their id is known here
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=now)

    privacy = {"behaviour": "article kind ticket_id at", "staff": "user", "not_personal": "id"}

    class Meta:
        indexes = [models.Index(fields=["at"], name="knowledge_use_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket_id", "article", "kind", "user"], name="one_use_of_each_kind"
            )
        ]


class ArticleFile(models.Model):
    """A file that goes with an article in all its languages; read by whoever may read that."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    article = models.ForeignKey(Article, models.CASCADE, related_name="files")
    filename = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    sniffed_type = models.CharField(max_length=100)
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)

    holds_file = True  # `keys verify` reads it
    privacy = {
        "staff": "uploaded_by",
        "not_personal": "id article filename size sniffed_type created_at",
    }

    class Meta:
        ordering = ["created_at", "id"]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "article_file", self.pk


class TestQuestion(models.Model):
    """A question that this article must answer: whoever asks it finds it first."""

    __test__ = False  # to the test runner

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    article = models.ForeignKey(Article, models.CASCADE, related_name="tests")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    text = EncryptedTextField()
    is_learned = models.BooleanField(default=False)  # customers asked it
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    # When it was last asked: where the article stood, 0 for nowhere among the first.
    place = models.PositiveSmallIntegerField(null=True)
    asked_at = models.DateTimeField(null=True)

    privacy = {
        "content": "text",
        "staff": "created_by",
        "not_personal": "id article language is_learned created_at place asked_at",
    }

    class Meta:
        ordering = ["created_at", "id"]

    @property
    def is_passed(self) -> bool:
        return self.place == 1

    def data_key_owner(self) -> tuple[str, UUID]:
        return "article", self.article_id


class KnowledgeSettings(models.Model):
    """What holds for all articles. There is one row, or none while nothing was changed."""

    only = models.BooleanField(default=True, unique=True, editable=False)
    control_percent = models.PositiveSmallIntegerField(
        _("control share in percent"),
        default=0,
        help_text=_("So many of a hundred tickets get no suggestions, to compare with."),
    )

    test_gate = models.CharField(
        _("when a test question fails"),
        max_length=6,
        choices=[("warn", _("publish and warn")), ("refuse", _("do not publish"))],
        default="warn",
    )

    privacy = {"not_personal": "id only control_percent test_gate"}

    @classmethod
    def of_all(cls) -> "KnowledgeSettings":
        return cls.objects.first() or cls()
