"""What is read out of a mail, honest or hostile."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import Unreadable
from connectors.mail.parse import find_external_id, parse
from connectors.messages import Address
from core.clock import now

MAILS = Path(__file__).parent / "mails"
CORPUS = Path(__file__).parents[2].parent / "shared" / "data" / "mail"
CORPUS_FILES = sorted(CORPUS.glob("*/*.eml"))
MB = 1024 * 1024
SECONDS = 2.0


def read(name):
    return parse((MAILS / name).read_bytes())


def mail(body=b"Hello", **headers):
    lines = {"From": "Carol <carol@example.org>", "Message_ID": "<1@example.org>"} | headers
    head = b"".join(
        name.replace("_", "-").encode()
        + b": "
        + (value if isinstance(value, bytes) else value.encode())
        + b"\r\n"
        for name, value in lines.items()
        if value is not None
    )
    return head + b"\r\n" + body


def body_of(body, content_type="text/plain", **headers):
    return parse(mail(body, Content_Type=content_type, **headers))


def test_raw_chinese_headers_are_read_by_the_bodys_charset():
    message = read("gb2312-raw-headers.eml")
    assert message.sender == Address("王小明", "xiaoming@example.cn")
    assert message.subject == "台灯坏了，请问怎么退货？"
    # Characters beyond GB 2312, which Chinese senders use under its name all the same.
    assert "镕字和堃字" in message.text
    assert message.language == "zh-hans"
    assert message.sent_at == datetime(2026, 3, 3, 2, 15, tzinfo=UTC)


def test_a_character_cut_in_two_encoded_words_is_put_together():
    assert read("outlook-zh-reply.eml").subject == "回复: 发货呀"


def test_ids_of_the_thread_are_read():
    message = read("outlook-zh-reply.eml")
    assert message.external_id == "<ol-1@example.cn>"
    assert message.in_reply_to == "<earlier@demo.test>"
    assert message.references == ["<first@demo.test>", "<earlier@demo.test>"]


def test_an_inline_image_keeps_its_content_id():
    message = read("apple-inline-image.eml")
    assert message.text.startswith("Here is the crack:")
    assert 'src="cid:crack@example"' in message.html
    (image,) = message.attachments
    assert (image.filename, image.content_type) == ("crack.png", "image/png")
    assert (image.disposition, image.content_id) == ("inline", "crack@example")
    assert image.content.startswith(b"\x89PNG")


def test_several_text_parts_are_joined_and_a_nameless_image_gets_a_name():
    message = read("text-image-text.eml")
    assert message.text == "Before the fall:\n\nAnd that is all I have."
    assert [file.filename for file in message.attachments] == ["attachment-1.png"]


@pytest.mark.parametrize(
    ("name", "filename", "content_type"),
    [
        ("calendar-invitation.eml", "attachment-1.ics", "text/calendar"),
        ("pgp-signed.eml", "signature.asc", "application/pgp-signature"),
    ],
)
def test_parts_with_a_meaning_of_their_own_are_files(name, filename, content_type):
    message = read(name)
    assert message.text
    assert [(f.filename, f.content_type) for f in message.attachments] == [(filename, content_type)]


def test_a_forwarded_mail_becomes_a_file_named_by_its_subject():
    inner = mail(b"inside", Subject="Lost / found")
    message = body_of(
        b"--b\r\n\r\nSee below\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + inner
        + b"\r\n--b--",
        "multipart/mixed; boundary=b",
    )
    (file,) = message.attachments
    assert (file.filename, file.content_type) == ("Lost - found.eml", "message/rfc822")
    assert file.content == inner


def test_a_page_without_text_yields_its_words():
    message = body_of(
        b"<html><head><title>x</title><style>p{}</style></head><body><p>Hello &amp; goodbye,</p>"
        b"<ul><li>one</li><li>two</li></ul><script>alert(1)</script></body>",
        "text/html",
    )
    assert message.text == "Hello & goodbye,\n\n- one\n- two"


def test_flowed_lines_become_whole_again():
    message = body_of(
        b"This line was \r\nbroken.\r\n> quoted \r\n> too\r\n", "text/plain; format=flowed"
    )
    assert message.text == "This line was broken.\n> quoted too"


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("gbk", "gb18030", "镕堃，谢谢您的帮助"),
        ("big5", "big5-hkscs", "請問什麼時候到貨"),
        ("shift_jis", "cp932", "注文番号①について"),
        ("iso-2022-jp", "iso-2022-jp", "注文について"),
        ("ks_c_5601-1987", "cp949", "주문 똠방각하"),
        ("euc-kr", "cp949", "안녕하세요 펲시"),
        ("iso-8859-1", "cp1252", "It costs 5 € – “really”"),
        ("koi8-r", "koi8-r", "Здравствуйте"),
        ("utf-16", "utf-16-le", "wide text without a mark"),
        ("us-ascii", "utf-8", "Grüße aus Köln"),
        ('"UTF-8"', "utf-8", "emoji 🎉"),
    ],
)
def test_charsets_are_read_as_senders_mean_them(declared, codec, text):
    assert body_of(text.encode(codec), f"text/plain; charset={declared}").text == text


def test_an_unknown_charset_is_guessed():
    text = "Здравствуйте, я хотел бы вернуть лампу, которую купил у вас в прошлом месяце. " * 3
    assert body_of(text.encode("cp1251"), "text/plain; charset=x-unknown").text.startswith("Здрав")


def test_utf_7_is_not_decoded():
    message = body_of(b"+ADw-script+AD4-alert(1)", "text/html; charset=utf-7")
    assert "<script" not in message.html


@pytest.mark.parametrize("codec", ["unicode_escape", "zlib", "idna", "punycode", "x" * 5000, "\0"])
def test_names_of_things_that_are_no_charsets_are_not_used(codec):
    assert "\\x41" in body_of(b"\\x41", f"text/plain; charset={codec}").text


def test_text_holds_nothing_the_database_refuses():
    message = parse(mail("a\0b\ud800c".encode("utf-8", "surrogatepass"), Subject=b"x\0y"))
    assert message.text == "ab\ufffdc" or "\0" not in message.text
    message.text.encode()
    assert message.subject == "xy"


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 3 Mar 2026 10:15:00 +0800", datetime(2026, 3, 3, 2, 15, tzinfo=UTC)),
        ("Thu, 1 Jan 1970 00:00:00 +0000", None),
        ("Mon, 1 Jan 9999 00:00:00 +0000", None),
        ("3 Mar 2026 10:15:00 +9999", datetime(2026, 3, 3, 10, 15, tzinfo=UTC)),
        ("31 Feb 2026 10:15:00 +0000", None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_dates_are_believed_within_reason(date, expected):
    assert parse(mail(Date=date)).sent_at == expected


def test_a_date_in_the_future_is_not_believed():
    later = now() + timedelta(days=3)
    assert parse(mail(Date=f"{later:%d %b %Y %H:%M:%S} +0000")).sent_at is None


def test_a_mail_without_message_id_gets_one_from_its_bytes():
    raw = mail(Message_ID=None)
    assert parse(raw).external_id == parse(raw).external_id
    assert parse(raw).external_id.startswith("<sha256.")
    assert parse(raw).external_id != parse(raw + b"!").external_id
    assert find_external_id(raw) != find_external_id(raw + b"!")


def test_a_repeat_with_other_trace_headers_has_the_same_id():
    raw = mail()
    assert find_external_id(b"Received: by relay\r\n" + raw) == find_external_id(raw)


def test_references_keep_the_first_and_the_last():
    ids = [f"<{n}@example.org>" for n in range(50)]
    assert parse(mail(References=" ".join(ids))).references == [ids[0], *ids[-20:]]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename*=UTF-8''%D1%84%D0%B0%D0%B9%D0%BB.pdf", "файл.pdf"),
        ("attachment; filename*0*=utf-8''%E6%8A%A5; filename*1*=%E5%91%8A.pdf", "报告.pdf"),
        ("attachment; filename*0=long; filename*1=-name.txt", "long-name.txt"),
        ('attachment; filename="=?gb2312?B?suLK1C50eHQ=?="', "测试.txt"),
        ("attachment; filename=two words.txt", "two words.txt"),
        ('attachment; filename="../../etc/cron.d/x"', "x"),
        (r'attachment; filename="C:\\secret\\x.txt"', "x.txt"),
        ('attachment; filename="exe\u202egpj.exe"', "exegpj.exe"),
        ('attachment; filename="\u200b.htaccess"', "htaccess"),
        ('attachment; filename="a\tb.txt"', "a b.txt"),
        ('attachment; filename="."', "attachment-1"),
        ("attachment", "attachment-1"),
        ("attachment; filename=" + "n" * 300 + ".pdf", "n" * 196 + ".pdf"),
    ],
)
def test_file_names_are_names(disposition, name):
    message = body_of(b"data", "application/x-thing", Content_Disposition=disposition)
    assert [file.filename for file in message.attachments] == [name]


def test_a_text_declared_as_a_file_is_one():
    message = body_of(b"a;b", "text/plain", Content_Disposition="attachment; filename=list.csv")
    assert message.text == ""
    assert message.attachments[0].content == b"a;b"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("base64", b"SGVsbG8gd29ybGQ="),
        ("base64", b"SGVsbG8g\r\n!!d29y\r\nbGQ"),
        ("Base64 ;", b"SGVsbG8gd29ybGQ="),
        ("quoted-printable", b"Hello=20wor=\r\nld"),
        ("x-uuencode", b"begin 644 x\n+2&5L;&\\@=V]R;&0 \n`\nend\n"),
        ("8bit", b"Hello world"),
        ("whatever", b"Hello world"),
    ],
)
def test_transfer_encodings_are_undone(encoding, content):
    assert body_of(content, Content_Transfer_Encoding=encoding).text == "Hello world"


def test_a_multipart_without_its_boundaries_is_shown_as_text():
    assert body_of(b"just text", "multipart/mixed; boundary=b").text == "just text"


def test_a_missing_final_boundary_loses_nothing():
    message = body_of(b"--b\r\n\r\none\r\n--b\r\n\r\ntwo", "multipart/mixed; boundary=b")
    assert message.text == "one\n\ntwo"


# Bombs: A51–A53, A55 and A57 of our catalogue of bad inputs.


def nested(levels):
    parts = (
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1)
        for n in range(levels)
    )
    return mail(b"".join(parts), Content_Type="multipart/mixed; boundary=b0")


def html_mail(page):
    return mail(page, Content_Type="text/html")


BOMBS = {
    "A51-many-headers": lambda: b"".join(b"X-%d: 1\r\n" % n for n in range(100_000)) + mail(),
    "A51-one-header": lambda: mail(Subject="a" * 10 * MB),
    "A51-encoded-words": lambda: mail(Subject="=?utf-8?q?a?= " * 20_000),
    "A51-encoded-words-8k": lambda: mail(Subject="=?utf-8?q?a?= " * 560),
    "A51-parameters": lambda: mail(
        Content_Type="text/plain" + "".join(f"; a*{n}*=x" for n in range(50_000))
    ),
    "A51-parameters-8k": lambda: mail(
        Content_Type="text/plain" + "".join(f"; a*{n}*=x" for n in range(700))
    ),
    "A51-quotes": lambda: mail(From='"' * 50_000),
    "A51-quotes-998": lambda: mail(From='"' * 990),
    "A51-comments": lambda: mail(From="(" * 500, To="(" * 8000, Cc="<" * 8000),
    "A51-part-headers": lambda: mail(
        b"--b\r\nContent-Type: text/plain" + b"; a*0*=x" * 100_000 + b"\r\n\r\nx",
        Content_Type="multipart/mixed; boundary=b",
    ),
    "A52-nested-900": lambda: nested(900),
    "A52-nested-3000": lambda: nested(3000),
    "A52-nested-100k": lambda: nested(100_000),
    "A52-parts": lambda: mail(
        b"--b\r\n\r\nx\r\n" * 100_000, Content_Type="multipart/mixed; boundary=b"
    ),
    "A52-nearly-boundaries": lambda: mail(
        b"--bb\n" * 4 * MB, Content_Type="multipart/mixed; boundary=b"
    ),
    "A52-long-boundary": lambda: mail(
        b"--" + b"a" * 10_000, Content_Type="multipart/mixed; boundary=" + "a" * 10_000
    ),
    "A52-mails-in-mails": lambda: b"Content-Type: message/rfc822\r\n\r\n" * 500,
    "A53-base64-junk": lambda: mail(b"!!!!!!!!!A" * 2 * MB, Content_Transfer_Encoding="base64"),
    "A53-equals-signs": lambda: mail(
        b"=" * 10 * MB, Content_Transfer_Encoding="quoted-printable", Content_Type="image/png"
    ),
    "A53-uuencode": lambda: mail(
        b"begin 644 x\n" + b"#\n" * 10 * MB,
        Content_Transfer_Encoding="x-uuencode",
        Content_Type="image/png",
    ),
    "A53-line-ends": lambda: mail(b"\n" * 24 * MB),
    "A55-escapes": lambda: mail(
        b"\x1b$B" * 700_000, Content_Type="text/plain; charset=iso-2022-jp"
    ),
    "A55-no-charset": lambda: mail(
        os.urandom(4 * MB), Content_Type="text/plain; charset=x-unknown"
    ),
    "A55-combining": lambda: mail(("a" + "\u0301" * MB).encode()),
    "A57-divs": lambda: html_mail(b"<div>" * 400_000),
    "A57-signs": lambda: html_mail(b"<" * 2 * MB),
    "A57-open-quotes": lambda: html_mail(b'<a "' * 500_000),
    "A57-long-number": lambda: html_mail(b"&#" + b"9" * 2 * MB),
    "flowed": lambda: mail(b"a \n" * 700_000, Content_Type="text/plain; format=flowed"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_or_read_within_two_seconds(name):
    raw = BOMBS[name]()
    started = time.process_time()
    try:
        parse(raw)
    except Unreadable as refused:
        assert refused.reason
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("A51-many-headers", "500 header lines"),
        ("A51-one-header", "64 kB"),
        ("A52-nested-3000", "deeper than 20"),
        ("A52-parts", "200 parts"),
    ],
)
def test_a_refusal_says_why_in_plain_words(name, words):
    with pytest.raises(Unreadable, match=words):
        parse(BOMBS[name]())


def test_a_mail_beyond_25_mb_is_refused():
    with pytest.raises(Unreadable, match="25 MB"):
        parse(mail(b"x" * 26 * MB))


def test_of_a_huge_text_the_beginning_is_kept_and_said_so():
    message = parse(mail(b"word " * MB))
    assert len(message.text) <= 2 * MB
    assert "2 MB" in message.headers_of_note["text-cut"]


@pytest.mark.skipif(not CORPUS_FILES, reason="the shared corpus of mails is not on this machine")
@pytest.mark.parametrize("path", CORPUS_FILES, ids=lambda path: path.stem)
def test_every_mail_of_the_corpus_is_read_or_refused_with_a_reason(path):
    started = time.process_time()
    try:
        message = parse(path.read_bytes())
    except Unreadable as refused:
        assert refused.reason
    else:
        assert message.external_id
        assert message.sender.email or message.sender_problem
        repr(message).encode()
        "".join([message.subject, message.text, message.html]).encode()
    assert time.process_time() - started < SECONDS


SHAPES = st.one_of(
    st.binary(max_size=4000),
    st.lists(
        st.sampled_from(
            [
                b"From: a@b.c\r\n",
                b"From:",
                b"Content-Type: multipart/mixed; boundary=b\r\n",
                b"Content-Type: text/html; charset=gbk\r\n",
                b"Content-Type: text/plain; charset=utf-16; format=flowed\r\n",
                b"Content-Transfer-Encoding: base64\r\n",
                b"Content-Transfer-Encoding: x-uuencode\r\n",
                b"Content-Disposition: attachment; filename*0*=utf-8''%\r\n",
                b"Subject: =?utf-8?b?gA?= =?x?q?=?=\r\n",
                b"Date: Mon, 99 Xyz -1 99:99:99 -99999999999\r\n",
                b"References: <<>> <a@b\r\n",
                b"begin 644 x\n",
                b"--b\r\n",
                b"--b--\r\n",
                b"\r\n",
                b"\x1b$B\x00\xff\xfe",
                b"<table><td><p style='\"",
                b"&#99999999999999999999;",
            ]
        ),
        max_size=30,
    ).map(b"".join),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SHAPES)
@pytest.mark.slow
def test_whatever_bytes_arrive_only_unreadable_is_raised(raw):
    try:
        message = parse(raw)
    except Unreadable:
        return
    "".join([message.subject, message.text, message.html, message.sender.name]).encode()
    assert "\0" not in message.text
