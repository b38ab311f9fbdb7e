"""Bringing a back-up into an installation that is still empty."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from core import audit
from core.crypto import data_keys
from core.owner import owner_login
from helpdesk.backup import manifest as manifests
from helpdesk.backup.making import Say
from helpdesk.backup.manifest import BackupRefused, Manifest
from helpdesk.backup.tools import run_tool

_BURNT_AT_ONCE = 200_000


def restore_here(folder: Path, *, binaries: Path | None = None, say: Say) -> dict[str, Any]:
    """Into the database and folders of the settings; says what it proved. Raises
    ``BackupRefused`` before anything is changed, or when what came back is not what left."""
    manifest = manifests.read(folder)
    manifests.check_files(folder, manifest)
    say(f"back-up of {manifest.made_at}: {len(manifest.files)} files, all as they were")
    _refuse_what_is_not_empty()
    _load(folder, binaries)
    _copy_files(folder)
    with owner_login():
        _catch_up(manifest.highest_xid)
    say("database and files are in place")
    data_keys.forget()
    call_command("migrate", interactive=False, verbosity=0)
    compare_counts(manifest)
    audit.seal(everything=True, checkpoint=True)
    proof = _prove(folder, say)
    call_command("set_up")
    call_command("rebuild_search", verbosity=0)
    say("search is rebuilt")
    return proof


def _refuse_what_is_not_empty() -> None:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    if tables:
        raise BackupRefused(
            f"The database is not empty: it has {len(tables)} tables. A back-up comes back into "
            "an empty one only."
        )
    if Path(settings.BLOB_DIR).exists() and any(Path(settings.BLOB_DIR).iterdir()):
        raise BackupRefused(f"{settings.BLOB_DIR} is not empty.")


def _load(folder: Path, binaries: Path | None) -> None:
    connection.close()
    common = ["--no-owner", "--no-acl", "--no-comments", "--exit-on-error"]
    database = f"--dbname={settings.DATABASES['default']['NAME']}"
    for name in (manifests.DATABASE, manifests.DATA_KEYS):
        run_tool(
            "pg_restore",
            *common,
            "--single-transaction",
            database,
            str(folder / name),
            binaries=binaries,
        )


def _copy_files(folder: Path) -> None:
    blobs = folder / manifests.BLOBS
    if blobs.exists():
        shutil.copytree(blobs, settings.BLOB_DIR, dirs_exist_ok=True)
    checkpoints = folder / manifests.CHECKPOINTS
    if checkpoints.exists():
        target = Path(settings.CHECKPOINT_FILE)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(checkpoints, target)


def _catch_up(highest: int) -> None:
    """Let the server's transaction numbers pass those of the events: what reads events in order
    stays behind the oldest running transaction, and would never see higher numbers."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        while True:
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            missing = highest + 1 - cursor.fetchone()[0]
            if missing <= 0:
                return
            count = min(missing, _BURNT_AT_ONCE)
            cursor.execute(
                f"DO $$ BEGIN FOR i IN 1..{count:d} LOOP "
                "PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
            )


def compare_counts(manifest: Manifest) -> None:
    """Right after loading: migrations of a newer version may add tables, never lose rows."""
    here = manifests.count_rows()
    # Writing down migrations adds rows of its own.
    own = {"django_migrations", "django_content_type", "auth_permission"}
    for table, wanted in manifest.counts.items():
        if table in here and table not in own and here[table] != wanted:
            raise BackupRefused(f"{table} has {here[table]} rows; the back-up has {wanted}.")


def _prove(folder: Path, say: Say) -> dict[str, Any]:
    checkpoints = folder / manifests.CHECKPOINTS
    findings = list(audit.verify(checkpoints if checkpoints.exists() else None))
    if findings:
        first = findings[0]
        raise BackupRefused(f"The history is not intact: {first.place}: {first.what}.")
    say("history: intact")
    call_command("keys", "verify")
    return {"rows": sum(manifests.count_rows().values()), "history": "intact", "keys": "opened"}
