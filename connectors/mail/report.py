"""What a delivery report says (RFC 3464), and what those say that follow no standard."""

import re

from connectors.mail.decoding import clean_line, decode_header, decode_wire
from connectors.mail.limits import MAX_HEAD_BYTES, read_head
from connectors.mail.structure import Part
from connectors.messages import BounceReport

STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
ORIGINAL_TYPES = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/global",
    "message/global-headers",
)
MAX_RECIPIENTS = 100
MAX_DIAGNOSTIC = 500
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY_CODE = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")
ADDRESS = r"[^\s<>@,;:()\"]{1,64}@[^\s<>@,;:()\"]{1,255}"
ID = re.compile(r"<[^<>\s]{1,250}>")
ID_LINE = re.compile(r"(?im)^[> ]*message-id:\s*(<[^<>\s]{1,250}>)")

# Words of programs that report in their own form, each followed by address and reason.
QMAIL = re.compile(rf"(?m)^<({ADDRESS})>:\s*\n((?:(?!\n\n|^<|^---)[\s\S]){{1,1000}})")
EXIM = re.compile(
    rf"(?m)^ {{2}}({ADDRESS})\s*\n((?:^ {{4}}[^\n]*\n?){{1,20}})",
)
POSTFIX = re.compile(rf"(?m)^<({ADDRESS})>(?: \(expanded from [^)]*\))?:\s(\S[\s\S]{{1,500}}?)\n\n")
FAILED_FOR_GOOD = re.compile(
    r"permanent error|giving up|does(?:n't| not) exist|unknown user|user unknown|no such user|"
    r"mailbox (?:is )?unavailable|no mailbox here",
    re.IGNORECASE,
)


def read_reports(top: Part, *, text: str, failed_recipients: str = "") -> list[BounceReport]:
    """Precondition: the mail counts as a bounce; a person may quote any of this."""
    parts = list(top.walk())
    original_id = _find_original_id(parts, text)
    found: list[BounceReport] = []
    for part in parts:
        if part.content_type in STATUS_TYPES:
            found += _read_status(part, original_id)
    return (found or _read_text(text, failed_recipients, original_id))[:MAX_RECIPIENTS]


def _read_status(part: Part, original_id: str) -> list[BounceReport]:
    data = part.content(MAX_HEAD_BYTES * 4).replace(b"\r\n", b"\n").strip(b"\n")
    reports = []
    # The first group speaks of the report itself, but some programs leave it out.
    for group in re.split(rb"\n[ \t]*\n", data)[: MAX_RECIPIENTS + 1]:
        fields = dict(reversed(read_head(group + b"\n\n", 0, min(len(group) + 2, 30_000))[0]))
        named = fields.get("original-recipient") or fields.get("final-recipient")
        if named and (recipient := _read_recipient(named)):
            reports.append(_read_group(fields, recipient, original_id))
    return reports


def _read_group(fields: dict[str, bytes], recipient: str, original_id: str) -> BounceReport:
    diagnostic = decode_header(fields.get("diagnostic-code", b""))
    kind, separator, words = diagnostic.partition(";")
    diagnostic = words.strip() if separator else kind
    status = _find_status(decode_wire(fields.get("status", b"")))
    if status in ("", "5.0.0", "4.0.0"):
        status = _find_status(diagnostic) or status
    action = decode_wire(fields.get("action", b"")).split("(")[0].strip().lower()
    return BounceReport(
        recipient=recipient,
        action=action if action in ACTIONS else _action_of(status),
        status=status,
        diagnostic=diagnostic[:MAX_DIAGNOSTIC],
        original_id=original_id,
    )


ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")


def _action_of(status: str) -> str:
    return {"2": "delivered", "4": "delayed"}.get(status[:1], "failed")


def _read_recipient(value: bytes) -> str:
    text = decode_wire(value)
    address = re.search(ADDRESS, text.partition(";")[2] or text)
    return address.group().lower() if address else ""


def _find_status(text: str) -> str:
    match = STATUS.search(text)
    return match.group(1) if match else ""


def _find_original_id(parts: list[Part], text: str) -> str:
    for part in parts:
        if part.content_type in ORIGINAL_TYPES:
            head = part.content(MAX_HEAD_BYTES).lstrip()
            if found := ID_LINE.search(decode_wire(head).replace("\n ", " ")):
                return found.group(1)
    quoted = ID_LINE.search(text)
    return quoted.group(1) if quoted else ""


# Without a report part


def _read_text(text: str, failed_recipients: str, original_id: str) -> list[BounceReport]:
    text = text[:50_000]
    reasons = {
        match.group(1).lower(): match.group(2)
        for form in (QMAIL, EXIM, POSTFIX)
        for match in form.finditer(text)
    }
    # Exim and Google name them in a header, and their words then may be in any language.
    named = [address.lower() for address in re.findall(ADDRESS, failed_recipients)]
    for address in named:
        reasons.setdefault(address, text)
    reports = [
        _judge_words(address, reason, original_id, is_named=address in named)
        for address, reason in reasons.items()
    ]
    return [report for report in reports if report]


def _judge_words(
    address: str, reason: str, original_id: str, *, is_named: bool
) -> BounceReport | None:
    """Only what plainly says so: a wrong guess would silence somebody's address."""
    status, code = _find_status(reason), REPLY_CODE.search(reason)
    kind = status[:1] or (code.group(1) if code else "")
    if not kind and (is_named or FAILED_FOR_GOOD.search(reason)):
        kind = "5"
    if kind not in ("4", "5"):
        return None
    return BounceReport(
        recipient=address,
        action="failed" if kind == "5" else "delayed",
        status=status,
        diagnostic=clean_line(reason)[:MAX_DIAGNOSTIC],
        original_id=original_id,
    )
