"""A restore with services of its own: into an empty data folder, or a throw-away one to prove it.

The settings are read when a process begins, so the restoring itself runs in a process that begins
once the services are there.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from helpdesk.backup.making import Say, make_backup
from helpdesk.backup.manifest import KEYRING, BackupRefused
from helpdesk.services import BASE_DIR, lock_folder, make_folders, start_services


def restore_into(folder: Path, data_dir: Path, *, keyring: Path | None, say: Say) -> None:
    """Start what the environment does not name, restore, and stop it again."""
    make_folders(data_dir)
    lock = lock_folder(data_dir)
    if lock is None:
        raise BackupRefused(f"The helpdesk in {data_dir} is running. Stop it first.")
    with lock:
        if (data_dir / "postgres").exists() or (data_dir / "postgres-location").exists():
            raise BackupRefused(f"{data_dir} holds a database already; give an empty DATA_DIR.")
        _place_keyring(folder, keyring)
        with start_services(data_dir, environment=os.environ, durable=True) as addresses:
            environment = {**os.environ, **addresses.environment(), "DATA_DIR": str(data_dir)}
            _restore_in_process(folder, environment, say)


def _place_keyring(folder: Path, given: Path | None) -> None:
    target = Path(settings.KEYRING_FILE)
    source = given or folder / KEYRING
    if target.exists() or os.environ.get("KEYRING_COMMAND"):
        return
    if not source.exists():
        raise BackupRefused(
            f"There is no key ring at {target}. Put the one of the installation there, or name it: "
            "--keyring FILE."
        )
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.touch(mode=0o600)
    shutil.copyfile(source, target)


def drill(folder: Path | None, *, binaries: Path | None, say: Say) -> None:
    """Restore a back-up (a fresh one, unless one is given) into a cluster that is then thrown
    away. What runs here is not touched."""
    work = Path(tempfile.mkdtemp(prefix="helpdesk-drill-"))
    try:
        # The account that runs PostgreSQL when we are root must get through.
        work.chmod(0o711)
        if folder is None:
            folder = work / "backup"
            make_backup(folder, binaries=binaries, say=say)
        with start_services(work / "data", environment={}) as addresses:
            environment = {
                **os.environ,
                **addresses.environment(),
                "DATA_DIR": str(work / "data"),
                "KEYRING_FILE": str(settings.KEYRING_FILE),
                "CHECKPOINT_FILE": str(work / "data" / "audit" / "checkpoints.jsonl"),
            }
            _restore_in_process(folder, environment, say)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say("The drill succeeded: the back-up comes back whole.")


def _restore_in_process(folder: Path, environment: Mapping[str, str], say: Say) -> None:
    done = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, str(BASE_DIR / "manage.py"), "restore", str(folder.resolve()), "--here"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        say(line)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BackupRefused(last.removeprefix("CommandError: "))
