"""Did a person write this? (RFC 3834 and what senders really put into their mail.)"""

import re
from collections.abc import Collection, Mapping

from connectors.messages import Address

NO_REPLY = re.compile(r"(?:do[-_.]?not|no)[-_.]?reply|noreply[-_.+].*|bounces?(?:[-_+].*)?", re.I)
DAEMON = re.compile(r"mailer[-_.]?daemon|postmaster|mail[-_.]?delivery.*", re.I)
# Programs behind mailing lists (RFC 3834 2, RFC 2142 6).
LIST_SERVICE = re.compile(
    r"(?:listserv|majordomo|mailman|owner-.+|.+-(?:request|owner|bounces?|errors)|root|daemon)",
    re.I,
)
BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|failure|has failed)|mail delivery failed|returned mail|"
    r"failure notice|无法投递|退信|投递失败|無法傳遞",
    re.I,
)
AUTOMATIC_SUBJECT = re.compile(
    r"\s*(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|"
    r"自动回复|自動回覆|自動回复)",
    re.I,
)
BULK_PRECEDENCE = frozenset({"bulk", "list", "junk"})
BULK_HEADERS = ("list-id", "list-unsubscribe", "list-post", "list-help", "feedback-id")
AUTOMATIC_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-loop")


def classify(
    headers: Mapping[str, str],
    *,
    sender: Address,
    content_type: str,
    report_type: str = "",
    subject: str = "",
    envelope_sender: str | None = None,
    own_addresses: Collection[str] = (),
) -> str:
    """`headers` by lower-case name. `own_addresses` are those of our inboxes."""
    if is_own(sender.email, own_addresses):
        return "own"
    null_sender = _is_null(headers, envelope_sender)
    local = sender.email.partition("@")[0]
    if _is_bounce(content_type, report_type, null_sender, local, subject):
        return "bounce"
    if null_sender or _is_automatic(headers, content_type, subject):
        return "auto_reply"
    if _is_bulk(headers) or NO_REPLY.fullmatch(local):
        return "bulk"
    return "person"


def is_own(email: str, own_addresses: Collection[str]) -> bool:
    return without_plus(email) in {without_plus(address) for address in own_addresses}


def without_plus(email: str) -> str:
    local, at, domain = email.casefold().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _is_null(headers: Mapping[str, str], envelope_sender: str | None) -> bool:
    if envelope_sender is not None:
        return envelope_sender.strip() in ("", "<>")
    return headers.get("return-path", "x").strip() == "<>"


def _is_bounce(
    content_type: str, report_type: str, null_sender: bool, local: str, subject: str
) -> bool:
    is_report = content_type == "multipart/report" and report_type.lower() == "delivery-status"
    if is_report or content_type == "message/delivery-status":
        return True
    is_daemon = bool(DAEMON.fullmatch(local))
    return is_daemon and (null_sender or bool(BOUNCE_SUBJECT.search(subject)))


def _is_automatic(headers: Mapping[str, str], content_type: str, subject: str) -> bool:
    submitted = headers.get("auto-submitted", "no").split(";")[0].strip().lower()
    return (
        submitted not in ("no", "")
        or headers.get("precedence", "").strip().lower() == "auto_reply"
        or content_type == "multipart/report"
        or any(name in headers for name in AUTOMATIC_HEADERS)
        or bool(AUTOMATIC_SUBJECT.match(subject))
    )


def _is_bulk(headers: Mapping[str, str]) -> bool:
    # Exchange writes X-Auto-Response-Suppress into people's mail too; "All" only on machines'.
    suppress = headers.get("x-auto-response-suppress", "").strip().lower()
    return (
        headers.get("precedence", "").strip().lower() in BULK_PRECEDENCE
        or any(name in headers for name in BULK_HEADERS)
        or suppress == "all"
    )
