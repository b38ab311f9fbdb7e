"""A raw mail as an `InboundMessage`. The only error that leaves this module is `Unreadable`."""

import hashlib
import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from connectors.errors import Unreadable
from connectors.mail import automatic, body
from connectors.mail.decoding import clean_text, decode_header
from connectors.mail.forward import find_forwarded
from connectors.mail.invitations import read_invitations
from connectors.mail.limits import check_size, normalise_line_ends, read_head
from connectors.mail.markup import words
from connectors.mail.protection import find_protection
from connectors.mail.report import read_reports
from connectors.mail.sender import find_sender, read_addresses
from connectors.mail.structure import Part, take_apart
from connectors.messages import Address, InboundMessage
from core.language import guess_language

ID = re.compile(r"<[^<>\s\x00-\x1f]{1,250}>")
MAX_SUBJECT = 500
# The first names the thread, the last ones its end; mail programs cut the middle as well.
LAST_REFERENCES = 20
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
DELIVERED = words("delivered-to x-original-to envelope-to x-envelope-to x-delivered-to")
MAX_DELIVERED = 20
NOTED = words(
    "auto-submitted delivered-to x-original-to envelope-to list-id list-unsubscribe precedence "
    "x-auto-response-suppress return-path feedback-id x-loop x-autoreply x-autorespond "
    "x-autoresponder x-auto-reply list-post list-help thread-index x-mailer user-agent importance "
    "x-priority content-language sender x-failed-recipients"
)


def parse(
    raw: bytes, *, own_addresses: Collection[str] = (), envelope_sender: str | None = None
) -> InboundMessage:
    """`own_addresses` are those of our inboxes; `envelope_sender` is "" for the null sender.

    Raises `Unreadable` when the mail exceeds what we take apart; nothing else.
    """
    top = take_apart(raw)
    content = body.read_body(top)
    sender, problem = find_sender(top.find_headers("from"), charset=top.charset)
    noted = _note_headers(top) | content.notes
    subject = top.read_header("subject")[:MAX_SUBJECT]
    classification = automatic.classify(
        noted,
        sender=sender,
        content_type=top.content_type,
        report_type=top.parameters.get("report-type", ""),
        subject=subject,
        envelope_sender=envelope_sender,
        own_addresses=own_addresses,
    )
    return InboundMessage(
        external_id=_find_id(top, raw),
        sender=sender,
        sender_problem=problem,
        reply_to=next(iter(_read_list(top, "reply-to")), None),
        to=_read_list(top, "to"),
        cc=_read_list(top, "cc"),
        subject=subject,
        text=content.text,
        html=content.html,
        sent_at=_read_date(top.find_header("date")),
        in_reply_to=next(iter(_find_ids(top, "in-reply-to")), ""),
        references=_cap_references(_find_ids(top, "references")),
        attachments=content.attachments,
        classification=classification,
        language=guess_language(subject + " " + content.text[:4000]),
        headers_of_note=noted,
        delivered_to=_read_delivered_to(top),
        forwarded=(
            find_forwarded(top, subject=subject, text=content.text)
            if classification == "person"
            else None
        ),
        bounces=(
            read_reports(
                top,
                text=content.text,
                failed_recipients=top.read_header("x-failed-recipients"),
            )
            if classification == "bounce"
            else []
        ),
        invitations=read_invitations(top),
        protection=find_protection(top, content.text),
    )


def find_external_id(raw: bytes) -> str:
    """The id a mail is stored under, from its head alone; works on any bytes.

    A sender who missed our receipt repeats the mail under the same id, with other trace headers.
    """
    try:
        check_size(raw)
        data = normalise_line_ends(raw.lstrip())
        headers, _ = read_head(data, 0, len(data))
    except Unreadable:
        headers = []
    named = next((value for name, value in headers if name == "message-id"), b"").strip()
    return clean_text(named.decode("utf-8", "replace")) or hashlib.sha256(raw).hexdigest()


def _find_id(top: Part, raw: bytes) -> str:
    found = _find_ids(top, "message-id")
    if found:
        return found[0]
    loose = top.read_header("message-id").strip("<> ")
    if loose and not re.search(r"[\s<>]", loose) and len(loose) <= 250:
        return f"<{loose}>"
    return f"<sha256.{hashlib.sha256(raw).hexdigest()[:40]}@id.invalid>"


def _find_ids(top: Part, name: str) -> list[str]:
    text = " ".join(
        clean_text(value.decode("utf-8", "replace")) for value in top.find_headers(name)
    )
    return list(dict.fromkeys(ID.findall(text)))


def _cap_references(ids: list[str]) -> list[str]:
    return ids if len(ids) <= LAST_REFERENCES + 1 else [ids[0], *ids[-LAST_REFERENCES:]]


def _read_list(top: Part, name: str) -> list[Address]:
    values = top.find_headers(name)[:5]
    return [address for value in values for address in read_addresses(value, charset=top.charset)]


def _read_delivered_to(top: Part) -> list[str]:
    named = [address.email for name in sorted(DELIVERED) for address in _read_list(top, name)]
    return list(dict.fromkeys(named))[:MAX_DELIVERED]


def _note_headers(top: Part) -> dict[str, str]:
    noted = {name: top.read_header(name)[:500] for name in NOTED if top.find_header(name)}
    if top.find_header("from"):
        # What the From line said, for people to judge when the rule refused it.
        noted["from"] = decode_header(top.find_header("from"), top.charset)[:500]
    return noted


def _read_date(value: bytes) -> datetime | None:
    """None when missing, unreadable, before mail existed or in the future."""
    try:
        parts = parsedate_tz(value[:100].decode("ascii", "replace"))
        if not parts:
            return None
        offset = parts[9] or 0
        sent = datetime(*parts[:6], tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        # parsedate_tz itself stumbles over some malformed dates.
        return None
    if abs(offset) <= 14 * 3600:
        sent -= timedelta(seconds=offset)
    return sent if EARLIEST <= sent <= datetime.now(UTC) + timedelta(days=1) else None
