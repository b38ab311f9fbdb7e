"""Values sealed with AES-256-GCM under data keys that the key ring wraps.

A sealed value is ``0x01 | 0x01 | kid u32 | nonce[12] | ciphertext || tag[16]``: format version,
algorithm, number of its data key. Its place (table, column, primary key) is authenticated with
it. Whatever does not open under exactly the key and the place it names is a ``DecryptionError``.
"""

import os
import struct
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import connection, models, transaction

from core import keyring
from core.clock import now

_HEADER = struct.Struct(">BBI")
_VERSION = 1
_AES_256_GCM = 1
_NONCE = 12
_START = _HEADER.size + _NONCE
OVERHEAD = _START + 16


class DecryptionError(Exception):
    """Altered, moved, foreign, or its key is missing. Never carries the value.

    ``place`` is (model, column, primary key) where a column's value was being read.
    """

    place: tuple[type[models.Model], str, UUID] | None = None


class KeyDestroyed(DecryptionError):
    """Erased on purpose: this will never be readable again."""


def length_prefixed(*parts: str | bytes) -> bytes:
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(struct.pack(">I", len(part)) + part for part in encoded)


def aad_for(table: str, column: str, pk: UUID | int | str) -> bytes:
    return _column_aad(table, column) + length_prefixed(_pk_bytes(pk))


@lru_cache(1024)
def _column_aad(table: str, column: str) -> bytes:
    return length_prefixed("hd1", table, column)


def _pk_bytes(pk: UUID | int | str) -> bytes:
    if isinstance(pk, UUID):
        return pk.bytes
    if isinstance(pk, int):
        return pk.to_bytes(8, "big", signed=True)
    if isinstance(pk, str):
        return pk.encode()
    raise TypeError("A value can be sealed only for a row whose primary key is known.")


def seal(plaintext: bytes, *, kid: int, key: bytes, aad: bytes) -> bytes:
    header = _HEADER.pack(_VERSION, _AES_256_GCM, kid)
    nonce = os.urandom(_NONCE)
    return header + nonce + AESGCM(key).encrypt(nonce, plaintext, header + aad)


def unseal(sealed: bytes, *, kid: int, key: bytes, aad: bytes) -> bytes:
    if kid_of(sealed) != kid:
        raise DecryptionError("The value names another key.")
    header, nonce, ciphertext = (
        sealed[: _HEADER.size],
        sealed[_HEADER.size : _START],
        sealed[_START:],
    )
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, header + aad)
    except InvalidTag:
        raise DecryptionError("The value was altered or belongs elsewhere.") from None


def kid_of(sealed: bytes) -> int:
    """The number of the key that the value names."""
    if len(sealed) < OVERHEAD:
        raise DecryptionError("This is not a sealed value.")
    version, algorithm, kid = _HEADER.unpack_from(sealed)
    if version != _VERSION or algorithm != _AES_256_GCM:
        raise DecryptionError("This is not a sealed value of a known version.")
    return int(kid)


def derive(purpose: str) -> bytes:
    """A key of its own for each purpose: signing links, reply addresses, message ids."""
    return derive_from(keyring.load().token_root, "token", purpose)


@lru_cache(256)
def derive_from(root: bytes, *info: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=length_prefixed(*info)).derive(root)


def find_missing_keks() -> list[int]:
    """Keys of the ring that data keys need and the ring lacks; with any, we are not ready."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT kek FROM core_datakey WHERE kek <> ALL(%s) AND destroyed_at IS NULL",
            [list(keyring.load().keks)],
        )
        return sorted(row[0] for row in cursor.fetchall())


# Data keys


def wrap(key: bytes, *, kid: int, scope: str, scope_id: UUID) -> tuple[int, bytes]:
    """The number of the active key of the ring, and the data key wrapped by it."""
    ring = keyring.load()
    kek = ring.active_kek
    return kek, seal(key, kid=kek, key=ring.kek(kek), aad=_owner_aad(kid, scope, scope_id))


def unwrap(wrapped: bytes, *, kid: int, kek: int, scope: str, scope_id: UUID) -> bytes:
    try:
        outer = keyring.load().kek(kek)
    except keyring.KeyringError as problem:
        raise DecryptionError(f"Data key {kid} cannot be opened: {problem.reason}") from problem
    return unseal(wrapped, kid=kek, key=outer, aad=_owner_aad(kid, scope, scope_id))


def _owner_aad(kid: int, scope: str, scope_id: UUID) -> bytes:
    return length_prefixed("dek", scope, scope_id.bytes, struct.pack(">I", kid))


Owner = tuple[str, UUID]
_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class _ExpiringCache(Generic[_K, _V]):
    """The newest entries, for at most five minutes, so that a destroyed key is soon forgotten."""

    SIZE = 20_000
    SECONDS = 300.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[_K, tuple[float, _V]] = OrderedDict()

    def get(self, name: _K) -> _V | None:
        with self._lock:
            found = self._entries.get(name)
            if found is None:
                return None
            if found[0] < time.monotonic():
                del self._entries[name]
                return None
            self._entries.move_to_end(name)
            return found[1]

    def put(self, name: _K, value: _V) -> None:
        with self._lock:
            self._entries[name] = (time.monotonic() + self.SECONDS, value)
            self._entries.move_to_end(name)
            if len(self._entries) > self.SIZE:
                self._entries.popitem(last=False)

    def drop(self, name: _K) -> None:
        with self._lock:
            self._entries.pop(name, None)


class _Uncommitted:
    """A data key made in the open transaction.

    Referred to strongly by Django's list of commit hooks alone: Django drops the hook when the
    savepoint or transaction is rolled back, and the entry with it, as the row is gone too.
    """

    __slots__ = ("__weakref__", "_commit", "kid")

    def __init__(self, kid: int, commit: Callable[[], None]) -> None:
        self.kid = kid
        self._commit = commit

    def __call__(self) -> None:
        self._commit()


class _PerThread(threading.local):
    """Connections are per thread, and so is what their transactions hold."""

    def __init__(self) -> None:
        self.made: weakref.WeakValueDictionary[Owner, _Uncommitted] = weakref.WeakValueDictionary()


class _Row(NamedTuple):
    kid: int
    scope: str
    scope_id: UUID
    kek: int
    wrapped: bytes | None
    made: bool


class DataKeys:
    """The data keys this process knows, and the way to those it does not know yet."""

    _RESERVED = 16

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing: for tests, and in a child process after a fork."""
        self._keys: _ExpiringCache[int, bytes] = _ExpiringCache()  # b"" = destroyed
        self._owners: _ExpiringCache[Owner, int] = _ExpiringCache()
        self._uncommitted = _PerThread()
        # Numbers taken from the sequence and not used yet: the number is part of what is
        # wrapped, and so making a key costs one statement.
        self._numbers: list[int] = []

    def for_owner(self, scope: str, scope_id: UUID, create: bool = True) -> tuple[int, bytes]:
        owner = (scope, scope_id)
        uncommitted = self._uncommitted.made.get(owner)
        kid = uncommitted.kid if uncommitted else self._owners.get(owner)
        if kid is None:
            kid = self._make_or_find(owner) if create else self._find(owner)
        return kid, self.by_kid(kid)

    def by_kid(self, kid: int) -> bytes:
        key = self._keys.get(kid)
        if key is None:
            for row in _select_keys("kid = %s", [kid]):
                self._remember(row)
            key = self._keys.get(kid)
        if key is None:
            raise DecryptionError(f"There is no data key {kid}.")
        if not key:
            raise KeyDestroyed(f"Data key {kid} was destroyed.")
        return key

    def warm(self, kids: Iterable[int]) -> None:
        """One query for all that are not known; what cannot be had fails when it is read."""
        unknown = [kid for kid in set(kids) if self._keys.get(kid) is None]
        if not unknown:
            return
        for row in _select_keys("kid = ANY(%s::bigint[])", [unknown]):
            with suppress(DecryptionError):
                self._remember(row)

    def destroy(self, scope: str, scope_id: UUID) -> bool:
        """Make all that is sealed with it unreadable; say whether there was such a key.

        Other processes may remember the key for five more minutes.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE core_datakey SET wrapped = NULL, destroyed_at = %s WHERE scope = %s"
                " AND scope_id = %s AND destroyed_at IS NULL RETURNING kid",
                [now(), scope, scope_id],
            )
            found = cursor.fetchone()
        if found:
            kid: int = found[0]
            self._keys.drop(kid)
            # Again after the commit: another thread may have read the row meanwhile.
            transaction.on_commit(lambda: self._keys.drop(kid))
        return found is not None

    def _remember(self, row: _Row) -> None:
        if row.wrapped is None:
            self._keys.put(row.kid, b"")
            return
        key = unwrap(row.wrapped, kid=row.kid, kek=row.kek, scope=row.scope, scope_id=row.scope_id)
        self._keys.put(row.kid, key)

    def _find(self, owner: Owner) -> int:
        for row in _select_keys("scope = %s AND scope_id = %s", list(owner)):
            self._remember(row)
            self._owners.put(owner, row.kid)
            return row.kid
        raise DecryptionError("The owner has no data key.")

    def _make_or_find(self, owner: Owner) -> int:
        for _attempt in range(3):
            kid, key = self._take_number(), os.urandom(keyring.KEY_BYTES)
            kek, wrapped = wrap(key, kid=kid, scope=owner[0], scope_id=owner[1])
            row = _insert_or_select(_Row(kid, *owner, kek, wrapped, made=True))
            if row is None:
                # Another transaction made the owner's key since our statement began, or the
                # numbers we hold were given out again (a database restored under our feet).
                self._numbers.clear()
            elif row.made:
                self._keys.put(kid, key)
                self._remember_owner(owner, kid)
                return kid
            else:
                self._numbers.append(kid)
                self._remember(row)
                self._owners.put(owner, row.kid)
                return row.kid
        return self._find(owner)

    def _remember_owner(self, owner: Owner, kid: int) -> None:
        if not connection.in_atomic_block:
            self._owners.put(owner, kid)
            return
        entry = _Uncommitted(kid, lambda: self._owners.put(owner, kid))
        self._uncommitted.made[owner] = entry
        transaction.on_commit(entry)

    def _take_number(self) -> int:
        try:
            return self._numbers.pop()
        except IndexError:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence('core_datakey', 'kid'))"
                    " FROM generate_series(1, %s)",
                    [self._RESERVED],
                )
                first, *others = [row[0] for row in cursor.fetchall()]
            self._numbers.extend(reversed(others))
            return int(first)


def _select_keys(condition: str, values: list[Any]) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kid, scope, scope_id, kek, wrapped, false FROM core_datakey"  # noqa: S608
            f" WHERE {condition}",
            values,
        )
        return [_row_of(found) for found in cursor.fetchall()]


def _insert_or_select(row: _Row) -> _Row | None:
    """One statement for the new and for the known owner; None when a race hides the row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO core_datakey (kid, scope, scope_id, kek, wrapped,"
            " created_at) VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
            " RETURNING kid, scope, scope_id, kek, wrapped, true)"
            " SELECT * FROM made UNION ALL SELECT kid, scope, scope_id, kek, wrapped, false"
            " FROM core_datakey WHERE scope = %s AND scope_id = %s",
            [*row[:5], now(), row.scope, row.scope_id],
        )
        found = cursor.fetchone()
        return _row_of(found) if found else None


def _row_of(found: tuple[Any, ...]) -> _Row:
    kid, scope, scope_id, kek, wrapped, made = found
    return _Row(kid, scope, scope_id, kek, None if wrapped is None else bytes(wrapped), made)


data_keys = DataKeys()
os.register_at_fork(after_in_child=data_keys.forget)
