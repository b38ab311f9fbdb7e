"""Articles out of files and into one."""

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from core.clock import now
from core.errors import HelpdeskError
from core.pages import sets_up
from knowledge.actions.importing import Outcome, import_articles
from knowledge.forms import ImportForm
from knowledge.lifecycle import WRITE
from knowledge.models import ArticleVersion, Category
from knowledge.reading import MAX_BYTES, ReadArticle, read_file, write_zip

_NAME = re.compile(r"[^\w-]+")


@sets_up(WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def bring_in(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    outcome = None
    if form.is_bound and form.is_valid():
        outcome = _take(request, form)
    context = {
        "form": form,
        "outcome": outcome,
        "has_categories": Category.objects.exists(),
    }
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "knowledge/import.html", context, status=status)


def _take(request: HttpRequest, form: ImportForm) -> Outcome | None:
    upload = form.cleaned_data["file"]
    try:
        reading = read_file(upload.name or "", upload.read(MAX_BYTES + 1))
        outcome = import_articles(
            reading,
            category=form.cleaned_data["category"],
            language=form.cleaned_data["language"],
            actor=request.user,
        )
    except HelpdeskError as refusal:
        form.add_error("file", refusal.reason)
        return None
    taken = len(outcome.versions)
    if taken:
        said = ngettext("One draft is made.", "%(n)d drafts are made.", taken)
        messages.success(request, said % {"n": taken})
    return outcome


@require_safe
@sets_up(WRITE)
def take_out(request: HttpRequest) -> HttpResponse:
    """What is published now, in all languages, as a ZIP of Markdown files."""
    versions = ArticleVersion.objects.out().select_related("article__category__parent")
    packed = b"".join(write_zip(_as_file(one) for one in versions.order_by("article", "language")))
    response = HttpResponse(packed, content_type="application/zip")
    name = f"articles-{now():%Y-%m-%d}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _as_file(version: ArticleVersion) -> ReadArticle:
    article = version.article
    # Named alike in every language, so that they belong together again.
    name = f"article-{str(article.pk)[-12:]}"
    return ReadArticle(
        name,
        version.title,
        version.body,
        language=version.language,
        category=str(article.category),
        audience=article.audience,
        article=str(article.pk),
        group=_NAME.sub("-", name),
    )
