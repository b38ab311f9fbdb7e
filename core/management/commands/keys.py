"""The keys of this installation: what is there, rotation, and the proof that all can be read."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, models, transaction

from core import files, keyring
from core.crypto import DecryptionError, KeyDestroyed, data_keys, unwrap, wrap
from core.fields import Sealed, encrypted_fields
from core.models import DataKey

BATCH = 500
SAMPLE = 200  # rows of each table that `verify` opens when not told --all


@dataclass
class Checked:
    data_keys: int = 0
    destroyed_keys: int = 0
    values: int = 0
    erased_values: int = 0
    files: int = 0
    tables: list[str] = field(default_factory=list)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("init", help="make the key ring; an existing one is left as it is")
        status = verbs.add_parser("status", help="which keys are in use, and for how much")
        status.add_argument("--json", action="store_true")
        add = verbs.add_parser("add-kek", help="add a key to the ring and use it from now on")
        add.add_argument("--no-activate", action="store_true")
        activate = verbs.add_parser("activate", help="use this key of the ring from now on")
        activate.add_argument("kek", type=int)
        rewrap = verbs.add_parser("rewrap", help="wrap all data keys by the active key")
        rewrap.add_argument("--batch", type=int, default=BATCH)
        retire = verbs.add_parser("retire", help="take an unused key out of the ring")
        retire.add_argument("kek", type=int)
        verify = verbs.add_parser("verify", help="open every data key and a sample of the values")
        verify.add_argument("--all", action="store_true", help="open all values")
        verify.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        verbs: dict[str, Callable[[dict[str, Any]], None]] = {
            "init": self.init,
            "status": self.status,
            "add-kek": self.add_kek,
            "activate": self.activate,
            "rewrap": self.rewrap,
            "retire": self.retire,
            "verify": self.verify,
        }
        try:
            verbs[options["verb"]](options)
        except keyring.KeyringError as refusal:
            raise CommandError(refusal.reason) from refusal

    def init(self, options: dict[str, Any]) -> None:
        path = Path(settings.KEYRING_FILE)
        if keyring.is_command() or path.exists():
            keyring.load()
            self.stdout.write("The key ring is there already and can be read.")
            return
        if _has_data_keys():
            raise CommandError(
                f"The database holds data keys, but there is no key ring at {path}. A new ring "
                "could not open them: put the old one back."
            )
        keyring.create(path)
        self.stdout.write(f"Made the key ring {path}. Keep a copy of it elsewhere, in safety.")

    def status(self, options: dict[str, Any]) -> None:
        status = _read_status()
        if options["json"]:
            self.stdout.write(json.dumps(status))
            return
        self.stdout.write(f"active key {status['active_kek']} of {status['keks']}")
        self.stdout.write(f"active index root {status['active_index']} of {status['index_roots']}")
        for row in status["data_keys"]:
            self.stdout.write(f"key {row['kek']}: {row['count']} data keys of {row['scope']}")
        self.stdout.write(f"destroyed: {status['destroyed']}")
        self.stdout.write(f"to rewrap: {status['to_rewrap']}")
        if status["missing_keks"]:
            self.stdout.write(f"MISSING from the ring: {status['missing_keks']}")

    def add_kek(self, options: dict[str, Any]) -> None:
        use = not options["no_activate"]
        number = keyring.add_kek(Path(settings.KEYRING_FILE), activate=use)
        self.stdout.write(f"Added key {number}{', which is active now' if use else ''}.")

    def activate(self, options: dict[str, Any]) -> None:
        keyring.activate_kek(Path(settings.KEYRING_FILE), number=options["kek"])
        self.stdout.write(f"Key {options['kek']} is active now.")

    def rewrap(self, options: dict[str, Any]) -> None:
        done, after = 0, -1
        while batch := _rewrap_batch(after, size=options["batch"]):
            done, after = done + len(batch), batch[-1]
        left = _to_rewrap().count()
        self.stdout.write(f"Rewrapped {done} data keys, {left} left.")
        if left:
            raise CommandError("Some data keys are in use just now: run it again.")

    def retire(self, options: dict[str, Any]) -> None:
        number = options["kek"]
        with transaction.atomic(), connection.cursor() as cursor:
            # Waits for transactions that are making data keys, and keeps new ones waiting.
            cursor.execute("LOCK TABLE core_datakey IN SHARE MODE")
            used = DataKey.objects.filter(kek=number, wrapped__isnull=False).count()
            if used:
                raise CommandError(f"Key {number} still wraps {used} data keys: rewrap first.")
            keyring.retire_kek(Path(settings.KEYRING_FILE), number=number)
        self.stdout.write(
            f"Key {number} is retired. Back-ups of data keys made before the last rewrap need it."
        )

    def verify(self, options: dict[str, Any]) -> None:
        checked = Checked()
        _check_data_keys(checked)
        for model in apps.get_models():
            if model._meta.managed and not model._meta.proxy and encrypted_fields(model):
                _check_values(model, checked, everything=options["all"])
            if getattr(model, "holds_file", False):
                _check_files(model, checked, everything=options["all"])
        if options["json"]:
            self.stdout.write(json.dumps(asdict(checked)))
            return
        self.stdout.write(
            f"Opened {checked.data_keys} data keys and {checked.values} values "
            f"of {len(checked.tables)} tables and {checked.files} files; destroyed on purpose: "
            f"{checked.destroyed_keys} keys, {checked.erased_values} of the values."
        )


def _has_data_keys() -> bool:
    try:
        return "core_datakey" in connection.introspection.table_names() and (
            DataKey.objects.exists()
        )
    except DatabaseError:
        return False  # no database yet: the first start makes the keys before it


def _read_status() -> dict[str, Any]:
    ring = keyring.load()
    counts: Counter[tuple[int, str]] = Counter()
    alive = DataKey.objects.filter(wrapped__isnull=False).values_list("kek", "scope")
    for kek, scope, count in alive.annotate(count=models.Count("kid")):
        counts[kek, scope] = count
    return {
        "active_kek": ring.active_kek,
        "keks": sorted(ring.keks),
        "active_index": ring.active_index,
        "index_roots": sorted(ring.index_roots),
        "data_keys": [
            {"kek": kek, "scope": scope, "count": count}
            for (kek, scope), count in sorted(counts.items())
        ],
        "destroyed": DataKey.objects.filter(wrapped__isnull=True).count(),
        "to_rewrap": sum(n for (kek, _), n in counts.items() if kek != ring.active_kek),
        "missing_keks": sorted({kek for kek, _ in counts} - set(ring.keks)),
    }


def _to_rewrap() -> models.QuerySet[DataKey]:
    active = keyring.load().active_kek
    return DataKey.objects.filter(wrapped__isnull=False).exclude(kek=active)


def _rewrap_batch(after: int, *, size: int) -> list[int]:
    """Rows that another transaction holds are left to the next run."""
    with transaction.atomic(), connection.cursor() as cursor:
        rows = _to_rewrap().filter(kid__gt=after).order_by("kid")
        batch = list(rows.select_for_update(skip_locked=True)[:size])
        wrapped = []
        for row in batch:
            key = _open_data_key(row)
            kek, sealed = wrap(key, kid=row.kid, scope=row.scope, scope_id=row.scope_id)
            wrapped.append((row.kid, kek, sealed))
        # One statement: a million rows one by one would take minutes.
        cursor.execute(
            "UPDATE core_datakey AS d SET kek = new.kek, wrapped = new.wrapped"
            " FROM unnest(%s::int[], %s::int[], %s::bytea[]) AS new(kid, kek, wrapped)"
            " WHERE d.kid = new.kid",
            [list(column) for column in zip(*wrapped, strict=True)] or [[], [], []],
        )
    return [row.kid for row in batch]


def _open_data_key(row: DataKey) -> bytes:
    try:
        return unwrap(
            bytes(row.wrapped or b""),
            kid=row.kid,
            kek=row.kek,
            scope=row.scope,
            scope_id=row.scope_id,
        )
    except DecryptionError as problem:
        place = f"core_datakey.wrapped, kid {row.kid}, {row.scope} {row.scope_id}"
        raise CommandError(f"{place}: {problem}") from problem


def _check_data_keys(checked: Checked) -> None:
    for batch in _pages(DataKey.objects.all(), pk_of=lambda row: row.kid):
        for row in batch:
            if row.destroyed_at and row.wrapped is None:
                checked.destroyed_keys += 1
            else:
                _open_data_key(row)
                checked.data_keys += 1


def _check_values(model: type[models.Model], checked: Checked, *, everything: bool) -> None:
    checked.tables.append(model._meta.db_table)
    fields = [field for field in encrypted_fields(model) if field.model is model]
    names = [field.attname for field in fields]
    for rows in _batches(model, names, everything=everything):
        sealed = [value for _, *values in rows for value in values if value is not None]
        data_keys.warm(kid for value in sealed if (kid := value.kid) is not None)
        for pk, *values in rows:
            for column, value in zip(fields, values, strict=True):
                if value is not None:
                    _check_value(column, value, pk=pk, checked=checked)


def _batches(
    model: type[models.Model], names: list[str], *, everything: bool
) -> Iterator[list[tuple[Any, ...]]]:
    rows = model._base_manager.values_list("pk", *names)
    if everything:
        yield from _pages(rows, pk_of=lambda row: row[0])
    else:
        oldest, newest = (rows.order_by(order)[: SAMPLE // 2] for order in ("pk", "-pk"))
        yield list({row[0]: row for row in (*oldest, *newest)}.values())


def _pages(rows: Any, *, pk_of: Callable[[Any], Any]) -> Iterator[list[Any]]:
    """All rows in order of their primary key, never many of them in memory."""
    page = list(rows.order_by("pk")[:BATCH])
    while page:
        yield page
        page = list(rows.filter(pk__gt=pk_of(page[-1])).order_by("pk")[:BATCH])


def _check_value(column: Any, value: Sealed, *, pk: UUID | int, checked: Checked) -> None:
    try:
        column.open_value(value, pk=pk)
    except KeyDestroyed:
        checked.erased_values += 1
    except (DecryptionError, ValueError) as problem:
        # ValueError: it opened, but what was sealed is not what the column holds.
        place = f"{column.model._meta.db_table}.{column.column}, row {pk}"
        raise CommandError(f"{place}: {problem}") from problem
    else:
        checked.values += 1


def _check_files(model: type[models.Model], checked: Checked, *, everything: bool) -> None:
    """The files below BLOB_DIR, read to their ends: only there shows whether one was cut."""
    for rows in _batches(model, ["size"], everything=everything):
        for pk, size in rows:
            try:
                found = _count_bytes(pk)
            except KeyDestroyed:
                checked.erased_values += 1
                continue
            except DecryptionError as problem:
                raise CommandError(f"{model._meta.db_table}, file {pk}: {problem}") from problem
            if found != size:
                raise CommandError(f"{model._meta.db_table}, file {pk}: {found} bytes, not {size}")
            checked.files += 1


def _count_bytes(pk: UUID) -> int:
    with files.open_stream(pk) as stream:
        return sum(len(chunk) for chunk in iter(partial(stream.read, files.CHUNK), b""))
