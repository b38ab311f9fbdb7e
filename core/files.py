"""Encrypted files below ``settings.BLOB_DIR``, one data key each, in chunks of 64 KB.

Layout: ``HDF1 | kid u32 | prefix[7]``, then the chunks, each sealed with AES-256-GCM under the
nonce ``prefix | number u32 | 1 if it is the last one``; header and file id are authenticated
with every chunk. Cut, reordered or exchanged files end in a ``DecryptionError``.
"""

import io
import os
import secrets
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from core.crypto import DecryptionError, data_keys, length_prefixed

CHUNK = 64 * 1024
_TAG = 16
_HEADER = struct.Struct(">4sI7s")
_MAGIC = b"HDF1"


def path_of(blob_id: UUID) -> Path:
    # The end of a time-ordered id is its random part, which spreads the files over the folders.
    return Path(settings.BLOB_DIR) / blob_id.hex[-2:] / str(blob_id)


def write(blob_id: UUID, source: BinaryIO | bytes, *, key: bytes, kid: int) -> int:
    """Write the whole file or nothing; say how many clear bytes it holds."""
    path = path_of(blob_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            size = _seal_stream(stream, target, blob_id=blob_id, key=key, kid=kid)
            target.flush()
            os.fsync(target.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return size


def open_stream(blob_id: UUID, *, key: bytes | None = None) -> io.BufferedReader:
    """The clear file, to be read from beginning to end. Without a key, the file's own is used.

    What was altered is found only when reading gets there: treat what was read as provisional
    until the end came without an error.
    """
    try:
        file = path_of(blob_id).open("rb")
    except FileNotFoundError:
        raise DecryptionError(f"The file {blob_id} is missing.") from None
    try:
        return io.BufferedReader(_ClearStream(file, blob_id, key), CHUNK)
    except BaseException:
        file.close()
        raise


def read(blob_id: UUID, *, key: bytes | None = None) -> bytes:
    with open_stream(blob_id, key=key) as stream:
        return stream.read()


def delete(blob_id: UUID) -> bool:
    try:
        path_of(blob_id).unlink()
    except FileNotFoundError:
        return False
    return True


def _seal_stream(source: BinaryIO, target: BinaryIO, *, blob_id: UUID, key: bytes, kid: int) -> int:
    prefix = os.urandom(7)
    header = _HEADER.pack(_MAGIC, kid, prefix)
    target.write(header)
    cipher, aad, size = AESGCM(key), _aad(header, blob_id), 0
    for number, (chunk, is_last) in enumerate(_chunks(source)):
        target.write(cipher.encrypt(_nonce(prefix, number, is_last), chunk, aad))
        size += len(chunk)
    return size


def _chunks(source: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    chunk = _read_fully(source, CHUNK)
    while True:
        following = _read_fully(source, CHUNK) if len(chunk) == CHUNK else b""
        yield chunk, not following
        if not following:
            return
        chunk = following


def _read_fully(source: BinaryIO, size: int) -> bytes:
    """Sockets and pipes may give less than asked for before their end."""
    pieces, missing = [], size
    while missing and (piece := source.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _aad(header: bytes, blob_id: UUID) -> bytes:
    return header + length_prefixed("file", blob_id.bytes)


def _nonce(prefix: bytes, number: int, is_last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, is_last)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _ClearStream(io.RawIOBase):
    def __init__(self, file: BinaryIO, blob_id: UUID, key: bytes | None) -> None:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size or not header.startswith(_MAGIC):
            raise DecryptionError("This is not an encrypted file.")
        _, kid, self._prefix = _HEADER.unpack(header)
        self._cipher = AESGCM(key or data_keys.by_kid(kid))
        self._aad = _aad(header, blob_id)
        self._file = file
        self._left = os.fstat(file.fileno()).st_size - _HEADER.size
        self._number = 0
        self._clear = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._clear and not self._ended:
            self._clear = memoryview(self._next_chunk())
        count = min(len(buffer), len(self._clear))
        buffer[:count] = self._clear[:count]
        self._clear = self._clear[count:]
        return count

    def _next_chunk(self) -> bytes:
        sealed = self._file.read(CHUNK + _TAG)
        self._left -= len(sealed)
        self._ended = self._left <= 0
        nonce = _nonce(self._prefix, self._number, self._ended)
        self._number += 1
        try:
            return self._cipher.decrypt(nonce, sealed, self._aad)
        except (InvalidTag, ValueError):
            raise DecryptionError("The file was altered or belongs elsewhere.") from None

    def close(self) -> None:
        self._file.close()
        super().close()
