"""What our own mails look like on the wire."""

import dataclasses
from email import message_from_bytes, policy

import pytest

from connectors.errors import RefusedHeader
from connectors.mail.addresses import make_message_id
from connectors.mail.compose import compose, needs_utf8
from connectors.mail.parse import parse
from connectors.messages import Address, OutboundAttachment, OutboundMessage
from core import keyring
from core.ids import new_id


@pytest.fixture(autouse=True)
def keys(settings, tmp_path_factory):
    settings.KEYRING_FILE = tmp_path_factory.mktemp("keys") / "keyring.json"
    keyring.create(settings.KEYRING_FILE)


def outbound(**changes):
    message_id = new_id()
    fields = {
        "idempotency_key": str(message_id),
        "message_id": make_message_id(message_id, "demo.test"),
        "sender": Address("Perchwood Support", "support@demo.test"),
        "reply_to": Address("Perchwood Support", "support+r.token@demo.test"),
        "to": [Address("Carol Ashworth", "carol@example.org")],
        "subject": "Re: My lamp",
        "text": "Hello Carol,\nplease try another bulb.",
    }
    return OutboundMessage(**(fields | changes))


def test_a_plain_answer_has_the_headers_that_keep_the_thread():
    raw = compose(
        outbound(in_reply_to="<1@example.org>", references=["<0@example.org>", "<1@example.org>"])
    )
    sent = message_from_bytes(raw)
    assert sent["From"] == "Perchwood Support <support@demo.test>"
    assert sent["Reply-To"] == "Perchwood Support <support+r.token@demo.test>"
    assert sent["To"] == "Carol Ashworth <carol@example.org>"
    assert sent["In-Reply-To"] == "<1@example.org>"
    assert sent["References"].split() == ["<0@example.org>", "<1@example.org>"]
    assert sent["MIME-Version"] == "1.0"
    assert sent["Date"].endswith("+0000")
    assert "Auto-Submitted" not in sent and "Cc" not in sent
    assert sent.get_content_type() == "text/plain"


def test_automatic_mail_says_so():
    sent = message_from_bytes(compose(outbound(automatic=True)))
    assert sent["Auto-Submitted"] == "auto-replied"
    assert sent["X-Auto-Response-Suppress"] == "All"


def test_chinese_names_subjects_files_and_texts_arrive():
    message = parse(
        compose(
            outbound(
                sender=Address("栖木客服", "support@demo.test"),
                to=[Address("王小明", "wang@example.cn"), Address('Al "X", B', "al@x.test")],
                subject="回复：" + "台灯坏了，请问怎么退货？" * 8,
                text="您好，" * 300 + "\n第二行",
                html="<p>您好</p>",
                attachments=[
                    OutboundAttachment("发票（二月）.pdf", "application/pdf", b"%PDF-1.7"),
                    OutboundAttachment("", "not a type", b"\0\1"),
                    OutboundAttachment("mail.eml", "message/rfc822", b"From: x\r\n\r\ny"),
                ],
            )
        )
    )
    assert message.sender == Address("栖木客服", "support@demo.test")
    assert message.to == [Address("王小明", "wang@example.cn"), Address('Al "X", B', "al@x.test")]
    assert message.subject == "回复：" + "台灯坏了，请问怎么退货？" * 8
    assert message.text.strip() == "您好，" * 300 + "\n第二行"
    assert message.html.strip() == "<p>您好</p>"
    assert [(f.filename, f.content_type, f.content) for f in message.attachments] == [
        ("发票（二月）.pdf", "application/pdf", b"%PDF-1.7"),
        ("attachment", "application/octet-stream", b"\0\1"),
        ("mail.eml", "application/octet-stream", b"From: x\r\n\r\ny"),
    ]


def test_every_line_is_short_ascii_and_ends_with_crlf():
    raw = compose(
        outbound(
            subject="word " * 40 + "x" * 200,
            text="long " * 2000 + "ü" * 3000,
            html="<p>" + "x" * 5000 + "</p>",
            references=["<" + "r" * 240 + f"{n}@example.org>" for n in range(30)],
            attachments=[OutboundAttachment("n" * 180 + ".txt", "text/plain", b"x" * 9000)],
        )
    )
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_references_keep_the_first_and_the_last_twenty():
    ids = [f"<{n}@example.org>" for n in range(40)]
    sent = message_from_bytes(compose(outbound(references=ids)))
    assert sent["References"].split() == [ids[0], *ids[-20:]]


def test_ids_of_others_that_no_header_can_carry_are_left_out():
    sent = message_from_bytes(
        compose(
            outbound(in_reply_to="<x y@z>", references=["<ü@x>", "<ok@x>", "<=?utf-8?q?a?=@x>"])
        )
    )
    assert "In-Reply-To" not in sent
    assert sent["References"].split() == ["<ok@x>", "<=?utf-8?q?a?=@x>"]


@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\0", "\u2028", "\x0b"])
@pytest.mark.parametrize(
    "field", ["subject", "name", "email", "reply_to", "cc", "in_reply_to", "message_id", "filename"]
)
def test_nothing_breaks_out_of_its_header(field, breaker):
    evil = f"x{breaker}Bcc: all@evil.test"
    changes = {
        "name": {"sender": Address(evil, "support@demo.test")},
        "email": {"to": [Address("", f"a@x.test{breaker}Bcc: b@x")]},
        "reply_to": {"reply_to": Address("", evil)},
        "cc": {"cc": [Address(evil, "c@x.test")]},
        "filename": {"attachments": [OutboundAttachment(evil, "text/plain", b"")]},
    }.get(field, {field: evil})
    with pytest.raises(RefusedHeader):
        compose(outbound(**changes))


@pytest.mark.parametrize("email", ["", "a", "a@b@c", "a b@c", "<a@b>", "a@b,c@d", "a@", "@b"])
def test_what_is_no_address_is_not_sent_to(email):
    with pytest.raises(RefusedHeader):
        compose(outbound(to=[Address("", email)]))


def test_text_that_looks_encoded_stays_as_it_is():
    subject = "Re: =?utf-8?q?a=0Ab?="
    sent = message_from_bytes(compose(outbound(subject=subject)), policy=policy.default)
    assert sent["Subject"] == subject


def test_the_same_message_composed_again_is_the_same_mail():
    message = outbound(html="<p>x</p>", attachments=[OutboundAttachment("a", "x/y", b"1")])
    first, second = (compose(message).split(b"\r\n") for _ in range(2))
    assert [a for a, b in zip(first, second, strict=True) if a != b and b"Date:" not in a] == []


def test_addresses_in_other_scripts():
    message = outbound(to=[Address("", "info@münchen.example")])
    assert b"info@xn--mnchen-3ya.example" in compose(message)
    assert not needs_utf8(message)
    assert needs_utf8(dataclasses.replace(message, to=[Address("", "jörg@example.org")]))


def test_lone_surrogates_do_not_stop_a_mail():
    message = parse(compose(outbound(subject="a\ud800b", text="c\udfffd", html="<p>\ud800</p>")))
    assert message.subject == "a\ufffdb"
