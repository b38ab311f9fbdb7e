"""Brands and inboxes."""

from typing import Any

from django.db import transaction
from django.utils.text import slugify

from accounts.models import User
from connectors.models import Brand, Inbox
from core.events import record


@transaction.atomic
def add_brand(name: str, *, actor: User | None = None, signature: str = "") -> Brand:
    brand = Brand.objects.create(name=name, slug=_free_slug(name), signature=signature)
    record("brand.added", subject=brand, actor=actor)
    return brand


def _free_slug(name: str) -> str:
    """From the name; names without Latin letters get a number."""
    wanted = slugify(name)[:30] or "help"
    taken = set(Brand.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(slug for slug in numbered if slug not in taken)


@transaction.atomic
def add_inbox(*, actor: User | None = None, **fields: Any) -> Inbox:
    inbox = Inbox.objects.create(**fields)
    record("inbox.added", subject=inbox, actor=actor)
    return inbox
