"""Quotation folded, text made into HTML."""

import time

import pytest

from connectors.mail.text import fold_quotes, text_to_html

QUOTED = {
    "gmail": "Thanks!\n\nOn Tue, Mar 3, 2026 at 6:20 PM Support <s@demo.test> wrote:\n> Hello",
    "gmail-broken": "Thanks!\n\nOn Tue, Mar 3, 2026 at 6:20 PM Support\n<s@demo.test> wrote:\n> Hi",
    "outlook": "Thanks!\n\n-----Original Message-----\nFrom: Support\nSent: Tuesday\n\nHello",
    "outlook-head": "Thanks!\n\nFrom: Support <s@demo.test>\nSent: Tuesday\nTo: C\n\nHi",
    "outlook-rule": "Thanks!\n\n" + "_" * 32 + "\nFrom: Support\nSent: Tuesday\n\nHello",
    "outlook-zh": "Thanks!\n\n发件人: Support\n发送时间: 2026年3月3日\n收件人: 陈\n主题: x\n\n您好",
    "qq": "Thanks!\n\n------------------ 原始邮件 ------------------\n发件人: S\n\n您好",
    "gmail-zh": "Thanks!\n\nSupport <s@demo.test> 于2026年3月3日周二 18:20写道：\n> 您好",
    "netease": "Thanks!\n\n在 2026-03-03 18:20:00，Support <s@demo.test> 写道：\n> 您好",
    "apple-zh": "Thanks!\n\n在 2026年3月3日，18:20，Support <s@demo.test> 写道：\n\n> 您好",
    "gmail-tw": "Thanks!\n\nSupport <s@demo.test> 於 2026年3月3日 週二 18:20 寫道：\n> 您好",
    "bare": "Thanks!\n\n> Hello\n> there\n",
}


@pytest.mark.parametrize("name", QUOTED)
def test_what_the_author_wrote_is_told_from_what_is_quoted(name):
    visible, quoted = fold_quotes(QUOTED[name])
    assert visible == "Thanks!"
    assert QUOTED[name].startswith(visible)
    assert QUOTED[name].endswith(quoted) and quoted


@pytest.mark.parametrize(
    "text",
    [
        "Just words.",
        "On Monday my lamp broke: it flickers.",
        "From: where do you send parcels?",
        "She wrote:\nplease call",
        "> first question\nyes\n> second question\nno",
        "On Tue, Mar 3, 2026 S <s@d.test> wrote:\n> Which colour?\nThe blue one.",
        "在家里用的时候它坏了：请帮忙",
        "> only a quotation",
    ],
)
def test_an_authors_own_words_are_never_folded(text):
    assert fold_quotes(text) == (text, "")


@pytest.mark.parametrize(
    "line", [">\na\n", "On 1 wrote:\n", "于1" * 100 + ":\n", "1" * 199 + ":\n"]
)
def test_folding_two_megabytes_takes_no_more_than_two_seconds(line):
    started = time.process_time()
    fold_quotes(line * (2_000_000 // len(line)))
    assert time.process_time() - started < 2


def test_every_sign_is_escaped():
    assert text_to_html("<b>\"x\" & 'y'") == "<p>&lt;b&gt;&quot;x&quot; &amp; &#x27;y&#x27;</p>"


def test_paragraphs_and_lines_are_kept():
    assert text_to_html("a\nb\n\n\nc") == "<p>a<br>\nb</p>\n<p>c</p>"


def test_addresses_become_links_without_the_full_stop():
    assert text_to_html("See https://x.test/?a=1&b=2.") == (
        '<p>See <a href="https://x.test/?a=1&amp;b=2">https://x.test/?a=1&amp;b=2</a>.</p>'
    )
    assert '<a href="mailto:a@x.test">a@x.test</a>,' in text_to_html("write to a@x.test, please")
    assert 'href="https://x.test/页"' not in text_to_html("看https://x.test/a。谢谢")


def test_a_link_cannot_leave_its_attribute():
    assert 'onmouseover="' not in text_to_html('https://x.test/"onmouseover="alert(1)')
    assert "<script" not in text_to_html("https://x.test/<script>")
