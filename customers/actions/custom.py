"""Values of the fields admins added to customers and organisations."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models, transaction

from core.events import record
from customers.models import Customer, CustomField, Organisation
from customers.queries import HasCustomFields, check_values, fields_of, read_values, split_values

_Owner = TypeVar("_Owner", Customer, Organisation)
_OWNERS: dict[type[models.Model], str] = {
    Customer: CustomField.Owner.CUSTOMER,
    Organisation: CustomField.Owner.ORGANISATION,
}


@transaction.atomic
def set_custom(obj: _Owner, values: Mapping[str, Any], *, actor: models.Model | None) -> _Owner:
    """Set the named fields and leave the others; None or "" empties one, unless it is required."""
    model = type(obj)
    locked = model._default_manager.select_for_update().get(pk=obj.pk)
    fields = fields_of(_OWNERS[model])
    changed = assign_values(locked, fields, check_values(fields, values))
    if changed:
        locked.save(update_fields=["custom", "custom_private"])
        name = f"{model._meta.model_name}.fields_changed"
        rooms = [f"{model._meta.model_name}:{obj.pk}"]
        record(name, subject=locked, actor=actor, rooms=rooms, fields=changed)
    return locked


def assign_values(
    owner: HasCustomFields, fields: list[CustomField], values: Mapping[str, Any]
) -> list[str]:
    """Put checked values into the row, which the caller has locked and saves. Returns the codes
    of those that differ."""
    before = read_values(owner)
    changed = [code for code, value in values.items() if before.get(code) != value]
    if changed:
        after = {**before, **values}
        kept = {code: value for code, value in after.items() if value is not None}
        _keep_apart(owner, fields, kept)
    return sorted(changed)


def _keep_apart(owner: HasCustomFields, fields: list[CustomField], kept: dict[str, Any]) -> None:
    # Values of fields no longer in use stay where they are.
    known = {field.code for field in fields}
    sealed_before = {*(owner.custom_private or {})} - known
    clear, sealed = split_values(fields, kept)
    for code in sealed_before & clear.keys():
        sealed[code] = clear.pop(code)
    owner.custom, owner.custom_private = clear, sealed or None
