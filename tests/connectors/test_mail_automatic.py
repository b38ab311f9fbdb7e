"""Did a person write this?"""

from pathlib import Path

import pytest

from connectors.mail.parse import parse

MAILS = Path(__file__).parent / "mails"


def classify(head, **options):
    return parse(head.encode() + b"\r\n\r\ntext", **options).classification


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("From: carol@example.org", "person"),
        ("From: carol@example.org\r\nAuto-Submitted: no", "person"),
        ("From: carol@example.org\r\nX-Auto-Response-Suppress: DR, OOF", "person"),
        ("From: carol@example.org\r\nAuto-Submitted: auto-replied", "auto_reply"),
        ("From: carol@example.org\r\nAuto-Submitted: auto-generated; x=1", "auto_reply"),
        ("From: carol@example.org\r\nPrecedence: auto_reply", "auto_reply"),
        ("From: carol@example.org\r\nX-Autoreply: yes", "auto_reply"),
        ("From: carol@example.org\r\nReturn-Path: <>", "auto_reply"),
        ("From: carol@example.org\r\nSubject: Out of office: lamp", "auto_reply"),
        ("From: carol@example.org\r\nSubject: 自动回复：台灯", "auto_reply"),
        ("From: carol@example.org\r\nSubject: I am out of office supplies", "person"),
        ("From: carol@example.org\r\nPrecedence: bulk", "bulk"),
        ("From: carol@example.org\r\nList-Id: <news.example.org>", "bulk"),
        ("From: carol@example.org\r\nX-Auto-Response-Suppress: All", "bulk"),
        ("From: no-reply@example.org", "bulk"),
        ("From: noreply+77@example.org", "bulk"),
        ("From: MAILER-DAEMON@example.org\r\nReturn-Path: <>", "bounce"),
        ("From: postmaster@example.org\r\nSubject: Undeliverable: hello", "bounce"),
        ("From: postmaster@example.org\r\nSubject: A question", "person"),
        (
            "From: x@example.org\r\nContent-Type: multipart/report; "
            "report-type=disposition-notification; boundary=b",
            "auto_reply",
        ),
    ],
)
def test_headers_tell_people_from_machines(head, expected):
    assert classify(head) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("vacation.eml", "auto_reply"), ("bounce.eml", "bounce"), ("pgp-signed.eml", "person")],
)
def test_whole_mails_are_classified(name, expected):
    assert parse((MAILS / name).read_bytes()).classification == expected


def test_the_null_envelope_sender_is_a_machine():
    assert classify("From: carol@example.org", envelope_sender="") == "auto_reply"


@pytest.mark.parametrize("sender", ["support@demo.test", "Support+r.abc@Demo.test"])
def test_mail_from_one_of_our_own_addresses_is_our_own(sender):
    head = f"From: {sender}\r\nAuto-Submitted: auto-replied"
    assert classify(head, own_addresses=["support@demo.test"]) == "own"
