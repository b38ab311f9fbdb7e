"""Encrypted files come back whole and unaltered, or not at all."""

import io
import tracemalloc
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from core import files
from core.crypto import DecryptionError, data_keys

KEY, KID = bytes(range(32)), 7
CHUNK = files.CHUNK
HEADER = 15
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5]


class Trickle(io.RawIOBase):
    """Gives less than it is asked for, as sockets do."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._content.read(min(size, 1000))


class Zeros(io.RawIOBase):
    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return bytes(size)


def write(content: bytes) -> UUID:
    blob_id = uuid4()
    assert files.write(blob_id, content, key=KEY, kid=KID) == len(content)
    return blob_id


def content_of(size: int) -> bytes:
    return bytes(n % 251 for n in range(size))


def assert_refused(blob_id: UUID, key: bytes = KEY) -> None:
    with pytest.raises(DecryptionError):
        files.read(blob_id, key=key)


@pytest.mark.parametrize("size", SIZES)
def test_a_file_comes_back_as_it_was(size: int) -> None:
    content = content_of(size)
    blob_id = write(content)
    assert files.read(blob_id, key=KEY) == content
    chunks = max(1, -(-size // CHUNK))
    assert files.path_of(blob_id).stat().st_size == HEADER + size + 16 * chunks


@pytest.mark.parametrize("size", SIZES)
def test_a_slow_source_makes_the_same_file(size: int) -> None:
    blob_id, content = uuid4(), content_of(size)
    files.write(blob_id, Trickle(content), key=KEY, kid=KID)
    assert files.read(blob_id, key=KEY) == content


def test_reading_in_small_pieces() -> None:
    content = content_of(2 * CHUNK + 100)
    with files.open_stream(write(content), key=KEY) as stream:
        pieces = [stream.read(7)]
        pieces += iter(lambda: stream.read(999), b"")
    assert b"".join(pieces) == content


def test_nobody_else_may_read_it_and_it_shows_nothing(settings) -> None:
    blob_id = write(b"Dear Anna, " * 10)
    path = files.path_of(blob_id)
    assert path.parent.parent == Path(settings.BLOB_DIR)
    assert path.name == str(blob_id)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert b"Anna" not in path.read_bytes()


@pytest.mark.parametrize("size", SIZES)
def test_every_cut_at_a_chunk_is_noticed(size: int) -> None:
    blob_id = write(content_of(size))
    path = files.path_of(blob_id)
    whole = path.read_bytes()
    cuts = {0, HEADER - 1, HEADER, len(whole) - 1, *range(HEADER, len(whole), CHUNK + 16)}
    for cut in cuts:
        path.write_bytes(whole[:cut])
        assert_refused(blob_id)


def test_every_flipped_bit_is_noticed() -> None:
    blob_id = write(b"short")
    path = files.path_of(blob_id)
    whole = path.read_bytes()
    for bit in range(len(whole) * 8):
        altered = bytearray(whole)
        altered[bit // 8] ^= 1 << bit % 8
        if bit // 8 in range(4, 8):
            continue  # the number of the key: see below
        path.write_bytes(altered)
        assert_refused(blob_id)
    for byte in range(4, 8):
        altered = bytearray(whole)
        altered[byte] ^= 1
        path.write_bytes(altered)
        assert_refused(blob_id)


def test_reordered_doubled_and_added_chunks_are_noticed() -> None:
    blob_id = write(content_of(3 * CHUNK))
    path = files.path_of(blob_id)
    whole = path.read_bytes()
    step = CHUNK + 16
    header, one, two, three = whole[:HEADER], *(whole[HEADER + n * step :][:step] for n in range(3))
    for pieces in (
        (two, one, three),
        (one, three),
        (one, two, two, three),
        (one, two, three, three),
    ):
        path.write_bytes(header + b"".join(pieces))
        assert_refused(blob_id)
    path.write_bytes(whole + b"\x00")
    assert_refused(blob_id)


def test_a_file_under_another_id_or_key_is_refused() -> None:
    blob_id, other = write(b"Anna's passport"), write(b"Bob's passport")
    files.path_of(other).write_bytes(files.path_of(blob_id).read_bytes())
    assert_refused(other)
    assert_refused(blob_id, key=bytes(32))


def test_a_clear_or_missing_file_is_refused() -> None:
    blob_id = write(b"Anna")
    files.path_of(blob_id).write_bytes(b"Dear Anna, this is a clear file that somebody put here")
    assert_refused(blob_id)
    assert files.delete(blob_id)
    assert_refused(blob_id)
    assert not files.delete(blob_id)


def test_a_broken_source_leaves_nothing_behind(settings) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError("connection reset")

    with pytest.raises(OSError, match="connection reset"):
        files.write(uuid4(), Broken(), key=KEY, kid=KID)
    assert not [path for path in Path(settings.BLOB_DIR).rglob("*") if path.is_file()]


def test_writing_again_replaces_the_whole_file() -> None:
    blob_id = write(content_of(2 * CHUNK))
    files.write(blob_id, b"newer", key=KEY, kid=KID)
    assert files.read(blob_id, key=KEY) == b"newer"


def test_memory_stays_small_whatever_the_size() -> None:
    size, blob_id = 24 * 1024 * 1024, uuid4()
    tracemalloc.start()
    files.write(blob_id, Zeros(size), key=KEY, kid=KID)
    with files.open_stream(blob_id, key=KEY) as stream:
        read = sum(len(piece) for piece in iter(lambda: stream.read(10_000), b""))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read == size
    assert peak < 1_000_000


@pytest.mark.django_db
def test_a_file_finds_its_own_key_until_that_is_destroyed() -> None:
    blob_id = uuid4()
    kid, key = data_keys.for_owner("blob", blob_id)
    files.write(blob_id, b"Anna's passport", key=key, kid=kid)
    data_keys.forget()
    assert files.read(blob_id) == b"Anna's passport"
    data_keys.destroy("blob", blob_id)
    with pytest.raises(DecryptionError):
        files.read(blob_id)
