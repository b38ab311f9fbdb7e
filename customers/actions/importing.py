"""Bringing customers in from a file, row after row, going on where it stopped."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import blind
from core.clock import now
from core.crypto import data_keys
from core.errors import HelpdeskError
from core.events import record
from core.ids import new_id
from customers.actions.custom import set_custom
from customers.actions.people import (
    add_customer,
    add_identity,
    add_organisation,
    change_tier,
    index_customer,
    rename_customer,
    write_notes,
)
from customers.errors import ImportRefused
from customers.models import Customer, Identity, ImportRun
from customers.queries.importing import PersonRow, Reading, RowProblem

KEPT = timedelta(days=7)
BATCH = 50
SHOWN_PROBLEMS = 1_000
State = ImportRun.State


@transaction.atomic
def begin_import(rows: list[list[str]], *, actor: User) -> ImportRun:
    run = ImportRun(id=new_id(), rows=rows, by=actor, created_at=now())
    run.mapping = Reading().guess_mapping(rows[0])
    run.save(force_insert=True)
    record("import.begun", subject=run, actor=actor, rows=len(rows) - 1)
    return run


@transaction.atomic
def check_import(
    run: ImportRun, *, mapping: Mapping[str, str], duplicates: str, actor: User
) -> ImportRun:
    """Read every row with this mapping and note what is wrong; nobody is added yet."""
    run = _lock(run, State.MAPPING, State.READY)
    if not {"email", "phone"} & set(mapping.values()):
        raise ImportRefused(_("Say which column holds the e-mail or the phone."))
    run.mapping, run.options = dict(mapping), {"duplicates": duplicates}
    reading = Reading()
    problems: list[dict[str, Any]] = []
    for number, cells in enumerate(run.rows[1:], start=2):
        found = reading.read(cells, run.mapping)[1] if any(cells) else []
        problems += _as_told(number, found)
        if len(problems) >= SHOWN_PROBLEMS:
            break
    run.errors, run.state = problems, State.READY
    run.save(update_fields=["mapping", "options", "errors", "state"])
    return run


def _as_told(number: int, problems: list[RowProblem]) -> list[dict[str, Any]]:
    return [{"row": number, **asdict(problem)} for problem in problems]


@transaction.atomic
def start_import(run: ImportRun, *, actor: User) -> ImportRun:
    """Also goes on with one that was stopped."""
    run = _lock(run, State.READY, State.STOPPED)
    if run.state == State.READY:
        run.errors = []
    run.state, run.finished_at = State.RUNNING, None
    run.save(update_fields=["state", "errors", "finished_at"])
    record("import.started", subject=run, actor=actor)
    return run


@transaction.atomic
def stop_import(run: ImportRun, *, actor: User) -> ImportRun:
    """What is in stays in."""
    run = _lock(run, State.MAPPING, State.READY, State.RUNNING)
    run.state, run.finished_at = State.STOPPED, now()
    run.save(update_fields=["state", "finished_at"])
    record("import.stopped", subject=run, actor=actor, done=run.done)
    return run


def _lock(run: ImportRun, *states: str) -> ImportRun:
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.state not in states:
        raise ImportRefused(_("This import is at another step already."))
    return run


@transaction.atomic
def import_some(pk: UUID, reading: Reading) -> bool:
    """The next rows, with the count of them in one transaction; say whether there is more to do.

    Whoever is killed has done none of them, and two at once wait for one another.
    """
    runs = ImportRun.objects.select_for_update(of=("self",)).select_related("by")
    run = runs.filter(pk=pk).first()
    if run is None or run.state != State.RUNNING:
        return False
    rows = run.rows[1:]
    for cells in rows[run.done : run.done + BATCH]:
        run.done += 1
        if any(cells):
            _import_row(run, cells, reading)
    if run.done >= len(rows):
        run.state, run.finished_at = State.DONE, now()
        record("import.finished", subject=run, actor=run.by, added=run.added, changed=run.changed)
    run.save(update_fields=["done", "added", "changed", "errors", "state", "finished_at"])
    return run.state == State.RUNNING


def _import_row(run: ImportRun, cells: list[str], reading: Reading) -> None:
    row, problems = reading.read(cells, run.mapping)
    if not problems:
        try:
            with transaction.atomic():
                _bring_in(run, row)
        except HelpdeskError as refusal:
            problems = [RowProblem(str(refusal.extra.get("field", "")), refusal.reason)]
    if problems:
        run.errors = [*run.errors, *_as_told(run.done + 1, problems)]


def _bring_in(run: ImportRun, row: PersonRow) -> None:
    holders = {identity.customer_id: identity.customer for identity in _held(row)}
    if len(holders) > 1:
        raise ImportRefused(_("Its addresses belong to several customers."))
    if not holders:
        _add(run, row)
        run.added += 1
    elif run.options.get("duplicates") == "update":
        [customer] = holders.values()
        if customer.erased_at:
            raise ImportRefused(_("This customer was erased."))
        run.changed += _update(run, customer, row)


def _held(row: PersonRow) -> list[Identity]:
    indexes = [blind.email_index(one) for one in row.emails]
    indexes += [blind.phone_index(one) for one in row.phones]
    held = Identity.objects.filter(scope="", value_index__in=indexes, valid_to=None)
    return list(held.select_related("customer__tier", "customer__organisation"))


def _add(run: ImportRun, row: PersonRow) -> None:
    customer = add_customer(
        name=row.name,
        email=row.emails[0] if row.emails else "",
        phone=row.phones[0] if row.phones else "",
        actor=run.by,
        tier=row.tier,
        tier_reason=_("Import") if row.tier else "",
        organisation=add_organisation(row.organisation, actor=run.by) if row.organisation else None,
        locale=row.locale,
        timezone=row.timezone,
        notes=row.notes,
    )
    _add_addresses(run, customer, row)
    if row.custom:
        set_custom(customer, row.custom, actor=run.by)


def _add_addresses(run: ImportRun, customer: Customer, row: PersonRow) -> int:
    held = {
        bytes(index)
        for index in customer.identities.filter(valid_to=None).values_list("value_index", flat=True)
    }
    added = 0
    for kind, values in (("email", row.emails), ("phone", row.phones)):
        for value in values:
            index = blind.email_index(value) if kind == "email" else blind.phone_index(value)
            if index not in held:
                held.add(index)
                add_identity(customer, kind=kind, value=value, actor=run.by)
                added += 1
    return added


def _update(run: ImportRun, customer: Customer, row: PersonRow) -> bool:
    """What the row says and is not so yet. An empty cell takes nothing away."""
    before = (customer.custom, customer.custom_private)
    changed = bool(_add_addresses(run, customer, row))
    if row.name and row.name != customer.name:
        rename_customer(customer, actor=run.by, name=row.name)
        changed = True
    if row.tier and row.tier != customer.tier:
        change_tier(customer, actor=run.by, tier=row.tier, reason=_("Import"))
        changed = True
    if row.notes and row.notes != customer.notes:
        write_notes(customer, actor=run.by, notes=row.notes)
        changed = True
    if row.custom:
        after = set_custom(customer, row.custom, actor=run.by)
        changed = changed or (after.custom, after.custom_private) != before
    return _set_plain(run, customer, row) or changed


def _set_plain(run: ImportRun, customer: Customer, row: PersonRow) -> bool:
    organisation = add_organisation(row.organisation, actor=run.by) if row.organisation else None
    values = {"locale": row.locale, "timezone": row.timezone, "organisation": organisation}
    changed = [name for name, one in values.items() if one and getattr(customer, name) != one]
    if changed:
        for name in changed:
            setattr(customer, name, values[name])
        customer.save(update_fields=changed)
        index_customer(customer)
        rooms = [f"customer:{customer.pk}"]
        record("customer.changed", subject=customer, actor=run.by, rooms=rooms, fields=changed)
    return bool(changed)


@transaction.atomic
def note_export(user: User, *, format: str, count: int) -> None:
    record("customers.exported", subject=user, actor=user, format=format, count=count)


def drop_old_imports() -> int:
    """Rows of files are people's data: a week after the end nothing of them is left."""
    done = ImportRun.objects.filter(finished_at__lt=now() - KEPT)
    begun = ImportRun.objects.filter(finished_at=None, created_at__lt=now() - KEPT)
    old = (done | begun.exclude(state=State.RUNNING)).values_list("pk", flat=True)[:100]
    for pk in list(old):
        with transaction.atomic():
            ImportRun.objects.filter(pk=pk).delete()
            data_keys.destroy("import", pk)
    return len(old)
