"""Files of articles: put there by writers, fetched by readers, never run by anybody's browser."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.downloads import answer_file
from core.errors import Invalid
from core.pages import sets_up
from knowledge.actions.files import add_file, remove_file
from knowledge.lifecycle import WRITE
from knowledge.models import Article, ArticleFile, ArticleVersion, Reader
from knowledge.views.desk import find_article, go
from knowledge.views.visit import Visit, help_page


@require_POST
@sets_up(WRITE)
def add(request: HttpRequest, pk: UUID) -> HttpResponse:
    article = find_article(request, pk)
    upload = request.FILES.get("file")
    try:
        if upload is None:
            raise Invalid(_("Choose a file."))
        add_file(article, filename=upload.name or "", content=upload, actor=request.user)
    except Invalid as refusal:
        messages.error(request, refusal.reason)
    return go(article, request.POST.get("language", ""))


@require_POST
@sets_up(WRITE)
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    file = _find(pk, Reader(agent=request.user))
    remove_file(file, actor=request.user)
    return go(file.article, request.POST.get("language", ""))


@login_required
@require_safe
def fetch(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    return _answer(_find(pk, Reader(agent=request.user)))


@help_page("GET")
def fetch_as_reader(visit: Visit, pk: UUID) -> StreamingHttpResponse:
    file = _find(pk, visit.reader)
    out = ArticleVersion.objects.visible_to(visit.reader).filter(article=file.article_id)
    get_object_or_404(out[:1])
    return _answer(file)


def _find(pk: UUID, reader: Reader) -> ArticleFile:
    readable = Article.objects.visible_to(reader).order_by().values("pk")
    return get_object_or_404(
        ArticleFile.objects.select_related("article"), pk=pk, article__in=readable
    )


def _answer(file: ArticleFile) -> StreamingHttpResponse:
    return answer_file(
        file.pk, kind=file.sniffed_type, size=file.size, filename=file.filename, is_download=True
    )
