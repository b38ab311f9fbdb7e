"""Writing a back-up while everything runs."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from core import audit
from core.clock import now
from core.owner import owner_login
from helpdesk.backup import manifest as manifests
from helpdesk.backup.manifest import BackupRefused, Manifest
from helpdesk.backup.tools import run_tool

Say = Callable[[str], None]


def make_backup(
    folder: Path, *, with_keyring: bool = False, binaries: Path | None = None, say: Say
) -> Manifest:
    """Everything as of one moment; files are copied after the database that names them."""
    _prepare(folder)
    audit.seal(everything=True, checkpoint=True)
    # Before the database: a checkpoint must not have seen more than the events that come back.
    _copy_checkpoints(folder)
    with owner_login(), _one_moment() as snapshot:
        manifest = _describe()
        _dump(folder, snapshot, binaries)
    say(f"database: {sum(manifest.counts.values())} rows of {len(manifest.counts)} tables")
    count = _copy_blobs(folder / manifests.BLOBS)
    say(f"files: {count}")
    if with_keyring:
        _copy_keyring(folder)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            manifest.files[str(path.relative_to(folder))] = manifests.digest_of(path)
    manifests.write(folder, manifest)
    return manifest


def _prepare(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise BackupRefused(f"{folder} is not empty; give each back-up a folder of its own.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def _one_moment() -> Iterator[str]:
    """A snapshot that pg_dump and our own counting share."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _describe() -> Manifest:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
        cursor.execute("SELECT coalesce(max(xid::text::numeric), 0)::bigint FROM core_event")
        highest = cursor.fetchone()[0]
    applied = sorted(MigrationRecorder(connection).applied_migrations())
    return Manifest(
        version=manifests.VERSION,
        made_at=now().isoformat(),
        helpdesk=own_version(),
        server=server,
        keyring=manifests.fingerprint(),
        migrations=dict(applied),
        counts=manifests.count_rows(),
        highest_xid=highest,
    )


def own_version() -> str:
    try:
        return version("helpdesk")
    except PackageNotFoundError:
        return "unknown"


def _dump(folder: Path, snapshot: str, binaries: Path | None) -> None:
    keys = manifests.data_key_table()
    left_out = [model._meta.db_table for model in manifests.LEFT_OUT]
    left_out += [*manifests.LEFT_OUT_TABLES, keys]
    common = ["--format=custom", "--no-owner", "--no-acl", f"--snapshot={snapshot}"]
    run_tool(
        "pg_dump",
        *common,
        f"--file={folder / manifests.DATABASE}",
        *(f"--exclude-table-data={table}" for table in left_out),
        binaries=binaries,
    )
    # Apart, so that a destroyed key can be destroyed in back-ups by keeping these shorter.
    run_tool(
        "pg_dump",
        *common,
        "--data-only",
        f"--table={keys}",
        f"--file={folder / manifests.DATA_KEYS}",
        binaries=binaries,
    )


def _copy_checkpoints(folder: Path) -> None:
    path = Path(settings.CHECKPOINT_FILE)
    if path.exists():
        shutil.copyfile(path, folder / manifests.CHECKPOINTS)


def _copy_blobs(target: Path) -> int:
    """Sealed as they are. One that is being written has a name with a dot, and is left out."""
    count, source = 0, Path(settings.BLOB_DIR)
    for path in sorted(source.glob("*/*")):
        if path.name.startswith("."):
            continue
        place = target / path.relative_to(source)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, place)
        except FileNotFoundError:  # erased at this moment
            place.unlink(missing_ok=True)
            continue
        count += 1
    return count


def _copy_keyring(folder: Path) -> None:
    path = Path(settings.KEYRING_FILE)
    if not path.exists():
        raise BackupRefused("The key ring is no file here; back it up where it is kept.")
    place = folder / manifests.KEYRING
    place.touch(mode=0o600)
    shutil.copyfile(path, place)
