"""What a back-up consists of, signed with a key of the key ring."""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection, models

from core.crypto import derive
from core.errors import HelpdeskError
from core.models import DataKey
from customers.models import CustomerIndex
from tickets.models import MessageIndex

VERSION = 1
NAME, SIGNATURE = "manifest.json", "manifest.mac"
DATABASE, DATA_KEYS = "database.dump", "datakeys.dump"
CHECKPOINTS, BLOBS, KEYRING = "checkpoints.jsonl", "blobs", "keyring.json"
_CHUNK = 1024 * 1024

# Made anew from the rest, or worth nothing elsewhere.
LEFT_OUT: tuple[type[models.Model], ...] = (MessageIndex, CustomerIndex, Session)
LEFT_OUT_TABLES = ("core_cache",)


class BackupRefused(HelpdeskError):
    code = "backup_refused"


@dataclass(frozen=True)
class Manifest:
    version: int
    made_at: str
    helpdesk: str
    server: str
    keyring: str  # which ring opens it, told by a fingerprint
    migrations: dict[str, str]  # app → its newest
    counts: dict[str, int]  # rows by table
    highest_xid: int
    files: dict[str, list[Any]] = field(default_factory=dict)  # path → size, sha256


def counted_models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model not in LEFT_OUT
    ]


def count_rows() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(model._meta.db_table for model in counted_models()):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found[table] = cursor.fetchone()[0]
    return found


def data_key_table() -> str:
    return DataKey._meta.db_table


def fingerprint() -> str:
    return hmac.digest(derive("backup.keyring"), b"which", "sha256")[:8].hex()


def digest_of(path: Path) -> list[Any]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return [size, digest.hexdigest()]


def write(folder: Path, manifest: Manifest) -> None:
    """Last of all: a folder without it is no back-up."""
    content = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()
    (folder / SIGNATURE).write_text(_mac(content))
    (folder / NAME).write_bytes(content)


def read(folder: Path) -> Manifest:
    """Checked against the key ring; raises ``BackupRefused``."""
    try:
        content = (folder / NAME).read_bytes()
        signature = (folder / SIGNATURE).read_text().strip()
        manifest = Manifest(**json.loads(content))
    except (FileNotFoundError, NotADirectoryError):
        raise BackupRefused(f"{folder} is no back-up, or one that was not finished.") from None
    except (ValueError, TypeError):
        raise BackupRefused(f"The manifest in {folder} is damaged.") from None
    if manifest.version != VERSION:
        raise BackupRefused(
            f"The back-up has version {manifest.version}; this one reads {VERSION}."
        )
    if manifest.keyring != fingerprint():
        raise BackupRefused(
            "The back-up was made with another key ring. Put that one in its place first."
        )
    if not hmac.compare_digest(signature, _mac(content)):
        raise BackupRefused(f"The manifest in {folder} was altered.")
    return manifest


def check_files(folder: Path, manifest: Manifest) -> None:
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    if missing := sorted(set(manifest.files) - there):
        raise BackupRefused(f"{len(missing)} files are missing, {missing[0]} among them.")
    if strange := sorted(there - set(manifest.files) - {NAME, SIGNATURE}):
        raise BackupRefused(f"{strange[0]} does not belong to this back-up.")
    for name, wanted in manifest.files.items():
        if digest_of(folder / name) != wanted:
            raise BackupRefused(f"{name} was altered or is damaged.")


def _mac(content: bytes) -> str:
    return hmac.digest(derive("backup.manifest"), content, "sha256").hex()
