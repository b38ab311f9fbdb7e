"""What names a tag without having it: filters of saved views, macros, recurring tickets."""

from collections.abc import Iterable
from typing import Any

from core.clock import now
from core.fields import warm_keys
from tickets.actions.change import clean_tag
from tickets.models import Macro, Recurrence, SavedView
from tickets.queries.conditions import PARTS

_TAG_STEPS = ("add_tags", "remove_tags")


def rename_where_named(old: list[str], new: str) -> dict[str, int]:
    """Put ``new`` in place of the old names, or drop them where it is empty; how many rows of
    what were changed. The caller holds the transaction in which the tags themselves change."""
    return {
        "views": _rename_in_views(old, new),
        "macros": _rename_in_macros(old, new),
        "recurrences": _rename_in_recurrences(old, new),
    }


def _renamed(tags: Iterable[str], old: list[str], new: str) -> list[str]:
    """Each once, in the order in which they stood."""
    named = (new if clean_tag(tag) in old else tag for tag in tags)
    return [tag for tag in dict.fromkeys(named) if tag]


def _rename_in_views(old: list[str], new: str) -> int:
    # A filter may name a customer, so it is sealed and cannot be searched by the database.
    views: list[Any] = list(SavedView.objects.select_for_update().order_by("pk"))
    warm_keys(views)
    changed = 0
    for view in views:
        wanted = _rename_in_filter(view.filter, old, new)
        if wanted != view.filter:
            view.filter = wanted
            view.save(update_fields=["filter"])
            changed += 1
    return changed


def _rename_in_filter(kept: dict[str, Any], old: list[str], new: str) -> dict[str, Any]:
    renamed = dict(kept)
    for part in PARTS:
        if part in kept:
            conditions = (_rename_in_condition(one, old, new) for one in kept[part])
            renamed[part] = [one for one in conditions if one is not None]
    return renamed


def _rename_in_condition(
    condition: dict[str, Any], old: list[str], new: str
) -> dict[str, Any] | None:
    """None where nothing is left to ask: to have none of no tags holds for every ticket. One that
    wants a tag which is gone stays, and matches nothing: without it a view would show more."""
    value = condition.get("value")
    if condition.get("field") != "tags" or not isinstance(value, list):
        return condition
    renamed = _renamed(value, old, new)
    if renamed:
        return condition | {"value": renamed}
    return None if condition.get("is") == "none" else condition


def _rename_in_macros(old: list[str], new: str) -> int:
    macros: list[Any] = list(Macro.objects.select_for_update().order_by("pk"))
    changed = 0
    for macro in macros:
        steps = _rename_in_steps(macro.actions, old, new)
        condition = _rename_in_filter(macro.condition, old, new)
        if (steps, condition) == (macro.actions, macro.condition):
            continue
        macro.actions, macro.condition, macro.updated_at = steps, condition, now()
        # One that did nothing but set a tag which is gone has nothing left to offer.
        macro.is_active = macro.is_active and bool(steps or macro.body.strip())
        macro.save(update_fields=["actions", "condition", "updated_at", "is_active"])
        changed += 1
    return changed


def _rename_in_steps(steps: list[dict[str, Any]], old: list[str], new: str) -> list[dict[str, Any]]:
    renamed = []
    for step in steps:
        value = step.get("value")
        if step.get("do") in _TAG_STEPS and isinstance(value, list):
            tags = _renamed(value, old, new)
            if value and not tags:
                continue
            step = step | {"value": tags}
        renamed.append(step)
    return renamed


def _rename_in_recurrences(old: list[str], new: str) -> int:
    found = list(Recurrence.objects.select_for_update().filter(tags__overlap=old).order_by("pk"))
    for recurrence in found:
        recurrence.tags = _renamed(recurrence.tags, old, new)
        recurrence.save(update_fields=["tags"])
    return len(found)
