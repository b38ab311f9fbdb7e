"""The key ring: the keys of this installation, kept outside the database and the repository.

Format (JSON): ``{"v": 1, "active_kek": 2, "keks": {"1": b64, "2": b64}, "active_index": 1,
"index_root": {"1": b64}, "token_root": b64, "audit_sign": b64, "audit_mac": b64}``. It comes from
``settings.KEYRING_FILE`` or from the command in ``KEYRING_COMMAND``, which prints the same JSON.
"""

import base64
import fcntl
import json
import os
import secrets
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.conf import settings

from core.errors import HelpdeskError

KEY_BYTES = 32
COMMAND_VARIABLE = "KEYRING_COMMAND"
_COMMAND_SECONDS = 30
_COMMAND_TTL = 300.0


class KeyringError(HelpdeskError):
    code = "key_ring"
    status = 503


@dataclass(frozen=True, slots=True)
class Keyring:
    active_kek: int
    active_index: int
    token_root: bytes = field(repr=False)
    audit_sign: bytes = field(repr=False)  # seed of an Ed25519 private key
    audit_mac: bytes = field(repr=False)
    keks: Mapping[int, bytes] = field(repr=False)
    index_roots: Mapping[int, bytes] = field(repr=False)

    def kek(self, number: int) -> bytes:
        if number not in self.keks:
            raise KeyringError(f"Key {number} is not in the key ring.")
        return self.keks[number]

    def index_root(self, version: int) -> bytes:
        if version not in self.index_roots:
            raise KeyringError(f"Index root {version} is not in the key ring.")
        return self.index_roots[version]


def is_command() -> bool:
    return bool(os.environ.get(COMMAND_VARIABLE))


def create(path: Path) -> Keyring:
    """Make a ring with fresh keys; an existing file is never overwritten."""
    ring = Keyring(
        active_kek=1,
        active_index=1,
        token_root=secrets.token_bytes(KEY_BYTES),
        audit_sign=secrets.token_bytes(KEY_BYTES),
        audit_mac=secrets.token_bytes(KEY_BYTES),
        keks={1: secrets.token_bytes(KEY_BYTES)},
        index_roots={1: secrets.token_bytes(KEY_BYTES)},
    )
    with _locked(path):
        if path.exists():
            raise KeyringError(f"There is a key ring at {path} already; it is left as it is.")
        _write(path, ring)
    return ring


def load() -> Keyring:
    """The current ring. A file is read again when it changed, so running processes follow."""
    if is_command():
        return _command_cache.get(os.environ[COMMAND_VARIABLE])
    return _file_cache.get(Path(settings.KEYRING_FILE))


def add_kek(path: Path, *, activate: bool = True) -> int:
    numbers: list[int] = []

    def change(ring: Keyring) -> Keyring:
        # Never a number that was retired: old back-ups may still name it.
        number = max(ring.keks) + 1
        numbers.append(number)
        keks = {**ring.keks, number: secrets.token_bytes(KEY_BYTES)}
        return replace(ring, keks=keks, active_kek=number if activate else ring.active_kek)

    _change(path, change)
    return numbers[0]


def activate_kek(path: Path, *, number: int) -> None:
    def change(ring: Keyring) -> Keyring:
        ring.kek(number)
        return replace(ring, active_kek=number)

    _change(path, change)


def retire_kek(path: Path, *, number: int) -> None:
    """Precondition: no data key is wrapped by it any more."""

    def change(ring: Keyring) -> Keyring:
        ring.kek(number)
        if number == ring.active_kek:
            raise KeyringError(f"Key {number} is the active one; activate another one first.")
        if number == max(ring.keks):
            raise KeyringError(f"Key {number} is the newest one; its number must not come again.")
        return replace(ring, keks={n: key for n, key in ring.keks.items() if n != number})

    _change(path, change)


# Reading


class _FileCache:
    def __init__(self) -> None:
        self._found: tuple[Path, tuple[int, int, int], Keyring] | None = None

    def get(self, path: Path) -> Keyring:
        found = self._found
        if found and found[0] == path and found[1] == _signature(path):
            return found[2]
        return self._read(path)

    def _read(self, path: Path) -> Keyring:
        signature = _signature(path)
        ring = _read_file(path)
        self._found = (path, signature, ring)
        return ring


class _CommandCache:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: tuple[str, float, Keyring] | None = None

    def get(self, command: str) -> Keyring:
        with self._lock:
            found = self._found
            if found and found[0] == command and found[1] > time.monotonic():
                return found[2]
            ring = _run_command(command)
            self._found = (command, time.monotonic() + _COMMAND_TTL, ring)
            return ring


_file_cache = _FileCache()
_command_cache = _CommandCache()
# A lock held by another thread at the fork would never be released in the child.
os.register_at_fork(after_in_child=_command_cache.__init__)  # type: ignore[misc]


def _signature(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        raise KeyringError(
            f"There is no key ring at {path}. `manage.py keys init` makes one; "
            "if this installation holds data already, put its own key ring back instead."
        ) from None
    except PermissionError:
        raise KeyringError(f"The key ring {path} may not be read by this user.") from None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _read_file(path: Path) -> Keyring:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            if mode & 0o077:
                raise KeyringError(
                    f"The key ring {path} is open to other users (mode {mode:04o}). "
                    f"Change it to 0600 (chmod 600 {path}); if others had access, rotate its keys."
                )
            return parse(file.read(), origin=str(path))
    except PermissionError:
        raise KeyringError(f"The key ring {path} may not be read by this user.") from None


def _run_command(command: str) -> Keyring:
    try:
        done = subprocess.run(  # noqa: S603  the operator's own command, no shell
            shlex.split(command), capture_output=True, timeout=_COMMAND_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        # Not the exception's text: a command line may carry a secret.
        raise KeyringError(
            f"{COMMAND_VARIABLE} could not be run ({type(problem).__name__})."
        ) from None
    if done.returncode:
        raise KeyringError(f"{COMMAND_VARIABLE} ended with exit code {done.returncode}.")
    return parse(done.stdout, origin=COMMAND_VARIABLE)


def parse(content: bytes, *, origin: str) -> Keyring:
    try:
        raw = json.loads(content)
        if raw["v"] != 1:
            raise KeyringError(f"The key ring from {origin} has an unknown version.")
        ring = Keyring(
            active_kek=int(raw["active_kek"]),
            active_index=int(raw["active_index"]),
            token_root=_key(raw["token_root"]),
            audit_sign=_key(raw["audit_sign"]),
            audit_mac=_key(raw["audit_mac"]),
            keks=_numbered_keys(raw["keks"]),
            index_roots=_numbered_keys(raw["index_root"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        # Without the cause: its text could hold a part of a key.
        raise KeyringError(f"The key ring from {origin} is damaged or not complete.") from None
    ring.kek(ring.active_kek)
    ring.index_root(ring.active_index)
    return ring


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError
    return key


def _numbered_keys(table: Mapping[str, str]) -> dict[int, bytes]:
    return {int(number): _key(text) for number, text in table.items()}


# Writing


def _change(path: Path, change: Callable[[Keyring], Keyring]) -> None:
    if is_command():
        raise KeyringError(f"The key ring comes from {COMMAND_VARIABLE}: change it at its source.")
    with _locked(path):
        _signature(path)
        _write(path, change(_read_file(path)))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path.with_suffix(".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(path: Path, ring: Keyring) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_dump(ring))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _dump(ring: Keyring) -> bytes:
    def text(key: bytes) -> str:
        return base64.b64encode(key).decode()

    content: dict[str, Any] = {
        "v": 1,
        "active_kek": ring.active_kek,
        "keks": {str(number): text(key) for number, key in ring.keks.items()},
        "active_index": ring.active_index,
        "index_root": {str(version): text(key) for version, key in ring.index_roots.items()},
        "token_root": text(ring.token_root),
        "audit_sign": text(ring.audit_sign),
        "audit_mac": text(ring.audit_mac),
    }
    return json.dumps(content, indent=1).encode() + b"\n"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
