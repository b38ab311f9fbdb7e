"""Attachments out of Outlook's winmail.dat ([MS-OXTNEF], [MS-OXCDATA] 2.11).

Read in one pass with a bound on every count, which the libraries for it lack: theirs copy the
rest of the file at each attribute.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.mail.decoding import decode_text

SIGNATURE = 0x223E9F78
ATTRIBUTE = struct.Struct("<BII")  # level, id, length
LEVEL_ATTACHMENT = 2
RENDERING = 0x00069002  # begins an attachment
TITLE = 0x00018010
DATA = 0x0006800F
PROPERTIES = 0x00069005
BODY = 0x0002800C

LONG_NAME = 0x3707
MEDIA_TYPE = 0x370E
CONTENT_ID = 0x3712
WIDTHS = {0x02: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 4}
WIDTHS |= {0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}
TEXT, WIDE_TEXT, OBJECT, BINARY = 0x1E, 0x1F, 0x0D, 0x102
SEVERAL = 0x1000

MAX_ATTRIBUTES = 2000
MAX_FILES = 50
MAX_PROPERTIES = 500


@dataclass(slots=True)
class WinmailFile:
    name: str = ""
    content: bytes = b""
    media_type: str = ""
    content_id: str = ""


class Broken(Exception):
    """Not what it says it is; the file itself is still there."""


def read_winmail(data: bytes) -> tuple[list[WinmailFile], str]:
    """The files inside, and the plain text if it has one. Raises ``Broken``."""
    files: list[WinmailFile] = []
    text = ""
    try:
        for level, kind, value in _read_attributes(data):
            if kind == BODY:
                text = decode_text(value.rstrip(b"\0"), guess=False)
            elif kind == RENDERING and len(files) < MAX_FILES:
                files.append(WinmailFile())
            elif level == LEVEL_ATTACHMENT and files:
                _take_in(files[-1], kind, value)
    except (struct.error, IndexError) as error:
        raise Broken from error
    return [file for file in files if file.content], text


def _read_attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != SIGNATURE:
        raise Broken
    at = 6
    for _ in range(MAX_ATTRIBUTES):
        if at + ATTRIBUTE.size > len(data):
            return
        level, kind, length = ATTRIBUTE.unpack_from(data, at)
        at += ATTRIBUTE.size
        if length > len(data) - at:
            raise Broken
        yield level, kind, data[at : at + length]
        at += length + 2  # a checksum that programs get wrong
    raise Broken


def _take_in(file: WinmailFile, kind: int, value: bytes) -> None:
    if kind == TITLE:
        file.name = file.name or _text(value)
    elif kind == DATA:
        file.content = value
    elif kind == PROPERTIES:
        named = dict(_read_properties(value))
        file.name = named.get(LONG_NAME) or file.name
        file.media_type = named.get(MEDIA_TYPE, "")
        file.content_id = named.get(CONTENT_ID, "").strip("<>")


def _text(value: bytes) -> str:
    return decode_text(value.split(b"\0")[0], guess=False)


def _read_properties(data: bytes) -> Iterator[tuple[int, str]]:
    """The texts among them, by property id."""
    [count] = struct.unpack_from("<I", data)
    at = 4
    for _ in range(min(count, MAX_PROPERTIES)):
        kind, name = struct.unpack_from("<HH", data, at)
        at = _skip_name(data, at + 4) if name >= 0x8000 else at + 4
        values, at = _read_values(data, at, kind)
        if values and kind == WIDE_TEXT:
            yield name, values[0].decode("utf-16-le", "replace").rstrip("\0")
        elif values and kind == TEXT:
            yield name, _text(values[0])


def _skip_name(data: bytes, at: int) -> int:
    """A property that an application named, by number or by text."""
    kind, number = struct.unpack_from("<II", data, at + 16)
    return at + 24 if kind == 0 else at + 24 + _padded(number)


def _read_values(data: bytes, at: int, kind: int) -> tuple[list[bytes], int]:
    base = kind & ~SEVERAL
    if base in WIDTHS:
        count = 1
        if kind & SEVERAL:
            [count] = struct.unpack_from("<I", data, at)
            at += 4
        return [], at + count * WIDTHS[base]
    if base not in (TEXT, WIDE_TEXT, OBJECT, BINARY):
        raise Broken
    [count] = struct.unpack_from("<I", data, at)
    if count > MAX_PROPERTIES:
        raise Broken
    at, values = at + 4, []
    for _ in range(count):
        [length] = struct.unpack_from("<I", data, at)
        values.append(data[at + 4 : at + 4 + length])
        at += 4 + _padded(length)
    return values, at


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4
