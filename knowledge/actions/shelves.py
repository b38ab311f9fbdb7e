"""Categories."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.models import Brand
from core.errors import Invalid
from core.events import record
from knowledge.actions.base import require
from knowledge.errors import StillInUse
from knowledge.lifecycle import PUBLISH
from knowledge.models import Category

_MAX_NAME = 60


@transaction.atomic
def add_category(
    *,
    actor: User | None,
    names: dict[str, str],
    brand: Brand | None = None,
    parent: Category | None = None,
) -> Category:
    require(actor, PUBLISH)
    last = Category.objects.filter(parent=parent).aggregate(last=Max("position"))["last"]
    category = Category(brand=brand, parent=parent, names=names, position=(last or 0) + 1)
    _check(category)
    category.save(force_insert=True)
    record("category.added", subject=category, actor=actor)
    return category


@transaction.atomic
def change_category(category: Category, *, actor: User, **values: Any) -> Category:
    """``names``, ``brand`` or ``parent``."""
    require(actor, PUBLISH)
    category = Category.objects.select_for_update(of=("self",)).get(pk=category.pk)
    changed = [name for name, value in values.items() if getattr(category, name) != value]
    for name in changed:
        setattr(category, name, values[name])
    _check(category)
    if changed:
        category.save(update_fields=changed)
        record("category.changed", subject=category, actor=actor, fields=changed)
    return category


@transaction.atomic
def move_category(category: Category, *, actor: User, by: int) -> None:
    """One place up or down among those beside it."""
    require(actor, PUBLISH)
    beside = list(Category.objects.select_for_update(of=("self",)).filter(parent=category.parent))
    at = [one.pk for one in beside].index(category.pk)
    to = min(max(at + by, 0), len(beside) - 1)
    beside.insert(to, beside.pop(at))
    for position, one in enumerate(beside):
        one.position = position
    Category.objects.bulk_update(beside, ["position"])
    record("category.moved", subject=category, actor=actor, position=to)


@transaction.atomic
def remove_category(category: Category, *, actor: User) -> None:
    require(actor, PUBLISH)
    if category.articles.exists() or category.children.exists():
        raise StillInUse(_("There are articles or categories in it. Move them first."))
    record("category.removed", subject=category, actor=actor)
    category.delete()


def _check(category: Category) -> None:
    known = dict(settings.LANGUAGES)
    category.names = {
        language: " ".join(name.split())[:_MAX_NAME]
        for language, name in category.names.items()
        if language in known and name.strip()
    }
    if not category.names:
        raise Invalid(_("A category needs a name in one language at least."), field="names")
    parent = category.parent
    if parent is None:
        return
    has_children = category.pk is not None and category.children.exists()
    if parent.pk == category.pk or parent.parent_id or has_children:
        raise Invalid(_("Categories stand one within another only once."), field="parent")
    if parent.brand_id and parent.brand_id != category.brand_id:
        raise Invalid(_("It belongs to another brand than the one it stands in."), field="brand")
