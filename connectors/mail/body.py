"""What a mail says and what it brings along."""

import re
from dataclasses import dataclass, field, replace
from html import escape
from itertools import islice
from mimetypes import guess_type
from urllib.parse import unquote

from connectors.mail import markup
from connectors.mail.decoding import INVISIBLE, clean_line, decode_header
from connectors.mail.limits import MAX_TEXT_BYTES
from connectors.mail.structure import Part
from connectors.mail.tnef import Broken, read_winmail
from connectors.messages import InboundAttachment

MAX_FILENAME = 200
# Guessing a charset takes tens of ms: bodies have a few parts, bombs have hundreds.
MAX_GUESSES = 3

EXTENSIONS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/rfc822-headers": ".txt",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/feedback-report": ".txt",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/json": ".json",
    "application/ms-tnef": ".dat",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "video/mp4": ".mp4",
}
TNEF_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")


@dataclass(slots=True)
class Piece:
    """One stretch of the body in the forms it came in."""

    plain: str = ""
    html: str = ""


@dataclass(slots=True)
class Body:
    text: str = ""
    html: str = ""
    attachments: list[InboundAttachment] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)


def read_body(top: Part) -> Body:
    reader = _Reader()
    pieces = reader.read(top)
    text = "\n\n".join(filter(None, (_as_text(piece) for piece in pieces)))
    text = text if text.strip() else reader.winmail_text
    html = ""
    if any(piece.html for piece in pieces):
        html = "\n".join(piece.html or _as_html(piece.plain) for piece in pieces)
    files = place_images(reader.attachments, html)
    body = Body(text[:MAX_TEXT_BYTES], html[:MAX_TEXT_BYTES], files)
    if reader.is_cut or len(text) > MAX_TEXT_BYTES or len(html) > MAX_TEXT_BYTES:
        body.notes["text-cut"] = f"Only the first {MAX_TEXT_BYTES // 1024 // 1024} MB are shown."
    return body


CID = re.compile(r"cid:([^\s\"'<>)]{1,250})", re.IGNORECASE)
MAX_CIDS = 200


def place_images(files: list[InboundAttachment], html: str) -> list[InboundAttachment]:
    """ "inline" is what the page shows in its midst; all else is a file to be listed.

    Gmail gives a content id to every file; Outlook sometimes names the image but gives no id,
    and others call an image an attachment that their page shows.
    """
    wanted = {unquote(cid).casefold() for cid in islice(CID.findall(html), MAX_CIDS)}
    if not wanted:
        return files
    by_name = {cid.partition("@")[0]: cid for cid in wanted}
    ids = {file.content_id.casefold() for file in files}
    placed = []
    for file in files:
        content_id = file.content_id
        by_file_name = by_name.get(file.filename.casefold(), "")
        if not content_id and by_file_name not in ids:
            content_id = by_file_name
        is_shown = content_id.casefold() in wanted and bool(content_id)
        placed.append(
            replace(
                file,
                content_id=content_id,
                disposition="inline" if is_shown else "attachment",
            )
        )
    return placed


def _as_text(piece: Piece) -> str:
    return (piece.plain or markup.to_text(piece.html)).strip("\n")


def _as_html(text: str) -> str:
    return f'<div style="white-space:pre-wrap">{escape(text)}</div>' if text.strip() else ""


class _Reader:
    def __init__(self) -> None:
        self.attachments: list[InboundAttachment] = []
        self.texts_read = 0
        self.room = MAX_TEXT_BYTES
        self.is_cut = False
        self.winmail_text = ""

    def read(self, part: Part) -> list[Piece]:
        if part.is_multipart:
            if part.content_type == "multipart/alternative":
                return [self._read_alternatives(part)]
            return [piece for child in part.parts for piece in self.read(child)]
        if part.content_type.startswith("multipart/"):
            # A multipart without parts is a text whose sender mislabelled it.
            text = self._read_text(part)
            return [Piece(plain=text)] if text.strip() else []
        if self._is_body(part):
            text = self._read_text(part)
            return [Piece(html=text) if part.content_type == "text/html" else Piece(plain=text)]
        self._attach(part)
        return []

    def _read_alternatives(self, part: Part) -> Piece:
        whole = Piece()
        for child in part.parts:
            if child.content_type == "text/x-amp-html":
                continue
            pieces = self.read(child)
            plain = "\n\n".join(piece.plain for piece in pieces if piece.plain.strip())
            html = "\n".join(piece.html for piece in pieces if piece.html.strip())
            whole.plain = whole.plain or plain
            whole.html = whole.html or html
        return whole

    def _is_body(self, part: Part) -> bool:
        if part.content_type not in ("text/plain", "text/html"):
            return False
        disposition, parameters = part.disposition()
        if disposition == "attachment" or parameters.get("filename"):
            return False
        # Some programs name even the body; a second named text is a file.
        return not (part.parameters.get("name") and self.texts_read)

    def _read_text(self, part: Part) -> str:
        self.texts_read += 1
        text = part.text(self.room, guess=self.texts_read <= MAX_GUESSES)
        self.is_cut = self.is_cut or len(text) >= self.room or self.room == 0
        self.room = max(0, self.room - len(text))
        if part.parameters.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
        return text

    def _attach(self, part: Part) -> None:
        _, parameters = part.disposition()
        content_id = decode_header(part.find_header("content-id")).strip("<> ")[:250]
        content = part.content()
        if part.content_type in TNEF_TYPES and self._unpack(content):
            return
        if not content and not content_id and not parameters and not part.headers:
            return
        media_type = part.content_type if MEDIA_TYPE.fullmatch(part.content_type) else ""
        self.attachments.append(
            InboundAttachment(
                filename=self._name(part, parameters),
                content_type=media_type or "application/octet-stream",
                content=content,
                disposition="attachment",
                content_id=content_id,
            )
        )

    def _unpack(self, content: bytes) -> bool:
        """The files out of winmail.dat in its place; it stays as it is where that fails."""
        try:
            files, self.winmail_text = read_winmail(content)
        except Broken:
            return False
        for file in files:
            name = clean_filename(file.name) or f"attachment-{len(self.attachments) + 1}"
            media_type = file.media_type if MEDIA_TYPE.fullmatch(file.media_type) else ""
            self.attachments.append(
                InboundAttachment(
                    filename=name,
                    content_type=media_type or guess_type(name)[0] or "application/octet-stream",
                    content=file.content,
                    content_id=file.content_id[:250],
                )
            )
        return bool(files)

    def _name(self, part: Part, parameters: dict[str, str]) -> str:
        named = parameters.get("filename") or part.parameters.get("name") or ""
        if not named and part.content_type == "message/rfc822":
            named = _find_subject(part)
        if not named:
            location = decode_header(part.find_header("content-location"))
            named = location if re.fullmatch(r"[^/?#:]+\.\w{2,5}", location) else ""
        name = clean_filename(named)
        extension = EXTENSIONS.get(part.content_type, "")
        if not name:
            return f"attachment-{len(self.attachments) + 1}{extension}"
        if part.content_type == "message/rfc822" and not name.lower().endswith(".eml"):
            return f"{name}.eml"
        return name


def _find_subject(part: Part) -> str:
    match = re.search(
        rb"(?im)^subject:[ \t]*([^\r\n]{1,200})", part.data[part.start : part.end][:65536]
    )
    return decode_header(match.group(1)).replace("/", "-")[:80] if match else ""


def clean_filename(name: str) -> str:
    """A name to show and to suggest; never a path, and nothing that hides its end."""
    name = re.split(r"[/\\]", INVISIBLE.sub("", name.replace("\x00", "")))[-1]
    name = re.sub(r"[\x00-\x1f\x7f]", "", clean_line(name)).strip(". ")
    if len(name) > MAX_FILENAME:
        stem, dot, extension = name.rpartition(".")
        keep = f"{dot}{extension}" if stem and len(extension) <= 10 else ""
        name = name[: MAX_FILENAME - len(keep)] + keep
    return name


def unflow(text: str, *, delete_space: bool) -> str:
    """Lines that a mail program broke become whole again (RFC 3676)."""
    lines: list[list[str]] = []
    depth_before, is_open = 0, False
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        if not (is_open and depth == depth_before and words != "-- "):
            lines.append([">" * depth + (" " if depth else "")])
        is_open = words.endswith(" ") and words != "-- "
        lines[-1].append(words[:-1] if is_open and delete_space else words)
        depth_before = depth
    return "\n".join("".join(pieces) for pieces in lines)
