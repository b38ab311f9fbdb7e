"""The API's door to articles: found and read by all who work here, written by those who may."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import StrictSerializer, demand, read_body, read_number
from core.errors import Invalid
from core.idempotency import once
from knowledge import actions
from knowledge.lifecycle import STEPS, WRITE
from knowledge.models import Article, ArticleVersion, Category, Reader
from knowledge.queries.articles import spoken_language
from knowledge.queries.search import search

_KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)
_PER_PAGE = 50
_LANGUAGES = [code for code, _name in settings.LANGUAGES]


class VersionShape(serializers.Serializer[ArticleVersion]):
    id = serializers.UUIDField()
    language = serializers.CharField()
    number = serializers.IntegerField()
    state = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField(help_text="Markdown, as it was written.")
    publish_at = serializers.DateTimeField(allow_null=True)
    expire_at = serializers.DateTimeField(allow_null=True)


class ArticleShape(serializers.Serializer[Article]):
    id = serializers.UUIDField()
    category = serializers.UUIDField(source="category_id")
    audience = serializers.CharField()
    titles = serializers.SerializerMethodField(help_text="Of the newest version, by language.")

    def get_titles(self, article: Article) -> dict[str, str]:
        newest_last = sorted(article.versions.all(), key=lambda one: one.number)
        return {version.language: version.title for version in newest_last}


class ArticleDetailShape(ArticleShape):
    versions = serializers.SerializerMethodField(help_text="The newest first.")

    @extend_schema(responses=VersionShape(many=True))
    def get_versions(self, article: Article) -> Any:
        return VersionShape(article.versions.order_by("language", "-number"), many=True).data


class ArticleListShape(serializers.Serializer[Any]):
    results = ArticleShape(many=True)
    next = serializers.IntegerField(allow_null=True)


class FoundShape(serializers.Serializer[Any]):
    article = serializers.UUIDField(source="article.pk")
    version = serializers.UUIDField(source="version.pk")
    language = serializers.CharField(source="version.language")
    title = serializers.CharField(source="version.title")
    heading = serializers.CharField(source="passage.heading")
    text = serializers.CharField(source="passage.text")
    score = serializers.FloatField()


class FoundListShape(serializers.Serializer[Any]):
    results = FoundShape(many=True)


class NewArticle(StrictSerializer):
    category = serializers.UUIDField()
    language = serializers.ChoiceField(choices=_LANGUAGES)
    title = serializers.CharField(max_length=160)
    body = serializers.CharField(max_length=50_000)
    audience = serializers.ChoiceField(
        choices=Article.Audience.values, default=Article.Audience.AGENTS.value
    )


class NewVersion(StrictSerializer):
    language = serializers.ChoiceField(choices=_LANGUAGES)
    title = serializers.CharField(max_length=160)
    body = serializers.CharField(max_length=50_000)
    before = serializers.UUIDField(
        required=False, help_text="The version it was written from; refused if there is a newer."
    )


class NewStep(StrictSerializer):
    step = serializers.ChoiceField(choices=[step.name for step in STEPS])


class ArticlesView(APIView):
    @extend_schema(
        operation_id="articles_list",
        parameters=[OpenApiParameter("after", int, description="The next of the page before.")],
        responses=ArticleListShape,
    )
    def get(self, request: Request) -> Response:
        start = read_number(request, "after")
        titles = ArticleVersion.objects.defer("body", "html")
        found = Article.objects.visible_to(Reader(agent=request.user)).order_by("-id")
        rows = list(found.prefetch_related(Prefetch("versions", titles))[start:][: _PER_PAGE + 1])
        more = start + _PER_PAGE if len(rows) > _PER_PAGE else None
        return Response({"results": ArticleShape(rows[:_PER_PAGE], many=True).data, "next": more})

    @extend_schema(parameters=[_KEY], request=NewArticle, responses={201: ArticleDetailShape})
    def post(self, request: Request) -> Response:
        demand(request, WRITE)
        body = read_body(NewArticle, request)
        category = Category.objects.filter(pk=body.pop("category")).first()
        if category is None:
            raise Invalid("There is no such category.", field="category")
        with _once(request) as claim:
            if not claim.known:
                version = actions.add_article(category, actor=request.user, **body)
                claim.made = version.article_id
        return _answer(claim.known or claim.made, request, status=201)


class ArticleView(APIView):
    @extend_schema(operation_id="articles_get", responses=ArticleDetailShape)
    def get(self, request: Request, pk: UUID) -> Response:
        return _answer(pk, request)


class VersionsView(APIView):
    @extend_schema(parameters=[_KEY], request=NewVersion, responses={201: VersionShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Keep a text as the draft of its language."""
        article = get_object_or_404(_readable(request), pk=pk)
        demand(request, WRITE)
        body = read_body(NewVersion, request)
        with _once(request) as claim:
            if not claim.known:
                claim.made = actions.write_version(article, actor=request.user, **body).pk
        version = ArticleVersion.objects.get(pk=claim.known or claim.made)
        return Response(VersionShape(version).data, status=201)


class StepsView(APIView):
    @extend_schema(parameters=[_KEY], request=NewStep, responses={201: VersionShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Into review, out, and away again."""
        version = get_object_or_404(
            ArticleVersion.objects.select_related("article"),
            pk=pk,
            article__in=_readable(request).order_by().values("pk"),
        )
        demand(request, WRITE)
        body = read_body(NewStep, request)
        with _once(request) as claim:
            if not claim.known:
                claim.made = actions.take_step(version, actor=request.user, **body).pk
        version.refresh_from_db()
        return Response(VersionShape(version).data, status=201)


class ArticleSearchView(APIView):
    @extend_schema(
        operation_id="articles_search",
        parameters=[
            OpenApiParameter("q", str, required=True),
            OpenApiParameter("language", str, enum=_LANGUAGES),
        ],
        responses=FoundListShape,
    )
    def get(self, request: Request) -> Response:
        """What is published, by words and meaning, the best first."""
        wanted = request.query_params.get("language", "")
        found = search(
            request.query_params.get("q", ""),
            reader=Reader(agent=request.user),
            language=wanted if wanted in _LANGUAGES else spoken_language(),
        )
        return Response({"results": FoundShape(found, many=True).data})


def _readable(request: Request) -> Any:
    return Article.objects.visible_to(Reader(agent=request.user))


def _once(request: Request) -> Any:
    return once(
        principal=request.user.pk,
        key=request.headers.get("Idempotency-Key", "").strip(),
        path=request.path,
        body=request._request.body,
    )


def _answer(pk: UUID | None, request: Request, status: int = 200) -> Response:
    article = _readable(request).filter(pk=pk).first()
    if article is None:
        raise Http404
    return Response(ArticleDetailShape(article).data, status=status)
