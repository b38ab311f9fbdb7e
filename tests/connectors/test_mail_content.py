"""What a mail brings along: forwards, reports, invitations, winmail.dat, protection, images."""

import struct
from pathlib import Path

import pytest

from connectors.mail import sandbox
from connectors.mail.parse import parse
from connectors.messages import Address, BounceReport, Invitation
from tests.connectors.mail_bombs import attached, mail, winmail

MAILS = Path(__file__).parent / "mails"
CAROL = Address("Carol Weber", "carol@example.org")

FORWARDS = {
    "gmail": "---------- Forwarded message ---------\nFrom: Carol Weber <carol@example.org>\n"
    "Date: Tue, Mar 3, 2026 at 6:20 PM\nSubject: Lamp\nTo: <agent@demo.test>\n\n\nIt broke.",
    "gmail-zh": "---------- Forwarded message ---------\n发件人： Carol Weber <carol@example.org>\n"
    "日期：2026年3月3日\n主题： Lamp\n收件人： <agent@demo.test>\n\nIt broke.",
    "gmail-de": "---------- Forwarded message ---------\nVon: Carol Weber <carol@example.org>\n"
    "Datum: Di., 3. März 2026\nBetreff: Lamp\nAn: <agent@demo.test>\n\nIt broke.",
    "gmail-fr": "---------- Forwarded message ---------\nDe : Carol Weber <carol@example.org>\n"
    "Date: mar. 3 mars 2026\nSubject: Lamp\nTo: <agent@demo.test>\n\nIt broke.",
    "outlook": "From: Carol Weber <carol@example.org>\nSent: Tuesday, March 3, 2026\n"
    "To: Agent\nSubject: Lamp\n\nIt broke.",
    "outlook-old": "-----Original Message-----\nFrom: Carol Weber [mailto:carol@example.org]\n"
    "Sent: Tuesday\nTo: Agent\nSubject: Lamp\n\nIt broke.",
    "outlook-zh": "________________________________\n发件人: Carol Weber <carol@example.org>\n"
    "发送时间: 2026年3月3日 18:20\n收件人: Agent\n主题: Lamp\n\nIt broke.",
    "outlook-de": "Von: Carol Weber <carol@example.org>\nGesendet: Dienstag\nAn: Agent\n"
    "Betreff: Lamp\n\nIt broke.",
    "outlook-fr": "De : Carol Weber <carol@example.org>\nEnvoyé : mardi\nÀ : Agent\n"
    "Objet : Lamp\n\nIt broke.",
    "outlook-bold": "*From:* Carol Weber <carol@example.org>\n*Sent:* Tuesday\n*To:* Agent\n"
    "*Subject:* Lamp\n\nIt broke.",
    "apple": "Begin forwarded message:\n\n> From: Carol Weber <carol@example.org>\n"
    "> Subject: Lamp\n> Date: 3 March 2026\n> To: agent@demo.test\n> \n> It broke.",
    "apple-zh": "下面是被转发的邮件：\n\n> 发件人: Carol Weber <carol@example.org>\n> 主题: Lamp\n"
    "> 日期: 2026年3月3日\n> 收件人: agent@demo.test\n> \n> It broke.",
    "apple-de": "Anfang der weitergeleiteten Nachricht:\n\n> Von: Carol Weber <carol@example.org>\n"
    "> Betreff: Lamp\n> Datum: 3. März 2026\n> An: agent@demo.test\n> \n> It broke.",
    "apple-fr": "Début du message réexpédié :\n\n> De: Carol Weber <carol@example.org>\n"
    "> Objet: Lamp\n> Date: 3 mars 2026\n> À: agent@demo.test\n> \n> It broke.",
    "thunderbird": "-------- Forwarded Message --------\nSubject: \tLamp\nDate: \tTue, 3 Mar 2026\n"
    "From: \tCarol Weber <carol@example.org>\nTo: \tagent@demo.test\n\nIt broke.",
    "thunderbird-zh": "-------- 转发的消息 --------\n主题： Lamp\n日期： 2026/3/3\n"
    "发件人： Carol Weber <carol@example.org>\n收件人： agent@demo.test\n\nIt broke.",
    "thunderbird-de": "-------- Weitergeleitete Nachricht --------\nBetreff: \tLamp\n"
    "Datum: \t3.3.26\nVon: \tCarol Weber <carol@example.org>\nAn: \tagent@demo.test\n\nIt broke.",
    "thunderbird-fr": "-------- Message transféré --------\nSujet : \tLamp\nDate : \t3.3.26\n"
    "De : \tCarol Weber <carol@example.org>\nPour : \tagent@demo.test\n\nIt broke.",
    "qq": "------------------ 原始邮件 ------------------\n"
    '发件人: "Carol Weber" <carol@example.org>;\n发送时间: 2026年3月3日(星期二) 晚上6:20\n'
    '收件人: "agent"<agent@demo.test>;\n主题: Lamp\n\nIt broke.',
    "netease": "-------- 转发邮件信息 --------\n发件人：Carol Weber <carol@example.org>\n"
    "发送日期：2026-03-03 18:20:00\n收件人：agent@demo.test\n主题：Lamp\n\nIt broke.",
    "foxmail": "发件人： Carol Weber <carol@example.org>\n发送时间： 2026-03-03 18:20\n"
    "收件人： agent\n主题： Lamp\n\nIt broke.",
}


def write(text, subject="Fwd: Lamp", **fields):
    return parse(
        mail(
            text.encode(),
            b"text/plain; charset=utf-8",
            Subject=subject.encode(),
            **{"From": b"Agent <agent@demo.test>"} | fields,
        )
    )


@pytest.mark.parametrize("program", FORWARDS)
def test_a_forward_names_who_wrote_first(program):
    forwarded = write(f"Please answer her.\n\n{FORWARDS[program]}").forwarded

    assert forwarded is not None
    assert forwarded.sender == CAROL
    assert forwarded.subject == "Lamp"
    assert forwarded.text == "It broke."
    assert not forwarded.is_attached


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Lamp", FORWARDS["gmail"]),
        ("回复: Lamp", FORWARDS["outlook-zh"]),
        ("Lamp", FORWARDS["outlook"]),
        ("Lamp", FORWARDS["qq"]),
        ("Fwd: Lamp", "Look at this."),
        ("Fwd: Lamp", "From: where do you send?\nTo: my house\n"),
        ("Fwd: Lamp", "> ---------- Forwarded message ---------\n> From: a b\n> Date: x"),
    ],
)
def test_an_answer_or_a_bare_name_is_no_forward(subject, text):
    assert write(text, subject).forwarded is None


def test_a_mail_forwarded_whole_is_read():
    inner = mail(b"It broke.", From=b"Carol Weber <carol@example.org>", Subject=b"Lamp")
    raw = attached(inner, kind=b"message/rfc822", encoding=b"7bit").replace(
        b"Subject: Lamp", b"Subject: WG: Lamp", 1
    )

    message = parse(raw)

    assert message.forwarded.sender == CAROL
    assert (message.forwarded.text, message.forwarded.is_attached) == ("It broke.", True)
    assert [file.content_type for file in message.attachments] == ["message/rfc822"]


# Delivery reports

REPORT = b"multipart/report; report-type=delivery-status; boundary=b"
DSN = (
    b"--b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; mx.example\r\n\r\n"
    b"Original-Recipient: rfc822;Carol@example.org\r\nFinal-Recipient: rfc822; c@inner.example\r\n"
    b"Action: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 550 5.1.1 No\r\n  such user\r\n\r\n"
    b"Final-Recipient: rfc822; dan@example.org\r\nAction: delayed (twice)\r\nStatus: 4.4.1\r\n"
    b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: Lamp\r\n"
    b"Message-ID: <hd.1@demo.test>\r\n--b--\r\n"
)


def bounce(body, content_type=b"text/plain", **fields):
    return parse(
        mail(body, content_type, **{"From": b"MAILER-DAEMON@mx.example"} | fields),
        envelope_sender="",
    ).bounces


def test_a_report_names_each_recipient_and_the_mail():
    assert bounce(DSN, REPORT) == [
        BounceReport(
            "carol@example.org", "failed", "5.1.1", "550 5.1.1 No such user", "<hd.1@demo.test>"
        ),
        BounceReport("dan@example.org", "delayed", "4.4.1", "", "<hd.1@demo.test>"),
    ]


def test_a_report_inside_a_mail_of_a_person_is_a_quotation():
    assert parse(mail(DSN, b"multipart/mixed; boundary=b")).bounces == []


QMAIL = (
    b"Hi. This is the qmail-send program at mx.example.\n\n<carol@example.org>:\n"
    b"Sorry, no mailbox here by that name. (#5.1.1)\n\n"
    b"--- Below this line is a copy of the message.\n\nMessage-ID: <hd.1@demo.test>\n"
)
EXIM = (
    b"This message was created automatically by mail delivery software.\n\nA message that you sent"
    b" could not be delivered to one or more of its recipients.\n\n  carol@example.org\n"
    b"    SMTP error from remote mail server after RCPT TO:<carol@example.org>:\n"
    b"    550 5.1.1 User unknown\n\n------ This is a copy of the message ------\n"
)


@pytest.mark.parametrize(
    ("body", "status", "original"),
    [(QMAIL, "5.1.1", "<hd.1@demo.test>"), (EXIM, "5.1.1", "")],
)
def test_reports_in_words_are_read_where_they_are_plain(body, status, original):
    [report] = bounce(body, Subject=b"failure notice")

    assert (report.recipient, report.action) == ("carol@example.org", "failed")
    assert (report.status, report.original_id) == (status, original)


def test_a_report_in_words_that_only_may_have_failed_silences_nobody():
    assert bounce(b"<carol@example.org>:\nI am on holiday.\n", Subject=b"failure notice") == []


# Invitations


def test_an_invitation_is_shown_once():
    event = (
        b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Repair of\r\n  the lamp\r\n"
        b"DTSTART;TZID=Europe/Berlin:20260303T100000\r\nDTEND:20260303T100000Z\r\n"
        b"LOCATION:Lamp Street 5\\, Berlin\r\nORGANIZER:mailto:carol@example.org\r\n"
        b"END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    part = b"Content-Type: text/calendar; method=REQUEST\r\n\r\n" + event
    raw = mail(
        b"--b\r\n\r\nSee below\r\n--b\r\n" + part + b"\r\n--b\r\n" + part + b"--b--",
        b"multipart/mixed; boundary=b",
    )

    assert parse(raw).invitations == [
        Invitation(
            method="REQUEST",
            summary="Repair of the lamp",
            starts="2026-03-03T10:00:00+01:00",
            ends="2026-03-03T10:00:00+00:00",
            location="Lamp Street 5, Berlin",
            organizer="carol@example.org",
        )
    ]


def test_a_broken_calendar_stays_a_file():
    message = parse(attached(b"BEGIN:VEVENT\r\nDTSTART:never\r\n", b"a.ics", b"text/calendar"))

    assert message.invitations == [] or message.invitations[0].starts == ""
    assert [file.filename for file in message.attachments] == ["a.ics"]


# winmail.dat

LONG_NAME = "Rechnung März.pdf".encode("utf-16-le") + b"\0\0"


def properties(name):
    padded = name + b"\0" * (-len(name) % 4)
    number = struct.pack("<HHI", 0x03, 0x3705, 1)
    named = struct.pack("<HH16sII", 0x03, 0x8001, b"g" * 16, 0, 7) + struct.pack("<I", 5)
    text = struct.pack("<HHII", 0x1F, 0x3707, 1, len(name)) + padded
    return struct.pack("<I", 3) + number + named + text


def test_the_files_out_of_winmail_dat_are_listed():
    data = winmail(
        (1, 0x0002800C, b"It broke.\0", None),
        (2, 0x00069002, b"", None),
        (2, 0x00018010, b"RECHNU~1.PDF\0", None),
        (2, 0x0006800F, b"%PDF-1.7", None),
        (2, 0x00069005, properties(LONG_NAME), None),
        (2, 0x00069002, b"", None),
        (2, 0x00018010, b"note.txt\0", None),
        (2, 0x0006800F, b"words", None),
    )

    message = parse(attached(data, b"winmail.dat", b"application/ms-tnef"))

    assert [(file.filename, file.content, file.content_type) for file in message.attachments] == [
        ("Rechnung März.pdf", b"%PDF-1.7", "application/pdf"),
        ("note.txt", b"words", "text/plain"),
    ]


def test_a_broken_winmail_dat_stays_a_file():
    message = parse(attached(b'x\x9f>"' * 9, b"winmail.dat", b"application/ms-tnef"))

    assert [file.filename for file in message.attachments] == ["winmail.dat"]


# Signed and encrypted


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("multipart/signed; protocol=application/pgp-signature; boundary=b", "", "pgp-signed"),
        ("multipart/signed; protocol=application/pkcs7-signature; boundary=b", "", "smime-signed"),
        (
            "multipart/encrypted; protocol=application/pgp-encrypted; boundary=b",
            "",
            "pgp-encrypted",
        ),
        (
            "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
            "x",
            "smime-encrypted",
        ),
        ("application/x-pkcs7-mime; smime-type=signed-data; name=smime.p7m", "x", "smime-signed"),
        ("application/pkcs7-mime; smime-type=certs-only", "x", ""),
        ("text/plain", "-----BEGIN PGP MESSAGE-----\n\nhQE\n", "pgp-encrypted"),
        ("text/plain", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nHi", "pgp-signed"),
        ("text/plain", "How do I read -----BEGIN PGP MESSAGE----- things?", ""),
    ],
)
def test_protected_mail_is_shown_as_what_it_is(content_type, body, expected):
    assert parse(mail(body.encode(), content_type.encode())).protection == expected


# Images


def image(*head, name=b"image001.png"):
    lines = b"".join(line + b"\r\n" for line in head)
    return b"--b\r\nContent-Type: image/png; name=%b\r\n%b\r\n\x89PNG\r\n" % (name, lines)


PAGE = b"--b\r\nContent-Type: text/html\r\n\r\n<p>See <img src='%b'></p>\r\n"
IMAGES = {
    "usual": (b"cid:a%40b", [b"Content-ID: <a@b>", b"Content-Disposition: inline"], "inline"),
    "called-attachment": (
        b"cid:a@b",
        [b"Content-ID: <A@b>", b"Content-Disposition: attachment"],
        "inline",
    ),
    "no-id-but-its-name": (b"cid:image001.png@01DA.5", [b"Content-Disposition: inline"], "inline"),
    "not-shown": (
        b"https://x.test/a.png",
        [b"Content-ID: <a@b>", b"Content-Disposition: inline"],
        "attachment",
    ),
    "no-id-inline": (b"https://x.test/a.png", [b"Content-Disposition: inline"], "attachment"),
}


@pytest.mark.parametrize("case", IMAGES)
def test_inline_is_what_the_page_shows(case):
    source, head, expected = IMAGES[case]
    message = parse(mail(PAGE % source + image(*head) + b"--b--", b"multipart/related; boundary=b"))

    [file] = message.attachments
    assert file.disposition == expected
    if case == "no-id-but-its-name":
        assert file.content_id == "image001.png@01da.5"


def test_blind_copies_are_known_by_where_they_were_delivered():
    message = parse(
        mail(Delivered_To=b"help@demo.test", X_Original_To=b"<Sales@demo.test>", To=b"x@y.test")
    )

    assert sorted(message.delivered_to) == ["Sales@demo.test", "help@demo.test"]


def test_nothing_is_lost_on_the_way_out_of_the_readers_process():
    """A field that the two sides do not both know would silently come back empty."""
    raws = [
        *(path.read_bytes() for path in sorted(MAILS.glob("*.eml"))),
        mail(FORWARDS["gmail"].encode(), Subject=b"Fwd: x", Reply_To=b"<a@b.test>"),
        mail(DSN, REPORT, From=b"MAILER-DAEMON@mx.example", Delivered_To=b"help@demo.test"),
    ]
    for raw in raws:
        assert sandbox.read(raw)[0] == parse(raw)
