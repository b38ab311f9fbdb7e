"""Who wrote a mail first that somebody passed on, by what mail programs put above it.

English, Chinese, German and French Gmail, Outlook, Apple Mail, Thunderbird, QQ Mail, NetEase and
Foxmail. What it says is the forwarder's word, no more.
"""

import re
from itertools import islice

from connectors.errors import Unreadable
from connectors.mail.body import read_body
from connectors.mail.sender import find_sender, normalise
from connectors.mail.structure import Part, take_apart
from connectors.messages import Address, Forwarded

FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|wg|tr|转发|轉寄|轉發|转寄)\s*[:：]", re.IGNORECASE
)
REPLY_SUBJECT = re.compile(r"\s*(?:re|aw|sv|ré|回复|回覆|答复|答覆)\s*[:：]", re.IGNORECASE)
# Words that only stand above a forwarded mail ...
MARKER = re.compile(
    r"-{2,}[\s\xa0]*(?:Forwarded message|Weitergeleitete Nachricht|Message transf[ée]r[ée]|"
    r"Message transmis|转发的消息|转发的信息|转发的邮件|转发邮件|转发邮件信息|轉寄郵件|轉寄的郵件|"
    r"已转发的邮件|已轉寄的郵件|轉寄的訊息)[\s\xa0]*-{2,}|"
    r"(?:Begin forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|"
    r"D[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])|下面是被转发的邮件|"
    r"开始转发的邮件|以下是被轉寄的郵件|開始轉寄郵件|轉寄的郵件開始)\s*[:：]",
    re.IGNORECASE,
)
# ... and those that also stand above the mail one answers.
AMBIGUOUS = re.compile(
    r"-{2,}[\s\xa0]*(?:Original Message|Urspr[üu]ngliche Nachricht|Message d'origine|"
    r"原始邮件|原始郵件|原邮件信息|原郵件)[\s\xa0]*-{2,}|_{20,}",
    re.IGNORECASE,
)
FIELDS = {
    "from": "From|Von|De|Exp[ée]diteur|发件人|寄件者|寄件人|發件人",
    "subject": "Subject|Betreff|Objet|Sujet|主题|主題|主旨",
    "other": "Sent|Date|To|Cc|Reply-To|Gesendet|Datum|An|Kopie|Envoy[ée]|À|Pour|Copie [àa]|"
    "Répondre [àa]|Antwort an|发送时间|发送日期|發送時間|日期|收件人|收件者|抄送|副本|"
    "傳送日期|寄件日期|时间|時間|回复|回覆至",
}
FIELD = re.compile(
    r"\**\s*(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in FIELDS.items())
    + r")\s*\**\s*[:：]\s*\**\s*(?P<value>.*)",
    re.IGNORECASE,
)
EMAIL = re.compile(r"[^\s<>\[\]()\"',;:：]{1,64}@[^\s<>\[\]()\"',;:：]{1,253}")
ATTACHED_TYPES = ("message/rfc822", "message/global")
MAX_LINES = 2000
MAX_HEAD_LINES = 14


def find_forwarded(top: Part, *, subject: str, text: str) -> Forwarded | None:
    is_forward = bool(FORWARD_SUBJECT.match(subject))
    if is_forward or not text.strip():
        attached = (part for part in top.walk() if part.content_type in ATTACHED_TYPES)
        if found := next(filter(None, map(_read_attached, attached)), None):
            return found
    if REPLY_SUBJECT.match(subject):
        # An answer quotes whatever went before, forwards included.
        return None
    return _find_inline(text.replace("\xa0", " ").split("\n"), is_forward=is_forward)


def _read_attached(part: Part) -> Forwarded | None:
    try:
        inner = take_apart(part.content())
    except Unreadable:
        return None
    sender, problem = find_sender(inner.find_headers("from"), charset=inner.charset)
    if problem:
        return None
    return Forwarded(
        sender=sender,
        subject=inner.read_header("subject")[:500],
        text=read_body(inner).text,
        is_attached=True,
    )


def _find_inline(lines: list[str], *, is_forward: bool) -> Forwarded | None:
    for at, line in enumerate(islice(lines, MAX_LINES)):
        stripped = line.strip()
        if MARKER.fullmatch(stripped):
            return _read_head(lines, at + 1)
        if is_forward and (AMBIGUOUS.fullmatch(stripped) or _is_from(stripped)):
            start = at if _is_from(stripped) else at + 1
            if found := _read_head(lines, start):
                return found
    return None


def _is_from(line: str) -> bool:
    match = FIELD.fullmatch(line)
    return bool(match and match.group("from"))


def _read_head(lines: list[str], start: int) -> Forwarded | None:
    """The lines that repeat the header of the original; nothing without its sender's address."""
    found: dict[str, str] = {}
    last, at, is_quoted = "", start, False
    for at in range(start, min(start + MAX_HEAD_LINES, len(lines))):
        line = lines[at].strip()
        is_quoted = is_quoted or line.startswith(">")
        line = line.lstrip("> ")
        match = FIELD.fullmatch(line)
        if match:
            last = str(match.lastgroup if match.lastgroup != "value" else _name_of(match))
            found.setdefault(last, match.group("value").strip())
        elif not line and found:
            break
        elif line and last in ("from", "subject") and len(found) == 1:
            # A mail program broke the line.
            found[last] += f" {line}"
        elif line:
            break
    sender = _read_address(found.get("from", ""))
    if sender is None or len(found) < 2:
        return None
    return Forwarded(
        sender=sender,
        subject=found.get("subject", "")[:500],
        text=_unquote(lines[at:], is_quoted=is_quoted),
    )


def _name_of(match: re.Match[str]) -> str:
    return next(name for name in FIELDS if match.group(name))


def _read_address(value: str) -> Address | None:
    match = EMAIL.search(re.sub(r"(?i)mailto:", " ", value)[:500])
    email = normalise(match.group().strip("*_")) if match else ""
    if not match or not email:
        return None
    name = value[: value.lower().find(match.group().lower())]
    name = re.sub(r"(?i)[<\[(]?\s*(?:mailto:)?\s*$", "", name).strip(" \"'*<[(;")
    return Address("" if "@" in name else name[:200], email)


def _unquote(lines: list[str], *, is_quoted: bool) -> str:
    if is_quoted:
        lines = [re.sub(r"^\s*> ?", "", line) for line in lines]
    return "\n".join(lines).strip("\n")
