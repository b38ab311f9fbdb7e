"""The cast, made once in each run: for a test its rows are put back instead of being made anew,
which would be half of the time of all tests."""

import inspect
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction

from core import clock

Rows = dict[str, dict[str, str]]  # by table and place within it


# Made from the models by the migrations, and the same for every test.
_KEPT_TABLES = {"auth_permission", "django_content_type", "django_migrations"}


@dataclass(frozen=True)
class Made:
    statement: str  # puts all rows in their places
    result: bytes


class Cast:
    """Who belongs to it is made in the order of their definition, each from some before."""

    def __init__(self) -> None:
        self.makers: dict[str, Callable[..., Any]] = {}
        self.made: dict[str, Made] = {}

    def member(self, make: Callable[..., Any]) -> Any:
        """A fixture of the same name, made from the members that the parameters name."""
        name = make.__name__
        needed = list(inspect.signature(make).parameters)
        self.makers[name] = make

        def bring(request: pytest.FixtureRequest, db: None) -> Any:
            given = {need: request.getfixturevalue(need) for need in needed}
            # At another time than now they would have been made then.
            return make(**given) if clock.is_fixed() else self.put(name)

        bring.__doc__ = make.__doc__
        return pytest.fixture(name=name)(bring)

    def make_all(self) -> None:
        with transaction.atomic():
            results: dict[str, Any] = {}
            before = self.read_rows()
            for name, make in self.makers.items():
                needed = inspect.signature(make).parameters
                results[name] = make(**{need: results[need] for need in needed})
                after = self.read_rows()
                statement = compose(before, after)
                self.made[name] = Made(statement, pickle.dumps(results[name]))
                before = after
            transaction.set_rollback(True)

    def put(self, name: str) -> Any:
        made = self.made[name]
        with connection.cursor() as cursor:
            cursor.execute(made.statement)
        return pickle.loads(made.result)

    def read_rows(self) -> Rows:
        quote = connection.ops.quote_name
        found: Rows = {}
        with connection.cursor() as cursor:
            for table in find_filled():
                cursor.execute(f"SELECT ctid::text, t::text FROM {quote(table)} t")
                found[table] = dict(cursor.fetchall())
        return found


cast = Cast()


def find_filled() -> list[str]:
    quote = connection.ops.quote_name
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [name for name in names if name not in _KEPT_TABLES]
    is_filled = ", ".join(f"EXISTS (SELECT FROM {quote(name)})" for name in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {is_filled}")
        return [name for name, filled in zip(tables, cursor.fetchone(), strict=True) if filled]


def compose(before: Rows, after: Rows) -> str:
    """What makes the one of the other. A row that was changed lies in another place."""
    parts: list[str] = []
    for table, rows in after.items():
        name, known = connection.ops.quote_name(table), before.get(table, {})
        if gone := [known[place] for place in known.keys() - rows.keys()]:
            parts.append(f"DELETE FROM {name} t WHERE t::text = ANY({literal(gone)})")
        if new := [rows[place] for place in rows.keys() - known.keys()]:
            read = f"SELECT unnest({literal(new)})::{name} AS r"
            parts.append(f"INSERT INTO {name} SELECT (r).* FROM ({read}) made")
    return "; ".join(parts).replace("%", "%%")


def literal(texts: list[str]) -> str:
    quoted = ["'" + text.replace("'", "''") + "'" for text in texts]
    return f"ARRAY[{', '.join(quoted)}]"
