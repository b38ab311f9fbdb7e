"""Small pictures that admins upload: checked part by part and written anew without the rest.

What a camera or a program adds (places, names, previews, colour profiles, whatever comes after the
end) is left out, so that nothing but the picture is kept. PNG (W3C Recommendation), JPEG (ITU-T
T.81 annex B), WebP (RFC 9649).
"""

import struct
import zlib

from django.utils.translation import gettext as _

from core.errors import Invalid

MAX_BYTES = 300 * 1024
MAX_SIDE = 2048
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_WEBP_KEPT = {b"VP8 ", b"VP8L", b"ALPH", b"VP8X"}
_ALPHA = 0x10  # the only one of VP8X's flags that says something about what is kept


def clean_picture(data: bytes) -> tuple[bytes, str]:
    """The picture and its type. Raises ``Invalid``."""
    if len(data) > MAX_BYTES:
        raise Invalid(_("The picture has more than 300 kB."), field="logo")
    try:
        if data.startswith(_PNG):
            return _clean_png(data), "image/png"
        if data.startswith(b"\xff\xd8"):
            return _clean_jpeg(data), "image/jpeg"
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _clean_webp(data), "image/webp"
    except (ValueError, IndexError, struct.error):
        raise Invalid(_("The picture is damaged."), field="logo") from None
    raise Invalid(_("Choose a PNG, JPEG or WebP picture."), field="logo")


def _check_size(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise Invalid(_("The picture may be at most 2048 by 2048 points."), field="logo")


def _clean_png(data: bytes) -> bytes:
    kept, at, name = [_PNG], len(_PNG), b""
    pixels = zlib.decompressobj()
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        body, end = data[at + 8 : at + 8 + length], at + 12 + length
        [crc] = struct.unpack_from(">I", data, end - 4)
        if len(body) != length or zlib.crc32(name + body) != crc:
            raise ValueError
        if (len(kept) == 1) != (name == b"IHDR"):
            raise ValueError
        if name == b"IHDR":
            _check_size(*struct.unpack_from(">II", body))
        if name == b"IDAT":
            _unpack(pixels, body)
        if name in _PNG_KEPT:
            kept.append(data[at:end])
        at = end
    if not pixels.eof:
        raise ValueError
    return b"".join(kept)


def _unpack(pixels: "zlib._Decompress", body: bytes) -> None:
    """Prove that it unpacks, to no more than the largest picture has, without keeping it."""
    try:
        if len(pixels.decompress(body, 8 * MAX_SIDE * MAX_SIDE)) and pixels.unconsumed_tail:
            raise ValueError
    except zlib.error:
        raise ValueError from None


def _clean_jpeg(data: bytes) -> bytes:
    kept, at, has_size = [b"\xff\xd8"], 2, False
    while True:
        mark, code = data[at], data[at + 1]
        if mark != 0xFF:
            raise ValueError
        if code == 0xD9:
            if not has_size:
                raise ValueError
            return b"".join([*kept, b"\xff\xd9"])
        [length] = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            _check_size(width, height)
            has_size = True
        if code == 0xDA:
            end = _end_of_scan(data, end)
        # Of what applications add, only how colours are written (JFIF, Adobe).
        if not (0xE1 <= code <= 0xED or code in (0xEF, 0xFE)):
            kept.append(data[at:end])
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    while True:
        at = data.index(b"\xff", at)
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


def _clean_webp(data: bytes) -> bytes:
    [size] = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise ValueError
    kept, at, has_picture = [], 12, False
    while at < size + 8:
        name, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        if len(body) != length:
            raise ValueError
        if name in (b"VP8 ", b"VP8L"):
            _check_size(*_size_of_webp(name, body))
            has_picture = True
        if name == b"VP8X":
            body = bytes([body[0] & _ALPHA]) + body[1:]
        if name in _WEBP_KEPT:
            kept.append(name + struct.pack("<I", length) + body + b"\0" * (length % 2))
        at += 8 + length + length % 2
    if not has_picture:
        raise ValueError
    inside = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def _size_of_webp(name: bytes, body: bytes) -> tuple[int, int]:
    if name == b"VP8 ":
        if body[3:6] != b"\x9d\x01\x2a":
            raise ValueError
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if body[0] != 0x2F:
        raise ValueError
    [bits] = struct.unpack_from("<I", body, 1)
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
