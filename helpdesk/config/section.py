"""A section of the configuration: a model, its natural key and its entries.

A column that is not exported stands in ``left_out`` with its reason, so that none is forgotten by
accident.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from helpdesk.config.parts import Names, Part

ID = {"id": "made anew elsewhere"}


@dataclass(frozen=True)
class Section:
    name: str  # of its file
    kind: str  # of its events
    model: type[models.Model]
    key: tuple[str, ...]
    parts: tuple[Part, ...]
    left_out: Mapping[str, str]
    fixed: frozenset[str] = frozenset()  # once made these stay as they are
    only: Mapping[str, Any] = field(default_factory=dict)  # which rows belong to it
    # What becomes of a row no file names: it stays, or this is done with it.
    removal: Callable[[Any], None] | None = None
    is_used: Callable[[Any], bool] = lambda row: True  # else it is as good as removed
    key_of: Callable[[Any], str] | None = None
    make: Callable[[str, Names], Any] | None = None  # a new row with what its key says of it
    verify: Callable[[Any], None] | None = None  # refuses a row that is written, as a whole

    def rows(self) -> dict[str, Any]:
        """By natural key. Rows that share one are numbered, the oldest first."""
        found: dict[str, Any] = {}
        for row in self.model._default_manager.filter(**self.only).order_by("pk"):
            plain = key = self.name_of(row)
            number = 1
            while key in found:
                number += 1
                key = f"{plain} ({number})"
            found[key] = row
        return dict(sorted(found.items()))

    def name_of(self, row: Any) -> str:
        if self.key_of:
            return self.key_of(row)
        return "/".join(str(getattr(row, name)) for name in self.key)

    def begin(self, key: str, names: Names) -> Any:
        if self.make:
            return self.make(key, names)
        values = key.split("/", len(self.key) - 1)
        return self.model(**dict(zip(self.key, values, strict=False)))


def columns(*names: str) -> tuple[Part, ...]:
    return tuple(Part(name) for name in names)


def delete(row: Any) -> None:
    row.delete()


def switch_off(row: Any) -> None:
    row.is_active = False
    row.save(update_fields=["is_active"])


def is_active(row: Any) -> bool:
    return bool(row.is_active)
