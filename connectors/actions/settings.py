"""What admins set on a door and on the name it answers under."""

from typing import Any

from django.db import transaction

from accounts.actions import check_teams
from accounts.models import User
from connectors.actions.setup import check_address, check_brand_name
from connectors.models import Brand, Inbox
from core.events import record


@transaction.atomic
def change_inbox(inbox: Inbox, *, actor: User, **values: Any) -> Inbox:
    """Set fields of the inbox; the event says which ones differ, not what they say."""
    kept = Inbox.objects.select_for_update().get(pk=inbox.pk)
    if values.get("address"):
        check_address(values["address"], besides=kept)
    if "team" in values and values["team"] != kept.team:
        # Whoever is given an inbox sees what comes through it; so does not who gives it away.
        check_teams(actor, [team for team in (kept.team, values["team"]) if team])
    changed = _assign(kept, values)
    if changed:
        record("inbox.changed", subject=inbox, actor=actor, fields=changed)
    return Inbox.objects.get(pk=inbox.pk)


@transaction.atomic
def change_brand(brand: Brand, *, actor: User, **values: Any) -> Brand:
    if "name" in values:
        check_brand_name(values["name"], besides=brand)
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
