"""How one entry of a row becomes plain data, and plain data an entry again."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from guardian.models import GroupObjectPermission

from accounts.actions import ROLES
from accounts.models import Calendar, Holiday
from accounts.queries import read_hours
from helpdesk.config.errors import ConfigRefused

_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
_MARK = re.compile(r"^@(\w+):(.+)$", re.DOTALL)
_USER = "user:"  # where rules say whom to tell


class Names:
    """Natural keys of the rows things refer to, looked up anew after each section."""

    def __init__(self, keyed: Mapping[str, Callable[[], dict[str, Any]]]) -> None:
        self._keyed = keyed
        self._known: dict[str, dict[str, Any]] = {}

    def forget(self, kind: str) -> None:
        self._known.pop(kind, None)

    def rows(self, kind: str) -> dict[str, Any]:
        if kind not in self._known:
            self._known[kind] = self._keyed[kind]()
        return self._known[kind]

    def find(self, kind: str, key: Any) -> Any:
        try:
            return self.rows(kind)[key]
        except (KeyError, TypeError):
            raise ConfigRefused(f"there is no {kind} {key!r}") from None

    def key_of(self, kind: str, pk: Any) -> str | None:
        return next((key for key, row in self.rows(kind).items() if str(row.pk) == str(pk)), None)

    def kinds(self) -> Iterable[str]:
        return self._keyed


@dataclass(frozen=True)
class Part:
    """A plain column."""

    name: str
    is_late: bool = field(default=False, kw_only=True)  # can be written once the row is there

    def applies(self, row: Any) -> bool:
        return True

    def is_private(self, row: Any, names: Names) -> bool:
        """It names somebody, so the row stays here."""
        return False

    def read(self, row: Any, names: Names) -> Any:
        return getattr(row, self.name)

    def check(self, value: Any, row: Any, names: Names) -> Any:
        """The value as ``read`` would give it; raises ``ConfigRefused``."""
        column = row._meta.get_field(self.name)
        if value is None and column.null:
            return None
        kinds = _TYPES.get(column.get_internal_type(), (str,))
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise ConfigRefused(f"must be {_KINDS[kinds[0]]}, not {value!r}")
        return value

    def write(self, row: Any, value: Any, names: Names) -> None:
        setattr(row, self.name, value)


_TYPES: dict[str, tuple[type, ...]] = {
    "BooleanField": (bool,),
    "PositiveSmallIntegerField": (int,),
    "PositiveIntegerField": (int,),
    "JSONField": (dict, list, str, int, float, bool),
}
_KINDS: dict[type, str] = {bool: "true or false", int: "a number", str: "text", dict: "a mapping"}


@dataclass(frozen=True)
class Amount(Part):
    """A number with or without a point, or none."""

    def check(self, value: Any, row: Any, names: Names) -> float | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigRefused(f"must be a number, not {value!r}")
        return float(value)


@dataclass(frozen=True)
class Reference(Part):
    """A row of another section, by its key."""

    to: str = ""

    def read(self, row: Any, names: Names) -> str | None:
        pk = getattr(row, f"{self.name}_id")
        return names.key_of(self.to, pk) if pk else None

    def check(self, value: Any, row: Any, names: Names) -> Any:
        if value is not None:
            names.find(self.to, value)
        return value

    def write(self, row: Any, value: Any, names: Names) -> None:
        setattr(row, self.name, names.find(self.to, value) if value is not None else None)


@dataclass(frozen=True)
class Many(Part):
    """Any number of rows of another section."""

    to: str = ""
    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: Any, names: Names) -> list[str]:
        if row._state.adding:
            return []
        keys = [names.key_of(self.to, other.pk) for other in getattr(row, self.name).all()]
        return sorted(key for key in keys if key)

    def check(self, value: Any, row: Any, names: Names) -> list[str]:
        for key in texts(value):
            names.find(self.to, key)
        return sorted(set(value))

    def write(self, row: Any, value: Any, names: Names) -> None:
        getattr(row, self.name).set([names.find(self.to, key) for key in value])


@dataclass(frozen=True)
class Holidays(Part):
    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: Calendar, names: Names) -> dict[str, Any]:
        if row._state.adding:
            return {}
        return {day.date.isoformat(): _entry_of(day) for day in row.holidays.order_by("date")}

    def check(self, value: Any, row: Any, names: Names) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ConfigRefused(f"must be a mapping of days to names, not {value!r}")
        for day in value:
            try:
                date.fromisoformat(str(day))
            except ValueError:
                raise ConfigRefused(f"{day!r} is no day; write it like 2026-12-25") from None
        return {str(day): _checked(value[day]) for day in sorted(value)}

    def write(self, row: Calendar, value: Mapping[str, Any], names: Names) -> None:
        row.holidays.exclude(date__in=list(value)).delete()
        for day, entry in value.items():
            given = entry if isinstance(entry, dict) else {"name": entry, "hours": []}
            Holiday.objects.update_or_create(
                calendar=row, date=date.fromisoformat(day), defaults=given
            )


def _entry_of(day: Holiday) -> str | dict[str, Any]:
    """A name alone where nobody works."""
    return {"name": day.name, "hours": day.hours} if day.hours else day.name


def _checked(entry: Any) -> str | dict[str, Any]:
    if not isinstance(entry, dict):
        return str(entry)
    hours = entry.get("hours") or []
    are_spans = isinstance(hours, list) and all(isinstance(s, list) and len(s) == 2 for s in hours)
    if set(entry) - {"name", "hours"} or not are_spans:
        raise ConfigRefused('a day is a name, or {"name": …, "hours": [["09:00", "12:00"]]}')
    read = [read_hours(f"{first}-{last}", field="hours")[0] for first, last in hours]
    return {"name": str(entry.get("name", "")), "hours": read}


@dataclass(frozen=True)
class Rights(Part):
    """Those of the roles we ship are ours to set; each start sets them again."""

    is_late: bool = field(default=True, kw_only=True)

    def applies(self, row: Group) -> bool:
        return row.name not in ROLES

    def read(self, row: Group, names: Names) -> list[str]:
        if row._state.adding:
            return []
        held = row.permissions.values_list("content_type__app_label", "codename")
        return sorted(f"{app}.{code}" for app, code in held)

    def check(self, value: Any, row: Any, names: Names) -> list[str]:
        known = _permissions()
        for right in texts(value):
            if right not in known:
                raise ConfigRefused(f"there is no right {right!r}")
        return sorted(set(value))

    def write(self, row: Group, value: Iterable[str], names: Names) -> None:
        known = _permissions()
        row.permissions.set([known[right] for right in value])


def _permissions() -> dict[str, Permission]:
    found = Permission.objects.select_related("content_type")
    return {f"{p.content_type.app_label}.{p.codename}": p for p in found}


@dataclass(frozen=True)
class WorksIn(Part):
    """The teams or inboxes whose tickets a role works on, whoever is a member (guardian)."""

    to: str = ""
    model: type[models.Model] | None = None
    right: str = ""
    is_late: bool = field(default=True, kw_only=True)

    def read(self, row: Group, names: Names) -> list[str]:
        if row._state.adding:
            return []
        keys = [
            names.key_of(self.to, pk) for pk in self._held(row).values_list("object_pk", flat=True)
        ]
        return sorted(key for key in keys if key)

    def check(self, value: Any, row: Any, names: Names) -> list[str]:
        for key in texts(value):
            names.find(self.to, key)
        return sorted(set(value))

    def write(self, row: Group, value: Iterable[str], names: Names) -> None:
        wanted = {str(names.find(self.to, key).pk) for key in value}
        held = self._held(row)
        held.exclude(object_pk__in=wanted).delete()
        missing = wanted - set(held.values_list("object_pk", flat=True))
        permission = Permission.objects.get(content_type=self._type(), codename=self.right)
        GroupObjectPermission.objects.bulk_create(
            GroupObjectPermission(
                group=row, permission=permission, content_type=self._type(), object_pk=pk
            )
            for pk in sorted(missing)
        )

    def _held(self, row: Group) -> "models.QuerySet[GroupObjectPermission]":
        return GroupObjectPermission.objects.filter(
            group=row, content_type=self._type(), permission__codename=self.right
        )

    def _type(self) -> ContentType:
        assert self.model is not None  # noqa: S101  each use of it names one
        return ContentType.objects.get_for_model(self.model)


@dataclass(frozen=True)
class Marked(Part):
    """JSON in which ids of our rows stand as ``@kind:key``, so that it means the same elsewhere."""

    def is_private(self, row: Any, names: Names) -> bool:
        return names_strangers(getattr(row, self.name), names)

    def read(self, row: Any, names: Names) -> Any:
        return mark(getattr(row, self.name), names)

    def check(self, value: Any, row: Any, names: Names) -> Any:
        if not isinstance(value, dict | list):
            raise ConfigRefused(f"must be a mapping or a list, not {value!r}")
        unmark(value, names)
        return value

    def write(self, row: Any, value: Any, names: Names) -> None:
        setattr(row, self.name, unmark(value, names))


def mark(value: Any, names: Names) -> Any:
    return _walk(value, lambda text: _mark(text, names))


def unmark(value: Any, names: Names) -> Any:
    return _walk(value, lambda text: _unmark(text, names))


def names_strangers(value: Any, names: Names) -> bool:
    """Whether an id stands in it that belongs to no row of the configuration: a customer's."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(_mark(text, names))
        return text

    _walk(value, note)
    return any(_UUID.match(text) for text in found)


def _walk(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, UUID):
        return change(str(value))
    if isinstance(value, dict):
        return {key: _walk(one, change) for key, one in value.items()}
    if isinstance(value, list):
        return [_walk(one, change) for one in value]
    return value


def _mark(text: str, names: Names) -> str:
    if text.startswith(_USER):
        return _USER + _mark(text.removeprefix(_USER), names)
    if not _UUID.match(text):
        return text
    for kind in names.kinds():
        if key := names.key_of(kind, text):
            return f"@{kind}:{key}"
    return text


def _unmark(text: str, names: Names) -> str:
    if text.startswith(_USER):
        return _USER + _unmark(text.removeprefix(_USER), names)
    found = _MARK.match(text)
    if found is None or found[1] not in names.kinds():
        return text
    return str(names.find(found[1], found[2]).pk)


def texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ConfigRefused(f"must be a list of names, not {value!r}")
    return value
