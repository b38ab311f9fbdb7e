"""Mails made to cost their reader seconds or gigabytes, A51 to A57 of the list of bad inputs."""

import base64
import os
import struct
import zlib
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

MB = 1024 * 1024


def mail(body=b"Hello", content_type=b"text/plain", head=b"", **fields):
    """One bomb keeps its Message-ID, so that sending it again adds nothing."""
    fields = {"From": b"Carol <carol@example.org>", "Subject": b"Lamp"} | {
        name.replace("_", "-"): value for name, value in fields.items()
    }
    lines = b"".join(b"%s: %s\r\n" % (name.encode(), value) for name, value in fields.items())
    return b"%b%bContent-Type: %b\r\nMIME-Version: 1.0\r\n\r\n%b" % (
        lines,
        head,
        content_type,
        body,
    )


def nested(depth):
    start = b"".join(
        b'--b%d\r\nContent-Type: multipart/mixed; boundary="b%d"\r\n\r\n' % (n, n + 1)
        for n in range(depth)
    )
    return mail(start, b'multipart/mixed; boundary="b0"')


def many_parts(count):
    return mail(b"--b\r\n\r\nx\r\n" * count + b"--b--\r\n", b"multipart/mixed; boundary=b")


def attached(content, name=b"a.bin", kind=b"application/octet-stream", encoding=b"base64"):
    data = base64.encodebytes(content) if encoding == b"base64" else content
    return mail(
        b"--b\r\n\r\nSee the file.\r\n--b\r\nContent-Type: %b; name=%b\r\n"
        b"Content-Transfer-Encoding: %b\r\n\r\n%b\r\n--b--\r\n" % (kind, name, encoding, data),
        b"multipart/mixed; boundary=b",
    )


def winmail(*attributes):
    packed = b"".join(
        struct.pack("<BII", level, kind, len(value) if length is None else length) + value + b"\0\0"
        for level, kind, value, length in attributes
    )
    return struct.pack("<IH", 0x223E9F78, 1) + packed


def zip_of(size, rounds=1):
    data, name = b"\0" * size, "a.xml"
    for _ in range(rounds):
        out = BytesIO()
        with ZipFile(out, "w", ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        data, name = out.getvalue(), "b.zip"
    return data


def enclosed(depth):
    raw = mail(b"innermost")
    for _ in range(depth):
        raw = mail(raw, b"message/rfc822")
    return raw


def html(body):
    return mail(body, b"text/html; charset=utf-8")


def text(data, charset):
    return mail(data, b"text/plain; charset=" + charset)


ENCODED_WORD = b"=?utf-8?B?" + base64.b64encode("灯".encode()) + b"?= "
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n"
    + b"BEGIN:VEVENT\r\nSUMMARY:x\r\nRRULE:FREQ=SECONDLY\r\nDTSTART:20260303T100000Z\r\n"
    b"END:VEVENT\r\n" * 20_000 + b"END:VCALENDAR\r\n"
)
RECIPIENT = b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"

BOMBS = {
    "A51-100k-headers": lambda: mail(head=b"X-A: b\r\n" * 100_000),
    "A51-one-10MB-header": lambda: mail(head=b"X-A: " + b"a" * 10 * MB + b"\r\n"),
    "A51-10MB-folded-header": lambda: mail(head=b"X-A: a\r\n" + b" aaaaaaaa\r\n" * MB),
    "A51-20k-encoded-words": lambda: mail(Subject=ENCODED_WORD * 20_000),
    "A51-8kB-encoded-words": lambda: mail(Subject=ENCODED_WORD * 500),
    "A51-50k-parameters": lambda: mail(
        content_type=b"text/plain" + b"".join(b"; a*%d*=x" % n for n in range(50_000))
    ),
    "A51-8kB-parameters": lambda: mail(
        content_type=b"text/plain" + b"".join(b"; a*%d*=x" % n for n in range(800))
    ),
    "A51-50k-quotes-in-from": lambda: mail(From=b'"' * 50_000 + b" <a@b.example>"),
    "A51-900-quotes-in-from": lambda: mail(From=b'"' * 900 + b" <a@b.example>"),
    "A51-8kB-of-to": lambda: mail(To=b"<" * 2000 + b"a@b.example, (" * 400),
    "A51-500-comments": lambda: mail(From=b"(" * 500 + b"a@b.example" + b")" * 450),
    "A51-backslashes": lambda: mail(From=b'"' + b"\\" * 900 + b" <a@b.example>"),
    "A51-dkim-signatures": lambda: mail(
        head=b"DKIM-Signature: v=1; a=rsa-sha256; d=b.example; s=s; h=from; bh=AA==; b=AA==\r\n"
        * 400
    ),
    "A52-900-nested": lambda: nested(900),
    "A52-3000-nested": lambda: nested(3000),
    "A52-100k-nested": lambda: nested(100_000),
    "A52-100k-parts": lambda: many_parts(100_000),
    "A52-199-parts": lambda: many_parts(199),
    "A52-long-boundary": lambda: mail(
        b"--" + b"b" * 10_000 + b"\r\n\r\nx", b"multipart/mixed; boundary=" + b"b" * 10_000
    ),
    "A52-missing-end": lambda: mail(b"--b\r\n\r\nx\r\n--b\r\n", b"multipart/mixed; boundary=b"),
    "A52-500-enclosed": lambda: enclosed(500),
    "A52-boundary-lookalikes": lambda: mail(
        b"--b\r\n\r\n" + b"\r\n--bb" * 4 * MB, b"multipart/mixed; boundary=b"
    ),
    "A52-digest-of-reports": lambda: mail(
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n" + RECIPIENT * 100_000,
        b"multipart/report; report-type=delivery-status; boundary=b",
        From=b"MAILER-DAEMON@b.example",
    ),
    "A52-200-reports": lambda: mail(
        b"".join(
            b"--b\r\nContent-Type: message/delivery-status\r\n\r\n" + RECIPIENT * 1000
            for _ in range(190)
        ),
        b"multipart/report; report-type=delivery-status; boundary=b",
        From=b"MAILER-DAEMON@b.example",
    ),
    "A53-base64-of-junk": lambda: mail(
        b"!?%$#&*()" * (2 * MB) + b"QUJD", head=b"Content-Transfer-Encoding: base64\r\n"
    ),
    "A53-base64-interleaved": lambda: attached(b"A=!" * (7 * MB), encoding=b"base64 "),
    "A53-base64-file-of-junk": lambda: mail(
        b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b"Q!U=J?D" * (3 * MB)
        + b"\r\n--b--\r\n",
        b"multipart/mixed; boundary=b",
    ),
    "A53-quoted-printable": lambda: mail(
        b"=" * 10 * MB, head=b"Content-Transfer-Encoding: quoted-printable\r\n"
    ),
    "A53-uuencode": lambda: attached(
        b"begin 644 a\r\n" + b"M" + b"A" * 60 + b"\r\n" * 10 * MB, encoding=b"x-uuencode"
    ),
    "A53-uuencode-bad-lines": lambda: attached(
        b"begin 644 a\r\n" + b"Mzzz\r\n" * 3 * MB, encoding=b"x-uuencode"
    ),
    "A53-winmail-endless": lambda: attached(
        winmail((2, 0x00069002, b"", None), (2, 0x0006800F, b"x", 0xFFFFFFFF)),
        b"winmail.dat",
        b"application/ms-tnef",
    ),
    "A53-winmail-million-attributes": lambda: attached(
        winmail(*[(2, 0x00069002, b"", None)] * 900_000), b"winmail.dat", b"application/ms-tnef"
    ),
    "A53-winmail-endless-values": lambda: attached(
        winmail(
            (2, 0x00069002, b"", None),
            (2, 0x00069005, struct.pack("<IHHI", 0xFFFFFFFF, 0x101E, 0x3707, 0xFFFFFFFF), None),
        ),
        b"winmail.dat",
        b"application/ms-tnef",
    ),
    "A53-calendar-of-20k-events": lambda: attached(CALENDAR, b"a.ics", b"text/calendar"),
    "A53-calendar-nested": lambda: attached(
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" * 8000, b"a.ics", b"text/calendar"
    ),
    "A53-calendar-parameters": lambda: attached(
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART" + b";A=b" * 60_000 + b":x\r\nEND:VEVENT\r\n"
        b"END:VCALENDAR\r\n",
        b"a.ics",
        b"text/calendar",
    ),
    "A54-zip-in-zip": lambda: attached(zip_of(40 * MB, 4), b"42.zip", b"application/zip"),
    "A54-zip-of-a-gigabyte": lambda: attached(
        zip_of(100 * MB),
        b"a.docx",
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "A54-gzip-encoded-part": lambda: attached(
        zlib.compress(b"\0" * 100 * MB), b"a.gz", b"application/gzip"
    ),
    "A55-utf-7": lambda: text(b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-", b"utf-7"),
    "A55-utf-16-without-mark": lambda: text("Grüße aus Köln".encode("utf-16-le"), b"utf-16"),
    "A55-unknown-charset": lambda: text("Grüße".encode(), b"x-unknown"),
    "A55-guess-2MB": lambda: text(os.urandom(2 * MB), b"x-unknown"),
    "A55-iso-2022-jp-escapes": lambda: text(b"\x1b$B\x1b(B" * 300_000, b"iso-2022-jp"),
    "A55-gb18030": lambda: text("镕堃𠮷".encode("gb18030"), b"gb18030"),
    "A55-lone-surrogates": lambda: text(b"\xed\xa0\x80 \xed\xb0\x80", b"utf-8"),
    "A55-nul": lambda: text(b"a\x00b\x00" * 1000, b"us-ascii"),
    "A55-emoji": lambda: text("🏳️‍🌈👩‍👩‍👧‍👦".encode() * 1000, b"utf-8"),
    "A55-right-to-left": lambda: text("\u202eexe.gpj\u202c مرحبا".encode(), b"utf-8"),
    "A55-zalgo": lambda: text(("a" + "\u0301" * 10_000).encode(), b"utf-8"),
    "A55-zalgo-subject": lambda: mail(Subject=("a" + "\u0301" * 4000).encode()),
    "A55-codec-of-another-kind": lambda: text(zlib.compress(b"\0" * 100 * MB), b"zlib_codec"),
    "A56-1970": lambda: mail(Date=b"Thu, 1 Jan 1970 00:00:00 +0000"),
    "A56-9999": lambda: mail(Date=b"Fri, 31 Dec 9999 23:59:59 +0000"),
    "A56-zone": lambda: mail(Date=b"Tue, 3 Mar 2026 10:00:00 +9999"),
    "A56-missing": lambda: mail(),
    "A56-endless": lambda: mail(Date=b"1" * 8000),
    "A57-40k-nested-tags": lambda: html(b"<div>" * 40_000),
    "A57-400k-nested-tags": lambda: html(b"<b>" * 400_000),
    "A57-open-quotes": lambda: html(b"<a b='" * 300_000),
    "A57-entities": lambda: html(b"&amp;" * 400_000),
    "A57-attributes": lambda: html(b"<p " + b"a=b " * 500_000 + b">"),
    "A57-tables": lambda: html(b"<table><tr><td>" * 60_000),
    "A57-comments": lambda: html(b"<!--" * 500_000),
    "A57-quotes-in-text": lambda: text(b">" * 2 * MB, b"utf-8"),
    "A57-brackets-in-text": lambda: text(b"[" * 50_000 + b"*" * 50_000, b"utf-8"),
    "A57-heads-of-forwards": lambda: mail(
        b"From: a@b.example\r\n" * 100_000, Subject=b"Fwd: " + b"Fwd: " * 1000
    ),
    "A57-markers-of-forwards": lambda: mail(
        b"---------- Forwarded message ---------\r\n" * 50_000, Subject=b"Fwd: x"
    ),
    "A57-spaces": lambda: mail(b" " * 10 * MB + b"x"),
    "A57-bounce-words": lambda: mail(
        b"<a@b.example>:\n" * 100_000,
        From=b"MAILER-DAEMON@b.example",
        Subject=b"failure notice",
        Return_Path=b"<>",
    ),
    "A57-bounce-indent": lambda: mail(
        (b"  a@b.example\n" + b"    reason\n" * 30) * 20_000,
        From=b"MAILER-DAEMON@b.example",
        Subject=b"Mail delivery failed",
        Return_Path=b"<>",
        X_Failed_Recipients=b"a@b.example, " * 600,
    ),
}
