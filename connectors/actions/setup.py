"""Brands and inboxes."""

from typing import Any

from django.db import transaction

from accounts.models import User
from connectors.models import Brand, Inbox
from core.events import record


@transaction.atomic
def add_brand(name: str, *, actor: User | None = None, signature: str = "") -> Brand:
    brand = Brand.objects.create(name=name, signature=signature)
    record("brand.added", subject=brand, actor=actor)
    return brand


@transaction.atomic
def add_inbox(*, actor: User | None = None, **fields: Any) -> Inbox:
    inbox = Inbox.objects.create(**fields)
    record("inbox.added", subject=inbox, actor=actor)
    return inbox
