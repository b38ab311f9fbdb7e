"""Articles out of files: Markdown, HTML, CSV, or a ZIP of such files; and into a ZIP again.

A Markdown file may begin with lines between ``---``: ``title``, ``language``, ``category``,
``audience``, ``article`` (the id of an article of ours it is a text of). In a ZIP the files of one
name in folders named after languages are one article. What cannot be read is told file by file and
row by row, and the rest is taken.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import PurePosixPath

from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import Invalid

MAX_BYTES = 10 * 1024 * 1024
_MAX_UNPACKED = 40 * 1024 * 1024
_MAX_FILES = 1_000
_COLUMNS = {"title", "body", "language", "category", "audience", "group", "article"}
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*\n", re.DOTALL)
_FIRST_HEADING = re.compile(r"\A\s*#[ \t]+(.+?)[ \t#]*(?:\n|\Z)")
_TEXTS = {".md", ".markdown", ".html", ".htm"}


@dataclass(slots=True)
class ReadArticle:
    where: str  # the file, and the row in it
    title: str
    body: str
    language: str = ""
    category: str = ""  # its name in any language
    audience: str = ""
    article: str = ""
    group: str = ""  # texts of one article share it


@dataclass(slots=True)
class Reading:
    articles: list[ReadArticle] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)  # where, why


def read_file(name: str, content: bytes) -> Reading:
    """Raises ``Invalid`` where the whole file is of no use."""
    if len(content) > MAX_BYTES:
        raise Invalid(_("The file is larger than 10 MB."), field="file")
    suffix = PurePosixPath(name).suffix.lower()
    reading = Reading()
    if content.startswith(b"PK\x03\x04"):
        _read_zip(content, reading)
    elif suffix == ".csv":
        _read_csv(content, reading)
    elif suffix in _TEXTS:
        _read_text(name, content, reading)
    else:
        raise Invalid(_("Only Markdown, HTML, CSV and ZIP files are read."), field="file")
    if not reading.articles and not reading.problems:
        raise Invalid(_("There is no article in the file."), field="file")
    return reading


def _read_zip(content: bytes, reading: Reading) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            files = [one for one in packed.infolist() if not one.is_dir()]
            too_large = sum(one.file_size for one in files) > _MAX_UNPACKED
            if too_large or len(files) > _MAX_FILES:
                raise Invalid(_("There is too much in the file. Cut it in parts."), field="file")
            for one in files:
                _read_packed(packed, one, reading)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        raise Invalid(_("The ZIP file cannot be opened."), field="file") from None


def _read_packed(packed: zipfile.ZipFile, one: zipfile.ZipInfo, reading: Reading) -> None:
    path = PurePosixPath(one.filename)
    if path.suffix.lower() not in _TEXTS or path.name.startswith("."):
        return
    # What its directory says of its size may be a lie.
    with packed.open(one) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        reading.problems.append((one.filename, _("The file is larger than 10 MB.")))
        return
    folders = [part.lower() for part in path.parts[:-1]]
    language = next((part for part in folders if part in dict(settings.LANGUAGES)), "")
    group = "/".join(part for part in path.parts[:-1] if part.lower() != language)
    _read_text(one.filename, content, reading, language, f"{group}/{path.stem}")


def _read_text(
    name: str, content: bytes, reading: Reading, language: str = "", group: str = ""
) -> None:
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        reading.problems.append((name, _("The file is no UTF-8 text.")))
        return
    if "\0" in text:
        reading.problems.append((name, _("This is no text.")))
        return
    is_html = PurePosixPath(name).suffix.lower() in {".html", ".htm"}
    facts, body = ({}, text) if is_html else _split_front(text)
    title = facts.get("title", "")
    if is_html:
        title, body = html_to_markdown(text)
    elif heading := _FIRST_HEADING.match(body):
        title, body = title or heading[1], body[heading.end() :]
    reading.articles.append(
        ReadArticle(
            name,
            title,
            body.strip(),
            language=facts.get("language", "") or language,
            category=facts.get("category", ""),
            audience=facts.get("audience", ""),
            article=facts.get("article", ""),
            group=group,
        )
    )


def _split_front(text: str) -> tuple[dict[str, str], str]:
    found = _FRONT.match(text)
    if not found:
        return {}, text
    lines = (line.partition(":") for line in found[1].splitlines())
    facts = {name.strip().lower(): value.strip().strip("\"'") for name, _colon, value in lines}
    return facts, text[found.end() :]


def _read_csv(content: bytes, reading: Reading) -> None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Invalid(_("The file is neither UTF-8 nor GB18030 text."), field="file")
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as problem:
        raise Invalid(_("This is no CSV table: %(why)s") % {"why": problem}, field="file") from None
    names = {(name or "").strip().lower() for name in (rows[0] if rows else {})}
    if not {"title", "body"} <= names:
        raise Invalid(_("The table needs the columns “title” and “body”."), field="file")
    for number, row in enumerate(rows, start=2):
        cells = {
            (name or "").strip().lower(): (value or "").strip()
            for name, value in row.items()
            if isinstance(value, str)
        }
        if any(cells.values()):
            where = _("row %(n)d") % {"n": number}
            known = {name: value for name, value in cells.items() if name in _COLUMNS}
            reading.articles.append(ReadArticle(where, **known))


# HTML


class _MarkdownWriter(HTMLParser):
    """The little of HTML that our Markdown says, too. Markup of scripts and styles is left out."""

    _SILENT = frozenset({"script", "style", "head", "nav", "svg", "template"})
    _MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`"}

    def __init__(self) -> None:
        super().__init__()
        self.title, self.first_heading = "", ""
        self.parts: list[str] = []
        self._lists: list[int] = []  # 0: bullets; else the number of the next point
        self._silent: list[str] = []
        self._inside: list[str] = []
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside.append(tag)
        if tag in self._SILENT:
            self._silent.append(tag)
        elif tag in {"p", "div", "blockquote", "table", "section"}:
            self.parts.append("\n\n" + ("> " if tag == "blockquote" else ""))
        elif re.fullmatch(r"h[1-6]", tag):
            self.parts.append("\n\n" + "#" * max(int(tag[1]), 2) + " ")
        elif tag in {"ul", "ol"}:
            self._lists.append(int(tag == "ol"))
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n" + "  " * (len(self._lists) - 1) + self._point())
        elif tag in {"br", "tr"}:
            self.parts.append("\n")
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")
            self.parts.append("[")
        else:
            self.parts.append(self._MARKS.get(tag, ""))

    def _point(self) -> str:
        if not self._lists or not self._lists[-1]:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1] - 1}. "

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            del self._inside[len(self._inside) - 1 - self._inside[::-1].index(tag) :]
        if tag in self._silent:
            self._silent.remove(tag)
        elif tag == "a" and self._links:
            self.parts.append(f"]({self._links.pop()})")
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
            self.parts.append("\n")
        elif tag in self._MARKS:
            self.parts.append(self._MARKS[tag])
        elif tag in {"td", "th"}:
            self.parts.append(" ")
        elif re.fullmatch(r"h[1-6]|p", tag):
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        words = re.sub(r"\s+", " ", data)
        if "title" in self._inside:
            self.title += words
        elif not self._silent:
            if "h1" in self._inside:
                self.first_heading += words
            self.parts.append(words)


def html_to_markdown(html: str) -> tuple[str, str]:
    """Title and text. The first heading is the title where there is no other, and not repeated."""
    writer = _MarkdownWriter()
    writer.feed(html)
    writer.close()
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(writer.parts))
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    heading = writer.first_heading.strip()
    if heading and text.startswith(f"## {heading}"):
        text = text[len(heading) + 3 :].strip()
    return heading or writer.title.strip(), text


# Out again


def write_zip(articles: Iterable[ReadArticle]) -> Iterator[bytes]:
    """As ``read_file`` takes it back."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for one in articles:
            front = "".join(
                f"{name}: {value}\n"
                for name in ("title", "language", "category", "audience", "article")
                if (value := " ".join(getattr(one, name).split()))
            )
            packed.writestr(f"{one.language}/{one.group}.md", f"---\n{front}---\n{one.body}\n")
    yield buffer.getvalue()
