"""Tables of people as files: CSV in any usual encoding, XLSX; and files that run nothing.

A spreadsheet program takes a cell that begins with one of a few characters for a formula. Such
cells leave with an apostrophe before them, and lose it when they come back.
"""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Invalid

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED = 100 * 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 60
MAX_CELL = 5_000
_DELIMITERS = ",;\t|"
_DANGEROUS = "=+-@|%\t\r\n"
_QUOTE = "'"

Table = list[list[str]]


def _openpyxl() -> Any:
    """Loaded for the first file: it brings numpy along, which no other request needs."""
    return import_module("openpyxl")


# Formulas


def quote_cell(text: str) -> str:
    """Text that no spreadsheet program runs, however it is spelled or what blanks lead it."""
    return f"{_QUOTE}{text}" if _looks_like_formula(text) else text


def unquote_cell(text: str) -> str:
    bare = text.removeprefix(_QUOTE)
    return bare if bare != text and _looks_like_formula(bare) else text


def _looks_like_formula(text: str) -> bool:
    if text[:1] in {"\t", "\r", "\n"}:
        return True
    first = unicodedata.normalize("NFKC", text.lstrip(" \u3000\u00a0\u200b\ufeff\"'")[:1])
    return bool(first) and first in _DANGEROUS


# Reading


def read_table(name: str, content: bytes, *, encoding: str = "") -> Table:
    """All rows as texts, the header first. Raises ``Invalid``."""
    if len(content) > MAX_BYTES:
        raise Invalid(_("The file is larger than 10 MB."), field="file")
    is_packed = content.startswith(b"PK\x03\x04")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Invalid(_("This is an old Excel file. Save it as XLSX or CSV."), field="file")
    rows = _limited(_read_xlsx(content) if is_packed else _read_csv(content, encoding))
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) < 2:
        raise Invalid(_("The file has no rows below its header."), field="file")
    width = max(map(len, rows))
    return [row + [""] * (width - len(row)) for row in rows]


def _limited(rows: Iterable[list[str]]) -> Table:
    kept: Table = []
    for row in rows:
        while row and not row[-1]:
            row.pop()
        if not row and not kept:
            continue
        if len(kept) > MAX_ROWS:
            most = {"n": f"{MAX_ROWS:,}"}
            raise Invalid(_("The file has more than %(n)s rows. Cut it in parts.") % most)
        if len(row) > MAX_COLUMNS:
            raise Invalid(_("The file has more than %(n)d columns.") % {"n": MAX_COLUMNS})
        kept.append([unquote_cell(cell.strip(" \u3000\u00a0"))[:MAX_CELL] for cell in row])
    return kept


def _read_csv(content: bytes, encoding: str) -> Iterator[list[str]]:
    text = decode(content, encoding)
    if "\0" in text:
        raise Invalid(_("This is no table: use CSV or XLSX."), field="file")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=find_delimiter(text))
    try:
        yield from reader
    except csv.Error:
        raise Invalid(_("This is no table: use CSV or XLSX."), field="file") from None


def decode(content: bytes, encoding: str = "") -> str:
    """By its mark, else UTF-8 where that fits, else the likelier of Chinese and Western bytes."""
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(name, "replace")
    for name in [encoding] if encoding else ["utf-8", _guess(content)]:
        try:
            return content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode(encoding or "gb18030", "replace")


def _guess(content: bytes) -> str:
    """In Chinese text bytes above ASCII come in pairs, in Western text alone among letters."""
    sample = content[:200_000]
    high = [at for at, byte in enumerate(sample) if byte >= 0x80]
    joined = sum(1 for here, following in pairwise(high) if following == here + 1)
    return "gb18030" if joined * 2 >= len(high) else "cp1252"


def find_delimiter(text: str) -> str:
    """What cuts the first lines into the same number of cells, and into most."""
    lines = text.splitlines()[:30]

    def rate(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        common = max(set(widths), key=widths.count, default=1)
        return (widths.count(common) if common > 1 else 0, common)

    return max(_DELIMITERS, key=rate)


def _read_xlsx(content: bytes) -> Iterator[list[str]]:
    _refuse_bombs(content)
    try:
        book = _openpyxl().load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size need not be true
        for row in sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True):
            yield [_text_of(value) for value in row]
    except Invalid:
        raise
    except Exception:  # noqa: BLE001  the library raises whatever a damaged file makes it stumble on
        raise Invalid(_("This Excel file is damaged."), field="file") from None


def _refuse_bombs(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(part.file_size for part in packed.infolist())
            names = packed.namelist()
    except zipfile.BadZipFile:
        raise Invalid(_("This Excel file is damaged."), field="file") from None
    if size > MAX_UNPACKED or len(names) > 2_000:
        raise Invalid(_("This file is far larger than it looks."), field="file")
    if "xl/workbook.xml" not in names:
        raise Invalid(_("This is no table: use CSV or XLSX."), field="file")


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # phone numbers
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


# Writing


@dataclass
class _Echo:
    """What csv.writer writes into, to hand each line on at once."""

    line: str = ""

    def write(self, text: str) -> None:
        self.line = text


def write_csv(rows: Iterable[list[str]]) -> Iterator[bytes]:
    """With the mark by which Excel knows UTF-8."""
    yield b"\xef\xbb\xbf"
    echo = _Echo()
    writer = csv.writer(echo)
    for row in rows:
        writer.writerow([quote_cell(cell) for cell in row])
        yield echo.line.encode("utf-8", "replace")


def write_xlsx(rows: Iterable[list[str]]) -> Iterator[bytes]:
    """Cells are texts, which Excel does not run; quoted all the same, should it be saved as CSV."""
    book = _openpyxl().Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([_cell(sheet, text) for text in row])
    packed = io.BytesIO()
    book.save(packed)
    packed.seek(0)
    return iter(lambda: packed.read(64 * 1024), b"")


def _cell(sheet: Any, text: str) -> Any:
    visible = "".join(letter for letter in quote_cell(text) if letter >= " " or letter in "\t\n")
    cell = _openpyxl().cell.WriteOnlyCell(sheet, value=visible)
    cell.data_type = "s"
    return cell


FORMATS: dict[str, tuple[Callable[[Iterable[list[str]]], Iterator[bytes]], str]] = {
    "csv": (write_csv, "text/csv; charset=utf-8"),
    "xlsx": (
        write_xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
