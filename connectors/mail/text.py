"""Plain text of mails: what is new and what is quoted; and text into HTML for our own mails."""

import re
from html import escape

# What mail programs put above the mail they quote. Each pattern is anchored to a line.
_DAY = r"(?:\d|一|二|三|四|五|六|日|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
INTRODUCTIONS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf">*\s*On [^\n]{{0,40}}{_DAY}[^\n]{{0,200}} wrote:",
        r"-{2,}\s*(?:Original Message|Original Appointment|Forwarded message|Reply message)"
        r"\s*-{2,}",
        r"-{2,}\s*(?:原始邮件|原始郵件|回复的原邮件|转发邮件信息|转发的邮件|轉寄郵件|回覆的原郵件)\s*-{2,}",
        rf"在\s*[^\n]{{0,40}}{_DAY}[^\n]{{0,200}}(?:写道|寫道)\s*[:：]",
        rf"[^\n]{{0,120}}(?:于|於)\s*[^\n]{{0,20}}{_DAY}[^\n]{{0,80}}(?:写道|寫道)\s*[:：]",
        rf"[^\n]{{0,80}}{_DAY}[^\n]{{0,120}}<[^<>\n]{{3,120}}>\s*(?:wrote|写道|寫道)\s*[:：]",
    )
]
# Looked for first: most lines are none of these, and the patterns above take their time.
ENDING = re.compile(r"(?:(?:wrote|写道|寫道)\s*[:：]|-)$", re.IGNORECASE)
RULE = re.compile("_{20,}")
# Outlook writes the head of the quoted mail, its first line being one of these ...
HEAD_LINE = re.compile(
    r"\s*\*?(?:From|发件人|寄件者|寄件人|發件人|Von|De)\*?\s*[:：]\*?\s*\S", re.IGNORECASE
)
# ... and one of these within the next lines.
HEAD_FOLLOWS = re.compile(
    r"\s*\*?(?:Sent|Date|To|Subject|发送时间|發送時間|收件人|收件者|主题|主題|主旨|日期|傳送日期|寄件日期)"
    r"\*?\s*[:：]",
    re.IGNORECASE,
)
QUOTED_LINE = re.compile(r"\s*>")
# An introduction that the sender's program broke into two or three lines.
BROKEN = re.compile(r"\s*(?:On\s|在\s*\S)")


def fold_quotes(text: str) -> tuple[str, str]:
    """(what the author wrote, what follows as quotation).

    Answers written between quoted lines stay whole: nothing an author wrote is folded away.
    """
    lines = text.split("\n")
    cut = _find_cut(lines)
    if cut is None or not "".join(lines[:cut]).strip():
        return text, ""
    return "\n".join(lines[:cut]).rstrip(), "\n".join(lines[cut:])


def _find_cut(lines: list[str]) -> int | None:
    own = [at for at, line in enumerate(lines) if line.strip() and not QUOTED_LINE.match(line)]
    last_own = own[-1] if own else -1
    for at, line in enumerate(lines):
        if QUOTED_LINE.match(line) and at > last_own:
            return at
        if _is_introduction(lines, at) and not _is_answered_below(lines, at, last_own):
            return at
    return None


def _is_introduction(lines: list[str], at: int) -> bool:
    line = lines[at][:400].strip()
    if _introduces(line):
        return True
    if HEAD_LINE.match(line):
        return any(HEAD_FOLLOWS.match(after) for after in lines[at + 1 : at + 4])
    if RULE.fullmatch(line):
        return at + 1 < len(lines) and bool(HEAD_LINE.match(lines[at + 1]))
    if BROKEN.match(line):
        joined = [" ".join(part.strip() for part in lines[at : at + count]) for count in (2, 3)]
        return any(_introduces(text[:400]) for text in joined)
    return False


def _introduces(line: str) -> bool:
    return bool(ENDING.search(line)) and any(form.fullmatch(line) for form in INTRODUCTIONS)


def _is_answered_below(lines: list[str], at: int, last_own: int) -> bool:
    """Quoted with ">" and yet the author goes on below: those are answers point by point."""
    start = next((n for n in range(at + 1, min(at + 6, len(lines))) if _is_quoted(lines[n])), None)
    return start is not None and last_own > start


def _is_quoted(line: str) -> bool:
    return bool(QUOTED_LINE.match(line))


URL = re.compile(r"https?://[^\s<>\"'\u3000-\u303f\uff00-\uffef]{3,2000}", re.IGNORECASE)
EMAIL = re.compile(r"(?<![\w.+/-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?![\w@])")
TRAILING = ".,;:!?)]}'\"*_"


def text_to_html(text: str) -> str:
    """Paragraphs and links for the HTML part of what we send; every sign of it escaped."""
    paragraphs = re.split(r"\n[ \t]*\n+", text.replace("\r\n", "\n").strip("\n"))
    return "\n".join(
        "<p>" + "<br>\n".join(_linkify(line) for line in paragraph.split("\n")) + "</p>"
        for paragraph in paragraphs
    )


def _linkify(line: str) -> str:
    pieces: list[str] = []
    at = 0
    for match in URL.finditer(line):
        address = match.group().rstrip(TRAILING)
        end = match.start() + len(address)
        pieces += [_link_emails(line[at : match.start()]), _link(address, address)]
        at = end
    return "".join(pieces) + _link_emails(line[at:])


def _link_emails(text: str) -> str:
    pieces: list[str] = []
    at = 0
    for match in EMAIL.finditer(text):
        pieces += [
            escape(text[at : match.start()]),
            _link(f"mailto:{match.group()}", match.group()),
        ]
        at = match.end()
    return "".join(pieces) + escape(text[at:])


def _link(target: str, shown: str) -> str:
    return f'<a href="{escape(target)}">{escape(shown)}</a>'
