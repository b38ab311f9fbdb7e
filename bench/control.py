"""What the disk and PostgreSQL do in the same minute: bare commits, and bare mails as rows."""

import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from bench.house import House
from bench.load import run_together

CLIENTS = 8
_SCHEMA = "bench"
_COPIED = ("tickets_ticket", "tickets_message", "core_event")
_OWN = {
    # What must differ from the row that is copied.
    ("tickets_ticket", "id"): "%(id)s",
    ("tickets_ticket", "number"): "nextval('public.ticket_number')",
    ("tickets_message", "id"): "gen_random_uuid()",
    ("tickets_message", "ticket_id"): "%(id)s",
    ("tickets_message", "client_id"): "NULL",
    ("core_event", "id"): "gen_random_uuid()",
    ("core_event", "ticket_id"): "%(id)s",
    ("core_event", "xid"): "pg_current_xact_id()",
}
Connection = psycopg.Connection[tuple[Any, ...]]


def prepare(house: House) -> list[sql.Composed]:
    """Tables like ours with their indexes; the statements that copy one ticket into them."""
    with house.connect() as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE")
        connection.execute(f"CREATE SCHEMA {_SCHEMA}")
        connection.execute(f"CREATE TABLE {_SCHEMA}.commits (id bigserial PRIMARY KEY, at text)")
        return [_copying(connection, table) for table in _COPIED]


def _copying(connection: Connection, table: str) -> sql.Composed:
    connection.execute(
        sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(
            sql.Identifier(_SCHEMA, table), sql.Identifier("public", table)
        )
    )
    columns = [
        row[0]
        for row in connection.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position",
            [table],
        )
    ]
    values = [
        sql.SQL(_OWN[table, name]) if (table, name) in _OWN else sql.Identifier(name)
        for name in columns
    ]
    key = "id" if table == "tickets_ticket" else "ticket_id"
    return sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {} = %(from)s LIMIT 1").format(
        sql.Identifier(_SCHEMA, table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(values),
        sql.Identifier("public", table),
        sql.Identifier(key),
    )


def remove(house: House) -> None:
    with house.connect() as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE")


def commits_per_second(house: House, *, clients: int, seconds: float) -> float:
    """One inserted row each, made durable: what no write benchmark can exceed."""
    insert = sql.SQL("INSERT INTO {} (at) VALUES ('now')").format(
        sql.Identifier(_SCHEMA, "commits")
    )
    return _rate(house, lambda connection: connection.execute(insert), clients, seconds)


def tickets_per_second(
    house: House, statements: list[sql.Composed], ticket: str, *, clients: int, seconds: float
) -> float:
    """Ticket, message and event with all their indexes in one transaction."""

    def copy_one(connection: Connection) -> None:
        with connection.transaction():
            [[new]] = connection.execute("SELECT gen_random_uuid()").fetchall()
            for statement in statements:
                connection.execute(statement, {"id": new, "from": ticket}, prepare=True)

    return _rate(house, copy_one, clients, seconds)


def _rate(house: House, act: Callable[[Connection], object], clients: int, seconds: float) -> float:
    done = [0] * clients
    until = time.perf_counter() + seconds

    def work(number: int) -> None:
        with house.connect() as connection:
            while time.perf_counter() < until:
                act(connection)
                done[number] += 1

    elapsed = run_together([lambda number=number: work(number) for number in range(clients)])  # type: ignore[misc]  # mypy cannot type a lambda with a default
    return sum(done) / elapsed
