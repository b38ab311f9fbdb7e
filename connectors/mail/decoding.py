"""Bytes into text, whatever they call themselves. Nothing here raises."""

import binascii
import re
import string
import unicodedata
from encodings import aliases
from urllib.parse import unquote_to_bytes

from charset_normalizer import from_bytes

# Supersets that senders mean when they name the smaller set.
MEANT = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_cn": "gb18030",
    "x_gbk": "gb18030",
    "big5": "big5hkscs",
    "x_x_big5": "big5hkscs",
    "big5_hkscs": "big5hkscs",
    "shift_jis": "cp932",
    "x_sjis": "cp932",
    "ms_kanji": "cp932",
    "windows_31j": "cp932",
    "euc_kr": "cp949",
    "ks_c_5601_1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "iso2022_jp": "iso2022_jp_ext",
    "latin_1": "cp1252",
    "iso8859_8_i": "iso8859_8",
    "iso_8859_8_i": "iso8859_8",
    "windows_874": "cp874",
    "tis_620": "cp874",
    "utf8": "utf_8",
    "unicode_1_1_utf_8": "utf_8",
}
# Names are looked up here only: the codec registry also knows zip, hex and unicode_escape,
# and remembers every name it was ever asked for.
KNOWN = re.compile(
    r"ascii|utf_(8|16|32)(_[bl]e)?|gb18030|hz|big5hkscs|cp\d{3,4}|iso8859_\d+|koi8_[rtu]|"
    r"mac_(cyrillic|greek|iceland|latin2|roman|turkish)|euc_jp|iso2022_(jp_ext|kr)|johab|kz1048"
)
# Refused: it hides markup from everything that looks for "<".
UTF_7 = re.compile(r"(?:.*_)?utf_?7(?:_.*)?")
SAMPLE_BYTES = 16 * 1024

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
LONE_SURROGATES = re.compile("[\ud800-\udfff]")
# Characters that reorder or hide what stands beside them.
INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
WORD = re.compile(r"=\?([\w\-.:*]{1,60})\?([bBqQ])\?([^\r\n]*?)\?=")
BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[\w\-.:*]{1,60}\?[bBqQ]\?)")
NOT_BASE64 = bytes(set(range(256)) - set(string.ascii_letters.encode() + b"0123456789+/"))
MAX_UU_LINES = 600_000


def clean_text(text: str) -> str:
    """What PostgreSQL, JSON and a screen can hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return LONE_SURROGATES.sub("\ufffd", CONTROLS.sub("", text))


def clean_line(text: str) -> str:
    """One visible line: for subjects, names of people and of files."""
    text = INVISIBLE.sub("", clean_text(" ".join(text.split())))
    return unicodedata.normalize("NFC", text).strip()


def find_codec(charset: str) -> str:
    """The Python codec meant by a charset name; empty when there is none."""
    name = re.sub(r"[^a-z0-9]+", "_", charset[:60].lower()).strip("_")
    if UTF_7.fullmatch(name):
        return "ascii"
    name = MEANT.get(name) or aliases.aliases.get(name, name)
    name = MEANT.get(name, name)
    return name if KNOWN.fullmatch(name) else ""


def decode_text(data: bytes, charset: str = "", *, guess: bool = True) -> str:
    """By the declared charset, else UTF-8, else (it takes tens of ms) the best guess."""
    codec = find_codec(charset) if charset else ""
    if codec in ("utf_16", "utf_32") and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = _guess_byte_order(data, codec)
    for attempt in (codec, "utf_8"):
        if attempt and (text := _decode_strictly(data, attempt)) is not None:
            return clean_text(text)
    if codec and codec != "ascii":
        text = data.decode(codec, "replace")
        if text.count("\ufffd") * 50 <= len(text):
            return clean_text(text)
    return clean_text(data.decode(_guess_codec(data) if guess else codec or "cp1252", "replace"))


def _decode_strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _guess_byte_order(data: bytes, codec: str) -> str:
    zeros_first = data[0:2000:2].count(0)
    zeros_second = data[1:2000:2].count(0)
    return f"{codec}_be" if zeros_first > zeros_second else f"{codec}_le"


def _guess_codec(data: bytes) -> str:
    best = from_bytes(data[:SAMPLE_BYTES]).best()
    return (find_codec(best.encoding) if best else "") or "cp1252"


def decode_wire(value: bytes, charset: str = "") -> str:
    """Raw 8-bit header text: UTF-8, else what the body is written in."""
    text = _decode_strictly(value, "utf_8")
    if text is not None:
        return clean_text(text)
    is_ascii_kept = not re.match(r"(?i)\s*[\"']?(?:utf|ucs|unicode|hz|iso-?2022)", charset)
    return decode_text(value, charset if is_ascii_kept else "", guess=False)


def decode_header(value: bytes, charset: str = "") -> str:
    """A header value as people read it: raw 8-bit text and RFC 2047 words."""
    return clean_line(decode_words(decode_wire(value, charset)))


def decode_words(text: str) -> str:
    if "=?" not in text:
        return text
    text = BETWEEN_WORDS.sub(r"\1", text)
    pieces: list[str] = []
    pending, pending_charset, at = b"", "", 0
    for match in WORD.finditer(text):
        charset = match.group(1).partition("*")[0]
        gap = text[at : match.start()]
        if gap or charset.lower() != pending_charset.lower():
            pieces += [_decode_run(pending, pending_charset) if pending else "", gap]
            pending = b""
        # Senders cut characters in two: words of one charset are joined before decoding.
        pending += _decode_word(match.group(2), match.group(3))
        pending_charset, at = charset, match.end()
    pieces.append(_decode_run(pending, pending_charset) if pending else "")
    return "".join(pieces) + text[at:]


def _decode_run(data: bytes, charset: str) -> str:
    return decode_text(data, charset, guess=False)


def _decode_word(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding in "bB":
        return decode_base64(data)
    return binascii.a2b_qp(data.replace(b"_", b" "), header=False)


def decode_base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        pure = data.translate(None, NOT_BASE64)
        pure = pure[: -1 if len(pure) % 4 == 1 else None]
        return binascii.a2b_base64(pure + b"=" * (-len(pure) % 4))


def decode_uu(data: bytes) -> bytes:
    begin = re.search(rb"(?m)^begin [0-7]{3,4} [^\n]*\n", data)
    lines = data[begin.end() :].split(b"\n", MAX_UU_LINES) if begin else []
    if not lines or len(lines) > MAX_UU_LINES:
        return data
    decoded = bytearray()
    for line in lines:
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            decoded += binascii.a2b_uu(line.rstrip(b"\r"))
        except binascii.Error:
            # Encoders that pad badly: the first character says how many bytes count.
            width = (((line[0] - 32) & 63) * 4 + 5) // 3
            decoded += _decode_uu_line(line[:width])
    return bytes(decoded)


def _decode_uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return b""


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """Content-Transfer-Encoding; an unknown one leaves the bytes as they are."""
    name = encoding.split(";")[0].strip().strip("\"'").lower().replace(" ", "")
    if name == "base64":
        return decode_base64(data)
    if name in ("quoted-printable", "quotedprintable", "qp"):
        return binascii.a2b_qp(data)
    if name in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return decode_uu(data)
    return data


PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
SECTION = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?")
MAX_PARAMETERS = 100


def read_parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """`text/plain; name=…` as its lower-case first word and its parameters (RFC 2045, 2231)."""
    wire = value.decode("latin-1")
    first = wire.partition(";")[0].strip().lower()
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for number, match in enumerate(PARAMETER.finditer(wire)):
        if number >= MAX_PARAMETERS:
            break
        named = SECTION.fullmatch(match.group(1).lower())
        if named:
            # A value with a star beats the same name without one.
            key = named.group(1) + ("*" if named.group(2) or named.group(3) else "")
            part = (_unquote(match.group(2)), bool(named.group(3)))
            sections.setdefault(key, {}).setdefault(int(named.group(2) or 0), part)
    joined = {key: _join_sections(key, parts) for key, parts in sections.items()}
    plain = {key: text for key, text in joined.items() if not key.endswith("*")}
    return first, plain | {key[:-1]: text for key, text in joined.items() if key.endswith("*")}


def _unquote(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value.strip('"')


def _join_sections(name: str, parts: dict[int, tuple[str, bool]]) -> str:
    if name == "boundary":
        # Compared with raw bytes: kept as it is.
        return parts[0][0] if 0 in parts else ""
    charset, data = "", b""
    for number in sorted(parts):
        text, is_encoded = parts[number]
        if is_encoded and not data and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw = text.encode("latin-1", "replace")
        data += unquote_to_bytes(raw) if is_encoded else raw
    return decode_words(decode_text(data, charset, guess=False))
