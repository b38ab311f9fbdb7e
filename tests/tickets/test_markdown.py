"""What our people write: little signs become bold words, and nothing becomes a script."""

import re
import time
from io import BytesIO

import pytest

from connectors.mail.compose import compose
from connectors.queries import markdown_to_html, markdown_to_text
from tickets import actions
from tickets.queries.outbound import outbound_of

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
FORMS = {
    "**bold**": "<strong>bold</strong>",
    "*slanted*": "<em>slanted</em>",
    "`code`": "<code>code</code>",
    "~~gone~~": "<s>gone</s>",
    "[words](https://example.org/)": '<a href="https://example.org/">words</a>',
    "- one\n- two": "<li>one</li>",
    "3. three": '<ol start="3">',
    "> quoted": "<blockquote>",
    "```\na  b\n```": "<pre><code>a  b",
}
ATTACKS = [
    "<script>alert(1)</script>**x**",
    "<img src=x onerror=alert(1)>*x*",
    "[x](javascript:alert(1))",
    "[x](/admin/)",
    "[x](//evil.example/)",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    f"![x](file:{'-' * 36})",
    '![x" onerror="alert(1)](file:0190a0a0-0000-7000-8000-000000000001)',
    '[x](https://a.example/"onmouseover="alert(1))',
    '[x](https://a.example "t\\" onclick=\\"alert(1)")',
    "`<svg onload=alert(1)>`",
    '```html"onclick=alert(1)\n<script>alert(1)</script>\n```',
    "[x]: javascript:alert(1)\n\n[x]",
    "**<b onmouseover=alert(1)>**",
    "<a href='javascript:alert(1)'>*x*</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt; *x*",
    "https://a.example/<script>alert(1)</script> *x*",
]
KNOWN = {"p", "br", "strong", "em", "s", "ul", "ol", "li", "blockquote", "code", "pre", "a", "img"}
TAG = re.compile(r"<(/?)([a-z0-9]+)((?:\s+[a-z]+=\"[^\"]*\")*)\s*/?>")


@pytest.mark.parametrize("written", FORMS)
def test_signs_become_form(written):
    assert FORMS[written] in markdown_to_html(written)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_markup_of_an_author_passes(attack):
    html = markdown_to_html(attack, picture=lambda pk: f"/files/{pk}/")
    rest = TAG.sub("", html)
    assert "<" not in rest, html
    for _slash, tag, attributes in TAG.findall(html):
        assert tag in KNOWN
        for name, value in re.findall(r'([a-z]+)="([^"]*)"', attributes):
            assert name in ("href", "src", "alt", "start")
            if name in ("href", "src"):
                assert re.match(r"https?://|mailto:|tel:|/files/", value), html


def test_only_own_files_are_pictures():
    own = "![a lamp](file:0190a0a0-0000-7000-8000-000000000001)"
    assert "<img" in markdown_to_html(own, picture=lambda pk: "cid:x")
    assert "<img" not in markdown_to_html(own)
    assert "[a lamp]" in markdown_to_html(own)


@pytest.mark.parametrize(
    "plain",
    ["Alice\n---\nPerchwood", "# 1 of 3", "    four blanks", "a_b_c", "1 < 2 > 0", "50 * 2"],
)
def test_what_only_looks_like_signs_stays_words(plain):
    html = markdown_to_html(plain)
    assert not re.search(r"<(h\d|hr|pre|em|strong)", html)


def test_whoever_answers_right_below_a_quote_is_not_quoted():
    html = markdown_to_html("> Is it late?\nYes, *sorry*.")
    assert "Yes" not in html[: html.index("</blockquote>")]


def test_line_breaks_stay():
    assert "one<br>" in markdown_to_html("one\ntwo *x*")


@pytest.mark.parametrize(
    "heavy",
    ["*a " * 16_000, "[" * 40_000, "> " * 20_000, "`" * 40_000, "![" * 20_000, "- " * 20_000],
)
@pytest.mark.slow
def test_no_text_takes_long(heavy):
    start = time.process_time()
    markdown_to_html(heavy)
    assert time.process_time() - start < 2


# In the mail and in the thread


def test_the_mail_has_both_and_the_words_read_well(ticket, alice):
    said = actions.reply(ticket, actor=alice, body="**Sorry**, see:\n\n- one\n- two")
    outbound = outbound_of(said)
    assert outbound.text.startswith("**Sorry**, see:\n\n- one\n- two")
    assert "<strong>Sorry</strong>" in outbound.html


def test_the_thread_shows_it_formatted(ticket, alice, sign_in):
    actions.reply(ticket, actor=alice, body="**Sorry** <script>alert(1)</script>")
    page = sign_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()
    assert "<strong>Sorry</strong> &lt;script&gt;" in page


def test_what_customers_write_stays_as_it_is(inbox, mail_in, alice, sign_in):
    ticket = mail_in(inbox, "carol@example.org", "s", "my **bold** [x](https://a.example)").ticket
    page = sign_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()
    assert "my **bold** [x]" in page


def picture(ticket, user):
    return actions.attach_upload(
        ticket, actor=user, filename="lamp.png", content_type="image/png", content=BytesIO(PNG)
    )


def test_a_pasted_picture_stands_in_the_mail_beside_its_words(ticket, alice, sign_in):
    file = picture(ticket, alice)
    body = f"Like this:\n\n![lamp](file:{file.pk})\n\nBye"
    said = actions.reply(ticket, actor=alice, body=body, attachments=[file.pk])
    outbound = outbound_of(said)
    raw = compose(outbound)

    assert str(file.pk) not in outbound.text
    assert "[lamp]" in outbound.text
    assert f'src="cid:{file.pk.hex}@demo.test"' in outbound.html
    assert f"Content-ID: <{file.pk.hex}@demo.test>".encode() in raw
    assert b"multipart/related" in raw
    assert raw.count(b"Content-Disposition: inline") == 1
    page = sign_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()
    assert f'<img src="/tickets/attachments/{file.pk}/" alt="lamp">' in page


def test_a_picture_of_another_message_is_none(ticket, alice, bob):
    file = picture(ticket, bob)
    said = actions.reply(ticket, actor=alice, body=f"**x** ![lamp](file:{file.pk})")
    assert "<img" not in outbound_of(said).html


def test_the_preview_is_what_will_be_shown(ticket, alice, bob, sign_in):
    file, others = picture(ticket, alice), picture(ticket, bob)
    body = f"**x** <b>y</b> ![a](file:{file.pk}) ![b](file:{others.pk})"
    html = sign_in(alice).post(f"/tickets/{ticket.pk}/preview/", {"body": body}).content.decode()
    assert "<strong>x</strong> &lt;b&gt;y&lt;/b&gt;" in html
    assert html.count("<img") == 1


def test_words_without_signs_are_as_before():
    assert markdown_to_html("a\n\nb") == "<p>a</p>\n<p>b</p>"
    assert markdown_to_text("a *b*") == "a *b*"


# Files


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"plain words", 200),
        ("中文".encode(), 200),
        (b"\0binary", 404),
        (b"\xff\xfe\xfd" * 9, 404),
        (PNG, 404),
    ],
)
def test_only_texts_are_looked_into_and_nothing_in_them_runs(
    ticket, alice, sign_in, content, status
):
    file = actions.attach(
        ticket, ticket.messages.get(), filename="x.txt", content_type="text/html", content=content
    )
    answer = sign_in(alice).get(f"/tickets/attachments/{file.pk}/preview/")
    assert answer.status_code == status
    if status == 200:
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"].startswith("sandbox")
