"""Querysets of busy pages, put together once per process and planned once per connection.

Django spends more on the text of a wide query, and PostgreSQL on its plan, than on running it.
Here ``build`` makes the queryset once for each shape, with stand-ins for the values. What it does
may depend on the shape and on nothing else; the values only take their places.
"""

import copy
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID, uuid4

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.backends.postgresql.base import ServerBindingCursor

M = TypeVar("M", bound=models.Model)
# Several keys go as one array: `.extra(where=["column = ANY(%s)"], params=[keys])`.
Value = UUID | int | str | bytes | datetime | tuple[Any, ...]
_KINDS = (UUID, int, str, bytes, datetime, tuple)
_PLACES = re.compile(r"(%%|%s)")


class _Statement(NamedTuple):
    sql: str
    # For each place in it the number of its value and the type that value is sent as.
    places: list[tuple[int, Callable[[Any], Any]]]
    model: type[models.Model]
    compiler: Any
    iterable: Any  # how the queryset makes its instances


class PreparedQuery(Generic[M]):
    """``build(*values, shape=…)`` returns the queryset."""

    def __init__(self, build: Callable[..., "models.QuerySet[M]"]) -> None:
        self._build = build
        self._statement = lru_cache(200)(self._put_together)

    def fetch(self, values: Sequence[Value], *, shape: Hashable = None) -> list[M]:
        statement = self._statement(tuple(map(type, values)), shape)
        return list(_read(statement, _ask(statement, values))) if statement else []

    def rows(self, values: Sequence[Value], *, shape: Hashable = None) -> list[tuple[Any, ...]]:
        """What the columns hold, of a queryset with ``values_list``."""
        statement = self._statement(tuple(map(type, values)), shape)
        return _ask(statement, values) if statement else []

    def first(self, *values: Value, shape: Hashable = None) -> M | None:
        return next(iter(self.fetch(values, shape=shape)), None)

    def get(self, *values: Value, shape: Hashable = None) -> M:
        [found] = self.fetch(values, shape=shape)
        return found

    def _put_together(self, kinds: tuple[type, ...], shape: Hashable) -> _Statement | None:
        """None for a query that can find nothing, whatever its values."""
        stand_ins = [_stand_in(kind, number) for number, kind in enumerate(kinds)]
        queryset = self._build(*stand_ins, shape=shape)
        compiler = queryset.query.get_compiler(connection=connection)
        try:
            sql, given = compiler.as_sql()
        except EmptyResultSet:
            return None
        text, places = _make_places(str(sql), given, stand_ins)
        iterable: Any = queryset
        return _Statement(text, places, queryset.model, compiler, iterable._iterable_class)


def _ask(statement: _Statement, values: Sequence[Value]) -> list[tuple[Any, ...]]:
    given = [kind(values[number]) for number, kind in statement.places]
    with prepared_cursor() as cursor:
        cursor.execute(statement.sql, given)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _stand_in(kind: type, number: int) -> Value:
    if issubclass(kind, datetime):
        return datetime(9000, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    if issubclass(kind, tuple):
        return (uuid4(),)
    if issubclass(kind, int):
        return 1_900_000_000 + number
    if kind is UUID:
        return uuid4()
    return uuid4().hex if issubclass(kind, str) else uuid4().bytes


def _make_places(
    sql: str, given: Sequence[Any], stand_ins: list[Value]
) -> tuple[str, list[tuple[int, Callable[[Any], Any]]]]:
    """Values get a place each. Constants become text, so that the plan can count on them."""
    numbers: dict[Any, int] = {stand_in: number for number, stand_in in enumerate(stand_ins)}
    places: list[tuple[int, Callable[[Any], Any]]] = []
    pieces, rest = [], iter(given)
    for piece in _PLACES.split(sql):
        if piece != "%s":
            pieces.append(piece)
            continue
        value = next(rest)
        plain = value.obj if isinstance(value, psycopg.Binary) else value
        if isinstance(plain, _KINDS) and plain in numbers:
            places.append((numbers[plain], _sent_as(value)))
            pieces.append("%s")
        elif isinstance(value, date):
            raise RuntimeError("A moment would stay in the text for as long as the process lives.")
        else:
            literal = psycopg.sql.Literal(value).as_string(connection.connection)
            pieces.append(literal.replace("%", "%%"))
    text = "".join(pieces)
    if any(_shows(text, stand_in) for stand_in in stand_ins):
        # Part of a constant: frozen in the text, and it might be a permission.
        raise RuntimeError("The queryset uses a value in another way than as itself.")
    return text, places


def _shows(text: str, stand_in: Value) -> bool:
    """A value that is not asked for, e.g. one's teams where one sees all, stands nowhere."""
    ways = [str(stand_in)]
    if isinstance(stand_in, UUID | bytes):
        ways.append(stand_in.hex() if isinstance(stand_in, bytes) else stand_in.hex)
    return any(way in text for way in ways)


def _sent_as(value: Any) -> Callable[[Any], Any]:
    """Numbers as wide as their column: each type would be a plan of its own."""
    if isinstance(value, tuple):
        return list
    return type(value) if isinstance(value, int) else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _read(statement: _Statement, rows: list[Any]) -> Iterator[Any]:
    """Django's own way from rows to instances, with the query run already."""
    compiler = copy.copy(statement.compiler)
    compiler.connection = connection
    compiler.execute_sql = lambda **_: [rows]
    source: Any = SimpleNamespace(
        db=connection.alias,
        model=statement.model,
        query=SimpleNamespace(get_compiler=lambda **_: compiler),
        _known_related_objects={},
    )
    return iter(statement.iterable(source))


@contextmanager
def prepared_cursor() -> Iterator[Any]:
    """A cursor whose statements the server plans once; Django's own puts values into the text."""
    with connection.cursor() as cursor:
        cursor.cursor.close()
        cursor.cursor = _PreparingCursor(connection.connection)
        yield cursor


_Base: Any = ServerBindingCursor  # whose types do not know psycopg's


class _PreparingCursor(_Base):
    def _send_query_prepared(self, name: bytes, query: Any, **options: Any) -> None:
        # Where Django looks for the text when it keeps a log of what was asked.
        self._query = query
        super()._send_query_prepared(name, query, **options)
