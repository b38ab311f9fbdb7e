"""An `OutboundMessage` as the bytes of a mail."""

import hashlib
import re
from datetime import UTC
from email import policy
from email.header import Header
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime

import idna

from connectors.errors import RefusedHeader
from connectors.messages import Address, OutboundAttachment, OutboundMessage
from core.clock import now

# Bodies as 7-bit text: no relay on the way has to be asked what it can carry.
BODY_POLICY = policy.SMTP.clone(cte_type="7bit")
MAX_SUBJECT = 250
LAST_REFERENCES = 20
BREAKS_OUT = re.compile("[\x00-\x08\x0a-\x1f\x7f\u2028\u2029]")
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
ADDRESS = re.compile(r'[^\s"(),:;<>@\[\\\]]+@[^\s"(),:;<>@\[\\\]]+')
PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def compose(outbound: OutboundMessage) -> bytes:
    """Raises `RefusedHeader` for a value that would break out of its header."""
    lines = [f"{name}: {value}" for name, value in _list_headers(outbound)]
    # Header.encode folds with bare line feeds.
    head = "\r\n".join(lines).replace("\r\n", "\n").replace("\n", "\r\n")
    return head.encode("utf-8") + b"\r\n" + _compose_body(outbound)


def needs_utf8(outbound: OutboundMessage) -> bool:
    """Some address can only be carried by servers that speak SMTPUTF8 (RFC 6531)."""
    people = [outbound.sender, outbound.reply_to, *outbound.to, *outbound.cc, *outbound.bcc]
    return any(not person.email.partition("@")[0].isascii() for person in people)


def write_address(email: str) -> str:
    """The form an address travels in. Raises `RefusedHeader` when it is none."""
    if BREAKS_OUT.search(email) or not ADDRESS.fullmatch(email):
        raise RefusedHeader("This is not a mail address.")
    local, _, domain = email.rpartition("@")
    if domain.isascii():
        return email
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except (idna.IDNAError, UnicodeError):
        raise RefusedHeader("The domain of this mail address does not exist.") from None


def _list_headers(outbound: OutboundMessage) -> list[tuple[str, str]]:
    headers = [
        ("From", _write_person(outbound.sender)),
        ("Reply-To", _write_person(outbound.reply_to)),
        ("To", _write_people(outbound.to)),
        ("Cc", _write_people(outbound.cc)),
        ("Subject", _write_text("Subject", outbound.subject[:MAX_SUBJECT])),
        ("Date", format_datetime(now().astimezone(UTC))),
        ("Message-ID", _write_id(outbound.message_id)),
        ("In-Reply-To", _write_ids([outbound.in_reply_to])),
        ("References", _write_ids(_cap(outbound.references))),
        ("MIME-Version", "1.0"),
    ]
    if outbound.automatic:
        headers += _list_marks(outbound)
    return [(name, value) for name, value in headers if value]


def _list_marks(outbound: OutboundMessage) -> list[tuple[str, str]]:
    """What keeps other machines from answering (RFC 3834), and what Exchange and old responders
    look at instead."""
    return [
        ("Auto-Submitted", "auto-generated" if outbound.is_notice else "auto-replied"),
        ("X-Auto-Response-Suppress", "All"),
        ("Precedence", "" if outbound.is_notice else "auto_reply"),
    ]


def _cap(references: list[str]) -> list[str]:
    if len(references) <= LAST_REFERENCES + 1:
        return references
    return [references[0], *references[-LAST_REFERENCES:]]


def _write_id(value: str) -> str:
    if not MESSAGE_ID.fullmatch(value):
        raise RefusedHeader("The Message-ID is malformed.")
    return value


def _write_ids(values: list[str]) -> str:
    """One id a line. Ids of others that no header can carry are left out."""
    for value in values:
        _refuse_breaks(value)
    return "\n ".join(value for value in values if MESSAGE_ID.fullmatch(value))


def _write_people(people: list[Address]) -> str:
    return ",\n ".join(_write_person(person) for person in people)


def _write_person(person: Address) -> str:
    email = write_address(person.email)
    _refuse_breaks(person.name)
    if not person.name:
        return email
    if not person.name.isascii():
        return f"{_encode('From', person.name)} <{email}>"
    if PLAIN_NAME.fullmatch(person.name):
        return f"{person.name} <{email}>"
    escaped = person.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{email}>'


def _write_text(name: str, text: str) -> str:
    _refuse_breaks(text)
    if not text.isascii() or "=?" in text or any(len(word) > 70 for word in text.split()):
        return _encode(name, text)
    return Header(text, "us-ascii", header_name=name).encode()


def _encode(name: str, text: str) -> str:
    return Header(LONE_SURROGATES.sub("\ufffd", text), "utf-8", header_name=name).encode()


def _refuse_breaks(value: str) -> None:
    if BREAKS_OUT.search(value):
        raise RefusedHeader("A line break cannot stand in a mail's header.")


def _compose_body(outbound: OutboundMessage) -> bytes:
    body = EmailMessage(policy=BODY_POLICY)
    body.set_content(LONE_SURROGATES.sub("\ufffd", outbound.text))
    if outbound.html:
        body.add_alternative(LONE_SURROGATES.sub("\ufffd", outbound.html), subtype="html")
        _add_pictures(body, outbound)
    for attachment in outbound.attachments:
        if not (outbound.html and attachment.content_id):
            _attach(body, attachment)
    _fix_boundaries(body, outbound.message_id)
    del body["MIME-Version"]
    return body.as_bytes(policy=BODY_POLICY)


def _add_pictures(body: EmailMessage, outbound: OutboundMessage) -> None:
    """Beside the HTML that shows them, so that no program lists them as files."""
    _plain, html = body.iter_parts()
    for picture in outbound.attachments:
        if picture.content_id:
            _refuse_breaks(picture.filename)
            maintype, _, subtype = picture.content_type.lower().partition("/")
            html.add_related(
                picture.content,
                maintype=maintype,
                subtype=subtype,
                cid=f"<{picture.content_id}>",
                disposition="inline",
                filename=LONE_SURROGATES.sub("\ufffd", picture.filename) or "picture",
            )


def _attach(body: EmailMessage, attachment: OutboundAttachment) -> None:
    _refuse_breaks(attachment.filename)
    media_type = attachment.content_type.lower()
    # A mail in a mail must not be encoded, so it travels as a plain file.
    if not MEDIA_TYPE.fullmatch(media_type) or media_type.startswith(("multipart/", "message/")):
        media_type = "application/octet-stream"
    maintype, _, subtype = media_type.partition("/")
    filename = LONE_SURROGATES.sub("\ufffd", attachment.filename)
    body.add_attachment(
        attachment.content, maintype=maintype, subtype=subtype, filename=filename or "attachment"
    )


def _fix_boundaries(body: MIMEPart, message_id: str) -> None:
    """The same message composed again is the same mail, so that receivers see one."""
    seed = hashlib.sha256(message_id.encode()).hexdigest()[:24]
    for number, part in enumerate(body.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_hd-{seed}-{number}")
