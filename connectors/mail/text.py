"""Plain text of mails: what is new and what is quoted; and text into HTML for our own mails."""

import re
from html import escape

# What mail programs put above the mail they quote. Each pattern is anchored to a line.
_DAY = r"(?:\d|一|二|三|四|五|六|日|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MAIL = r"<[^<>\n]{3,120}>"
INTRODUCTIONS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf">*\s*(?:On|At) [^\n]{{0,40}}{_DAY}[^\n]{{0,200}} wrote\s?:",
        r"[^\n]{1,120} wrote (?:on|at) [^\n]{0,40}\d[^\n]{0,60}:",
        r"-{2,}\s*On [^\n]{0,40}\d[^\n]{0,200} wrote\s*-{2,}",
        rf"在\s*[^\n]{{0,40}}{_DAY}[^\n]{{0,200}}(?:写道|寫道)\s*[:：]",
        rf"[^\n]{{0,120}}(?:于|於)\s*[^\n]{{0,20}}{_DAY}[^\n]{{0,80}}(?:写道|寫道)\s*[:：]",
        rf"[^\n]{{0,80}}{_DAY}[^\n]{{0,120}}{_MAIL}\s*(?:wrote|写道|寫道)\s*[:：]",
        r"Am [^\n]{0,40}\d[^\n]{0,80} schrieb [^\n]{1,160}:",
        r"[^\n]{1,120} (?:schrieb|hat) am [^\n]{0,40}\d[^\n]{0,60}:",
        r"Le [^\n]{0,40}\d[^\n]{0,200} a [ée]crit\s?:",
        r"(?:El|Em|Il giorno|Il|Op|Den) [^\n]{0,40}\d[^\n]{0,200} "
        r"(?:escribi[óo]|escreveu|ha scritto|schreef [^\n]{1,120}|skrev[^\n]{0,120})\s?:",
        rf"\d{{4}}年\d{{1,2}}月\d{{1,2}}日[^\n]{{0,60}}{_MAIL}\s*[:：]",
        r"\d{4}년 \d{1,2}월 \d{1,2}일[^\n]{0,120}(?:작성|썼습니다)\s*[:：.]",
        rf"\d{{1,2}}\.\d{{1,2}}\.\d{{4}}, \d{{1,2}}:\d{{2}}, [^\n]{{1,120}}{_MAIL}\s*:",
        r"-{2,}\s*(?:Original Message|Original Appointment|Forwarded message|Reply message|"
        r"Urspr[üu]ngliche Nachricht|Originalnachricht|Weitergeleitete Nachricht|"
        r"Message d'origine|Message original|Message transf[ée]r[ée])\s*-{2,}",
        r"-{2,}\s*(?:原始邮件|原始郵件|原始訊息|原始信件|回复的原邮件|转发邮件信息|转发的邮件|转发邮件|"
        r"转发的消息|转发的信息|轉寄郵件|轉寄的郵件|回覆的原郵件|回复的邮件|原邮件信息|原邮件)\s*-{2,}",
        r"(?:Begin forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|"
        r"D[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])|下面是被转发的邮件|"
        r"开始转发的邮件|以下是被轉寄的郵件)\s*[:：]",
    )
]
# Looked for first: most lines are none of these, and the patterns above take their time.
TELLING = re.compile(
    r"wrote|写道|寫道|schrieb|hat am|crit|escribi|escreveu|scritto|schreef|skrev|--|年|년|message"
    r"|Nachricht|Mail|邮件|郵件|, \d",
    re.IGNORECASE,
)
ENDING = re.compile(r"[:：.-]$")
RULE = re.compile(r"[_-]{20,}")
# Outlook, Foxmail and others write the head of the quoted mail, one of these first ...
_NAMES = (
    "From|发件人|寄件者|寄件人|發件人|Von|De|Sent|Date|发送时间|发送日期|發送時間|日期|傳送日期|"
    "寄件日期|Gesendet|Datum|Envoy[ée]|To|收件人|收件者|An|À|Pour|Subject|主题|主題|主旨|Betreff|"
    "Objet|抄送|副本|Cc"
)
_HEAD_OF = r"\s*(?:\|\s*)?\**(?:{})\**\s*(?:[:：]\**|\|)"
HEAD_LINE = re.compile(
    _HEAD_OF.format("From|发件人|寄件者|寄件人|發件人|Von|De|Gesendet") + r"\s*\S", re.IGNORECASE
)
# ... and others within the next lines.
HEAD_FOLLOWS = re.compile(_HEAD_OF.format(_NAMES), re.IGNORECASE)
QUOTED_LINE = re.compile(r"\s*>")
# An introduction that the sender's program broke into two or three lines.
BROKEN = re.compile(r"\s*(?:(?:On|At|Am|Le|El|Em|Il|Op|Den)\s|在\s*\S)")
# What stands before a signature (RFC 3676 4.3), and what telephones and programs add by themselves.
DASHES = re.compile(r"\s*-- ?\s*")
MAX_SIGNATURE_LINES = 15
# Nobody reads more; looking for quotations in half a million lines would take seconds.
MAX_LINES = 20_000
_DEVICE = (
    "iPhone|iPad|Android|安卓|手机|手機|平板|设备|裝置|华为|HUAWEI|小米|Redmi|荣耀|三星|Samsung|OPPO|"
    "vivo|魅族"
)
ADDED = re.compile(
    r"\s*(?:Sent from my [^\n]{1,60}|Get Outlook for [^\n]{1,40}|"
    r"Sent (?:from|via|with) (?:Outlook|Yahoo|Mail|Proton|Samsung|Gmail|the all.new|"
    r"Windows|Spark|BlueMail)[^\n]{0,60}|"
    r"Von meinem [^\n]{1,40} gesendet|Gesendet von (?:meinem|Mail|Outlook|Yahoo)[^\n]{0,60}|"
    r"Envoy[ée] (?:de mon|depuis (?:mon|Outlook|Yahoo)|à partir)[^\n]{0,60}|"
    rf"(?:发自|發自|傳送自|传送自|来自|來自|从|從)\s?(?:我的|My)?\s?(?:{_DEVICE})[^\n]{{0,40}}|"
    r"(?:发自|來自|来自|發自)[^\n]{0,20}(?:邮箱|信箱|Mail|Foxmail|飞书|钉钉)[^\n]{0,40}|"
    r"(?:获取|取得|下载)\s*Outlook for [^\n]{1,40}|"
    r"(?:通过|从)[^\n]{1,30}(?:邮箱|Mail|邮件)[^\n]{0,10}(?:发送|发出))\s*",
    re.IGNORECASE,
)


def fold_quotes(text: str) -> tuple[str, str]:
    """(what the author wrote, what follows as signature and quotation).

    Answers written between quoted lines stay whole: nothing an author wrote is folded away.
    """
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        return text, ""
    quotation = _find_cut(lines)
    cut = _find_signature(lines, len(lines) if quotation is None else quotation)
    if cut == len(lines) or not "".join(lines[:cut]).strip():
        cut = len(lines) if quotation is None else quotation
    if cut == len(lines) or not "".join(lines[:cut]).strip():
        return text, ""
    return "\n".join(lines[:cut]).rstrip(), "\n".join(lines[cut:])


def _find_signature(lines: list[str], end: int) -> int:
    """Where it begins, looking back from where the author's part ends; ``end`` if nowhere."""
    while end and not lines[end - 1].strip():
        end -= 1
    start = max(0, end - MAX_SIGNATURE_LINES - 1)
    for at in range(start, end):
        if DASHES.fullmatch(lines[at]):
            return at
    if end and ADDED.fullmatch(lines[end - 1][:200]):
        return end - 1
    return len(lines) if end == len(lines) else _skip_blank(lines, end)


def _skip_blank(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _find_cut(lines: list[str]) -> int | None:
    own = [at for at, line in enumerate(lines) if line.strip() and not QUOTED_LINE.match(line)]
    last_own = own[-1] if own else -1
    for at, line in enumerate(lines):
        if QUOTED_LINE.match(line) and at > last_own:
            return at
        if _is_introduction(lines, at) and not _is_answered_below(lines, at, last_own):
            return at - 1 if _begins_above(lines, at) else at
    return None


def _begins_above(lines: list[str], at: int) -> bool:
    """The Chinese of Gmail names the sender first, and alone in a line when it is long."""
    return bool(
        at and lines[at].lstrip().startswith(("于", "於")) and lines[at - 1].rstrip().endswith(">")
    )


def _is_introduction(lines: list[str], at: int) -> bool:
    line = lines[at][:400].strip()
    if not line:
        return False
    if _introduces(line):
        return True
    if HEAD_LINE.match(line):
        return _is_head(lines, at)
    if RULE.fullmatch(line):
        below = _skip_blank(lines[: at + 4], at + 1)
        return below < len(lines) and bool(HEAD_LINE.match(lines[below])) and _is_head(lines, below)
    if BROKEN.match(line):
        joined = [" ".join(part.strip() for part in lines[at : at + count]) for count in (2, 3)]
        return any(_introduces(text[:400]) for text in joined)
    return False


def _is_head(lines: list[str], at: int) -> bool:
    return any(HEAD_FOLLOWS.match(after) for after in lines[at + 1 : at + 4])


def _introduces(line: str) -> bool:
    return (
        bool(ENDING.search(line))
        and bool(TELLING.search(line))
        and any(form.fullmatch(line) for form in INTRODUCTIONS)
    )


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
        "<p>" + "<br>\n".join(link_words(line) for line in paragraph.split("\n")) + "</p>"
        for paragraph in paragraphs
    )


def link_words(line: str) -> str:
    """One line with its addresses as links; every sign of it escaped."""
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
