"""What the files would change, and changing it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError

from accounts.queries import rights_rooms
from core import events
from core.fields import encrypted_fields
from helpdesk.config.errors import ConfigRefused
from helpdesk.config.parts import Names
from helpdesk.config.section import Section
from helpdesk.config.sections import SECTIONS, is_private, make_names

Rows = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Change:
    section: str
    key: str
    verb: str  # "add" | "change" | "remove" | "keep"
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)  # name → before, after


@dataclass
class Exported:
    sections: dict[str, dict[str, Any]]
    left_out: list[str]


def export() -> Exported:
    names = make_names()
    found = Exported({}, [])
    for section in SECTIONS:
        rows = found.sections[section.name] = {}
        for key, row in section.rows().items():
            if is_private(section, row, names):
                found.left_out.append(f"{section.name}/{key} names a customer and stays here")
            else:
                parts = [part for part in section.parts if part.applies(row)]
                rows[key] = {part.name: part.read(row, names) for part in parts}
    return found


def plan(wanted: Mapping[str, Rows], *, prune: bool = False) -> list[Change]:
    """Everything is tried and taken back, so what is planned can be applied."""
    with transaction.atomic():
        changes = _bring_all(wanted, prune=prune)
        transaction.set_rollback(True)
    return changes


def apply(wanted: Mapping[str, Rows], *, prune: bool = False) -> list[Change]:
    """All of it or nothing; raises ``ConfigRefused`` with the place of what cannot be."""
    with transaction.atomic(), events.through("cli"):
        return _bring_all(wanted, prune=prune)


def _bring_all(wanted: Mapping[str, Rows], *, prune: bool) -> list[Change]:
    names = make_names()
    changes: list[Change] = []
    for section in SECTIONS:
        if section.name not in wanted:
            continue
        changes += _bring_section(section, wanted[section.name], names)
        names.forget(section.name)
        changes += _leave(section, wanted[section.name], names, prune=prune)
        names.forget(section.name)
    return changes


def _bring_section(section: Section, rows: Rows, names: Names) -> list[Change]:
    here = names.rows(section.name)
    changes = []
    for key in sorted(rows, key=lambda key: _comes_late(rows[key])):
        try:
            changes.append(_bring_row(section, key, rows[key], here.get(key), names))
        except ConfigRefused as refusal:
            raise ConfigRefused(f"{section.name}/{key}: {refusal.reason}") from None
        except IntegrityError:
            raise ConfigRefused(
                f"{section.name}/{key} stands against another row; see its unique values."
            ) from None
    return [change for change in changes if change.values]


def _comes_late(row: Any) -> bool:
    """There is one usual row at a time: those that are no longer it make way first."""
    return isinstance(row, dict) and bool(row.get("is_default"))


def _bring_row(section: Section, key: str, wanted: Any, row: Any, names: Names) -> Change:
    parts = {part.name: part for part in section.parts}
    if not isinstance(wanted, dict):
        raise ConfigRefused(f"must be a mapping of names to values, not {wanted!r}")
    if unknown := [str(name) for name in wanted if name not in parts]:
        raise ConfigRefused(f"unknown: {', '.join(unknown)}; known: {', '.join(parts)}")
    is_new = row is None
    row = section.begin(key, names) if row is None else row
    if ours := [name for name in wanted if not parts[name].applies(row)]:
        raise ConfigRefused(f"{', '.join(ours)}: comes with the helpdesk and cannot be set")
    changed = {}
    for name, value in wanted.items():
        value = _checked(section, parts[name], value, row, names, is_new=is_new)
        before = None if is_new else parts[name].read(row, names)
        if is_new or before != value:
            changed[name] = (before, value)
    if changed or is_new:
        _write(section, row, {name: after for name, (_, after) in changed.items()}, names)
        _tell(section, row, "added" if is_new else "changed", sorted(changed))
    shown = changed or ({"": (None, None)} if is_new else {})
    return Change(section.name, key, "add" if is_new else "change", shown)


def _checked(
    section: Section, part: Any, value: Any, row: Any, names: Names, *, is_new: bool
) -> Any:
    try:
        value = part.check(value, row, names)
    except ConfigRefused as refusal:
        raise ConfigRefused(f"{part.name}: {refusal.reason}") from None
    if not is_new and part.name in section.fixed and part.read(row, names) != value:
        raise ConfigRefused(f"{part.name}: cannot be changed once it is set")
    return value


def _write(section: Section, row: Any, values: Mapping[str, Any], names: Names) -> None:
    """In the order of the parts, however the file has them."""
    given = [(part, values[part.name]) for part in section.parts if part.name in values]
    for part, value in given:
        if not part.is_late:
            part.write(row, value, names)
    if isinstance(row, models.Model) and not isinstance(row, Group):
        _check_row(row)
    row.save()
    for part, value in given:
        if part.is_late:
            try:
                part.write(row, value, names)
            except ConfigRefused as refusal:
                raise ConfigRefused(f"{part.name}: {refusal.reason}") from None
    if section.verify:
        section.verify(row)


def _check_row(row: models.Model) -> None:
    skipped = {column.name for column in encrypted_fields(type(row))}
    columns = row._meta.concrete_fields
    skipped |= {c.name for c in columns if c.null and getattr(row, c.attname) is None}
    skipped |= {c.name for c in columns if getattr(row, c.attname) in ({}, [])}
    try:
        row.full_clean(exclude=skipped)
    except ValidationError as refusal:
        said = [f"{name}: {' '.join(texts)}" for name, texts in refusal.message_dict.items()]
        raise ConfigRefused("; ".join(said).replace("__all__: ", "")) from None


def _leave(section: Section, rows: Rows, names: Names, *, prune: bool) -> list[Change]:
    """Rows no file names: they stay, unless asked for and possible."""
    changes = []
    for key, row in names.rows(section.name).items():
        if key in rows or not section.is_used(row) or is_private(section, row, names):
            continue
        if not (prune and section.removal):
            changes.append(Change(section.name, key, "keep"))
            continue
        _remove(section, key, row)
        changes.append(Change(section.name, key, "remove"))
    return changes


def _remove(section: Section, key: str, row: Any) -> None:
    assert section.removal is not None  # noqa: S101  its caller looked
    _tell(section, row, "removed", [])
    try:
        section.removal(row)
    except ProtectedError:
        raise ConfigRefused(f"{section.name}/{key} is still used and cannot be removed") from None


def _tell(section: Section, row: Any, what: str, fields: list[str]) -> None:
    """The event says which fields differ, not what they say."""
    people = row.user_set.values_list("pk", flat=True) if isinstance(row, Group) else []
    events.record(
        f"{section.kind}.{what}",
        subject=row,
        actor=None,
        rooms=rights_rooms(people),
        fields=fields,
    )
