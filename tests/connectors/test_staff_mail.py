"""Mails to people who work here leave as real mails, by the same way as answers."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives

from connectors.mail.staff import OutgoingBackend

WORDS = "Ihr Code: 123 456 · 您的验证码\nZweite Zeile.\n"


@pytest.mark.parametrize("kind", [EmailMessage, EmailMultiAlternatives])
def test_a_mail_without_an_outgoing_server_is_kept_as_a_file(db, settings, kind):
    mail = kind("重置密码 · Reset", WORDS, "helpdesk@demo.test", ["wei@demo.test"])
    if kind is EmailMultiAlternatives:
        mail.attach_alternative("<p>您好</p>", "text/html")

    assert OutgoingBackend().send_messages([mail]) == 1

    [path] = Path(settings.OUTBOX_DIR).glob("*.eml")
    raw = path.read_bytes()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    read = message_from_bytes(raw, policy=policy.default)
    assert read["Subject"] == "重置密码 · Reset"
    assert read.get_body(["plain"]).get_content().replace("\r\n", "\n") == WORDS
