"""What admins set on a door and on the name it answers under."""

from typing import Any

from django.db import transaction

from accounts.models import User
from connectors.models import Brand, Inbox
from core.events import record


@transaction.atomic
def change_inbox(inbox: Inbox, *, actor: User, **values: Any) -> Inbox:
    """Set fields of the inbox; the event says which ones differ, not what they say."""
    changed = _assign(Inbox.objects.select_for_update().get(pk=inbox.pk), values)
    if changed:
        record("inbox.changed", subject=inbox, actor=actor, fields=changed)
    return Inbox.objects.get(pk=inbox.pk)


@transaction.atomic
def change_brand(brand: Brand, *, actor: User, **values: Any) -> Brand:
    changed = _assign(Brand.objects.select_for_update().get(pk=brand.pk), values)
    if changed:
        record("brand.changed", subject=brand, actor=actor, fields=changed)
    return Brand.objects.get(pk=brand.pk)


def _assign(row: Any, values: dict[str, Any]) -> list[str]:
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
    return changed
