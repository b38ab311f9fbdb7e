"""Customers as rows of a file, in batches, so that a large house is never in memory at once."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db.models import Prefetch

from accounts.models import User
from core.fields import warm_keys
from customers.models import Customer, CustomerQuerySet, CustomField, Identity
from customers.queries.custom_fields import fields_of, read_values, show_value
from customers.queries.importing import FIELDS
from customers.queries.people import matching

_BATCH = 500


def customers_to_export(user: User, text: str) -> CustomerQuerySet:
    """What the list shows this user for these words, all of it."""
    customers = Customer.objects.visible_to(user)
    if not text.strip():
        return customers
    found = matching(text)
    return (
        customers.filter(pk__in=Customer.objects.filter(found).values("pk"))
        if found
        else customers.none()
    )


def export_rows(customers: CustomerQuerySet) -> Iterator[list[str]]:
    """The header, then a row for each: what an import reads, named as it names it."""
    fields = fields_of(CustomField.Owner.CUSTOMER)
    yield [*(str(label) for label in FIELDS.values()), *(field.name for field in fields)]
    for batch in _batches(customers):
        warm_keys(batch, [one for customer in batch for one in customer.identities.all()])
        for customer in batch:
            yield _row(customer, fields)


def _batches(customers: CustomerQuerySet) -> Iterable[list[Customer]]:
    held = Identity.objects.filter(valid_to=None).order_by("valid_from", "id")
    found = customers.select_related("tier", "organisation").order_by("pk")
    found = found.prefetch_related(Prefetch("identities", held))
    last: UUID | None = None
    while batch := list((found.filter(pk__gt=last) if last else found)[:_BATCH]):
        yield batch
        last = batch[-1].pk


def _row(customer: Customer, fields: list[CustomField]) -> list[str]:
    held = list(customer.identities.all())
    values = read_values(customer)
    return [
        customer.name,
        "; ".join(one.value for one in held if one.kind == Identity.Kind.EMAIL),
        "; ".join(one.value for one in held if one.kind == Identity.Kind.PHONE),
        customer.organisation.name if customer.organisation else "",
        customer.tier.code,
        customer.locale,
        customer.timezone,
        customer.notes,
        *(_as_file_says(field, values.get(field.code)) for field in fields),
    ]


def _as_file_says(field: CustomField, value: object) -> str:
    """Days and numbers as programs write them, choices as people see them."""
    if field.kind in (CustomField.Kind.DATE, CustomField.Kind.NUMBER):
        return "" if value is None else str(value)
    return show_value(field, value)
