from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import NotAllowed
from knowledge.models import Article


def require(actor: User | None, right: str) -> None:
    """``None`` is the program itself: demonstration data, a command."""
    if actor is not None and not actor.may(right):
        raise NotAllowed(_("Your role does not allow this."), right=right)


def lock(article: Article) -> Article:
    found = Article.objects.select_for_update(of=("self",)).select_related("category")
    return found.get(pk=article.pk)
