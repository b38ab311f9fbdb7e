"""Files that go with articles."""

from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import files
from core.crypto import data_keys
from core.errors import Invalid
from core.events import after_commit, record
from core.uploads import clean_filename, sniff_type
from knowledge.actions.base import lock, require
from knowledge.lifecycle import PUBLISH, WRITE
from knowledge.models import Article, ArticleFile, ArticleVersion

_MAX_BYTES = 25 * 1024 * 1024
_MOST = 20


@transaction.atomic
def add_file(article: Article, *, filename: str, content: BinaryIO, actor: User) -> ArticleFile:
    """Readers have it at once, so beside a published article it wants the right to publish."""
    require(actor, WRITE)
    article = lock(article)
    _require_if_out(article, actor)
    data = content.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise Invalid(_("The file is larger than 25 MB."), field="file")
    if not data:
        raise Invalid(_("The file is empty."), field="file")
    if article.files.count() >= _MOST:
        raise Invalid(_("An article has at most 20 files."), field="file")
    file = ArticleFile(
        article=article,
        filename=clean_filename(filename),
        size=len(data),
        sniffed_type=sniff_type(data),
        uploaded_by=actor,
    )
    kid, key = data_keys.for_owner(*file.data_key_owner())
    files.write(file.pk, data, key=key, kid=kid)
    file.save(force_insert=True)
    record("article.file_added", subject=article, actor=actor, file=file.pk)
    return file


@transaction.atomic
def remove_file(file: ArticleFile, *, actor: User) -> None:
    require(actor, WRITE)
    article = lock(file.article)
    _require_if_out(article, actor)
    pk = file.pk
    file.delete()
    data_keys.destroy("article_file", pk)
    after_commit(files.delete, pk)
    record("article.file_removed", subject=article, actor=actor, file=pk)


def _require_if_out(article: Article, actor: User) -> None:
    if article.versions.filter(state=ArticleVersion.State.PUBLISHED).exists():
        require(actor, PUBLISH)
