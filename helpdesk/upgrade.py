"""What has to be known before a new version runs on this installation's data."""

import io
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, migrations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.models import Min

from core import audit
from core.clock import now
from core.errors import HelpdeskError
from core.models import Reaction
from helpdesk.embedded import EXTENSIONS
from helpdesk.services import OLDEST_POSTGRES

OK, LOOK, STOP = "ok", "look", "stop"
LEAST_FREE = 500 * 1024 * 1024
MANY_ROWS = 100_000
BEHIND_SECONDS = 120
# Variables that no longer mean anything, with what took their place.
GONE: dict[str, str] = {"CELERY_BROKER": "REDIS_URL", "DB_URL": "DATABASE_URL"}

# How an operation holds its table, of those that hold it for longer than a moment.
_RISKS: list[tuple[type[Operation], str]] = [
    (migrations.RunPython, "goes through rows; takes as long as there are many"),
    (migrations.RunSQL, "statements of its own; read them"),
    (migrations.AddIndex, "nothing can be written while the index is built"),
    (migrations.AddConstraint, "nothing can be written while all rows are checked"),
    (migrations.AlterField, "may rewrite the table; nothing can be read or written meanwhile"),
    (migrations.AlterUniqueTogether, "nothing can be written while all rows are checked"),
]
_CONCURRENT = ("AddIndexConcurrently", "RemoveIndexConcurrently", "AddConstraintNotValid")


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    state: str
    text: str


def check_all() -> list[Finding]:
    found: list[Finding] = []
    for name, look in _CHECKS.items():
        try:
            found += list(look())
        except DatabaseError as problem:
            first = str(problem).strip().splitlines()[0]
            found.append(Finding(name, LOOK, f"cannot be told before the migrations: {first}"))
    return found


# Migrations


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        yield Finding("migrations", OK, "none is pending")
        return
    sizes = _table_sizes()
    for migration, _backwards in plan:
        risks = [
            risk for step in migration.operations if (risk := _risk_of(step, migration, sizes))
        ]
        state = LOOK if risks else OK
        name = f"{migration.app_label} {migration.name}"
        yield Finding("migrations", state, f"{name}: {'; '.join(risks) or 'takes a moment'}")


def _risk_of(step: Operation, migration: migrations.Migration, sizes: dict[str, int]) -> str:
    if type(step).__name__ in _CONCURRENT:
        return ""
    risk = next((text for kind, text in _RISKS if isinstance(step, kind)), "")
    model = str(getattr(step, "model_name", "")).lower()
    rows = sizes.get(f"{migration.app_label}_{model}", 0) if model else MANY_ROWS
    if not risk or (model and rows < MANY_ROWS):
        return ""
    return f"{model} ({rows:,} rows): {risk}" if model else risk


def _table_sizes() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r'")
        return {name: max(rows, 0) for name, rows in cursor.fetchall()}


# What is there


def _keys() -> Iterator[Finding]:
    said = io.StringIO()
    try:
        call_command("keys", "verify", stdout=said, stderr=said)
    except (CommandError, HelpdeskError) as problem:
        yield Finding("keys", STOP, str(problem))
        return
    yield Finding("keys", OK, said.getvalue().strip())


def _history() -> Iterator[Finding]:
    findings = list(audit.verify())
    if findings:
        first = findings[0]
        state = LOOK if first.code == audit.UNSEALED else STOP
        yield Finding("history", state, f"{first.place}: {first.what}")
        return
    yield Finding("history", OK, "intact")


def _room() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size = cursor.fetchone()[0]
    text = f"{_mega(free)} free in DATA_DIR; the database has {_mega(size)}"
    if free < LEAST_FREE:
        yield Finding("room", STOP, text)
    else:
        # A back-up beside it, and tables that are rewritten.
        yield Finding("room", OK if free > 2 * size else LOOK, text)


def _mega(size: int) -> str:
    return f"{size // 1024**2:,} MB"


def _server() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = str(cursor.fetchone()[0])
        cursor.execute(
            "SELECT name, installed_version, default_version FROM pg_available_extensions "
            "WHERE name = ANY(%s)",
            [list(EXTENSIONS)],
        )
        known = {name: (installed, newest) for name, installed, newest in cursor.fetchall()}
    is_old = int(version.split(".")[0]) < OLDEST_POSTGRES
    text = f"PostgreSQL {version}" + (f"; {OLDEST_POSTGRES} or newer is needed" if is_old else "")
    yield Finding("server", STOP if is_old else OK, text)
    for name in EXTENSIONS:
        installed, newest = known.get(name, (None, None))
        if installed is None:
            yield Finding("server", STOP, f"the extension {name} is not installed")
        elif installed != newest:
            text = f"{name} {installed}; ALTER EXTENSION {name} UPDATE brings {newest}"
            yield Finding("server", LOOK, text)
        else:
            yield Finding("server", OK, f"{name} {installed}")


def _queue() -> Iterator[Finding]:
    failed = Reaction.objects.filter(state=Reaction.State.FAILED).count()
    if failed:
        yield Finding(
            "queue", LOOK, f"{failed} reactions have failed for good; see the back office"
        )
    due = Reaction.objects.filter(state=Reaction.State.PENDING, next_at__lte=now())
    count, oldest = due.count(), due.aggregate(at=Min("next_at"))["at"]
    if not count:
        yield Finding("queue", OK, "nothing waits")
        return
    age = int((now() - oldest).total_seconds())
    state = STOP if age > BEHIND_SECONDS else OK
    yield Finding("queue", state, f"{count} wait, the oldest for {age} s; let them finish first")


def _configuration() -> Iterator[Finding]:
    for name, instead in GONE.items():
        if os.environ.get(name):
            yield Finding("configuration", LOOK, f"{name} means nothing any more; use {instead}")
    wrong = [one for one in checks.run_checks() if one.level >= checks.ERROR]
    for one in wrong:
        yield Finding("configuration", STOP, str(one.msg))
    if not wrong:
        yield Finding("configuration", OK, "the system checks pass")


_CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "migrations": _migrations,
    "keys": _keys,
    "history": _history,
    "room": _room,
    "server": _server,
    "queue": _queue,
    "configuration": _configuration,
}
