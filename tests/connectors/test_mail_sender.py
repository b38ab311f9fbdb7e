"""One trustworthy sender or none: A23 of our catalogue of bad inputs."""

import pytest

from connectors.mail.parse import parse
from connectors.mail.sender import find_sender, read_addresses
from connectors.messages import Address

CONFUSING = {
    "address-as-name": b"alice@example.org <bob@evil.test>",
    "address-after-angle": b"<alice@example.org>bob@evil.test",
    "comment-opens": b"alice@example.org)bob@evil.test",
    "quoted-address-as-name": b'"alice@example.org" <bob@evil.test>',
    "encoded-address-as-name": b"=?utf-8?q?alice=40example.org?= <bob@evil.test>",
    "two-addresses": b"alice@example.org, bob@evil.test",
    "two-without-comma": b"alice@example.org bob@evil.test",
    "two-angles": b"<alice@example.org> <bob@evil.test>",
    "group": b"a: b@x.test;",
    "undisclosed": b"undisclosed-recipients:;",
    "encoded-whole": b"=?utf-8?b?QWxpY2UgPGFsaWNlQGV4YW1wbGUub3JnPg==?=",
    "nul": b"alice@example.org\0@evil.test",
    "two-ats": b"alice@example.org@evil.test",
    "quoted-at": b'"alice@example.org"@evil.test',
    "line-break": b"alice@example.org\r <bob@evil.test>",
    "escape": b"alice\\@example.org <bob@evil.test>",
    "route": b"<@example.org:bob@evil.test>",
    "comment-inside": b"alice(x)@example.org",
    "literal": b"alice@[127.0.0.1]",
    "mixed-script": "alice@ехample.org".encode(),
    "empty-label": b"alice@example..org",
    "no-address": b"Alice",
    "empty": b"",
    "open-quote": b'"Alice <alice@example.org>',
    "too-long": b"a" * 1000 + b"@example.org",
}


@pytest.mark.parametrize("name", CONFUSING)
def test_what_can_be_read_in_two_ways_is_nobodys(name):
    sender, problem = find_sender([CONFUSING[name]])
    assert sender == Address("", "")
    assert problem.endswith(".")


def test_two_from_lines_name_nobody_and_the_mail_is_read_all_the_same():
    message = parse(b"From: alice@example.org\r\nFrom: bob@evil.test\r\nSubject: Hi\r\n\r\nText")
    assert message.sender == Address("", "")
    assert message.sender_problem == "The mail has more than one From line."
    assert (message.subject, message.text) == ("Hi", "Text")


PLAIN = [
    (b"carol@example.org", "", "carol@example.org"),
    (b"<carol@example.org>", "", "carol@example.org"),
    (b"Carol Ashworth <carol@Example.ORG>", "Carol Ashworth", "carol@example.org"),
    (b'"Ashworth, Carol" <carol@example.org>', "Ashworth, Carol", "carol@example.org"),
    (b"Ashworth, Carol <carol@example.org>", "Ashworth, Carol", "carol@example.org"),
    (b"carol@example.org (Carol)", "Carol", "carol@example.org"),
    (b"Carol (Sales) <carol@example.org>", "Carol (Sales)", "carol@example.org"),
    (b'"carol@example.org" <carol@example.org>', "", "carol@example.org"),
    (b"carol@example.org <Carol@example.org>", "", "Carol@example.org"),
    (b"=?utf-8?b?546L5bCP5piO?= <wang@example.cn>", "王小明", "wang@example.cn"),
    ("王小明 <wang@example.cn>".encode(), "王小明", "wang@example.cn"),
    ("j\u00f6rg@example.org".encode(), "", "j\u00f6rg@example.org"),
    ("info@m\u00fcnchen.example".encode(), "", "info@xn--mnchen-3ya.example"),
    (b"'Carol via List' <list@example.org>", "Carol via List", "list@example.org"),
    (b"Carol <carol@example.org.>", "Carol", "carol@example.org"),
    (b"root@localhost", "", "root@localhost"),
]


@pytest.mark.parametrize(("value", "name", "email"), PLAIN)
def test_ordinary_from_lines_name_their_sender(value, name, email):
    assert find_sender([value]) == (Address(name, email), "")


def test_the_bodys_charset_never_changes_whom_the_bytes_name():
    mail = b"From: Carol <carol@example.org>\r\nContent-Type: text/plain; charset=%s\r\n\r\n"
    for charset in (b"utf-16", b"hz", b"iso-2022-jp", b"utf-7", b"gbk", b"x-unknown"):
        assert parse(mail % charset).sender == Address("Carol", "carol@example.org")
    sender, problem = find_sender([b"\x81@x.test <bob@evil.test>"], charset="gbk")
    assert (sender, bool(problem)) == (Address("", ""), True)


def test_hidden_characters_are_taken_out_of_names():
    sender, _ = find_sender(["Ca\u202erol\u200b <carol@example.org>".encode()])
    assert sender.name == "Carol"


def test_a_reply_to_elsewhere_is_reported_and_no_problem():
    message = parse(b"From: carol@example.org\r\nReply-To: Desk <desk@other.test>\r\n\r\n")
    assert message.reply_to == Address("Desk", "desk@other.test")
    assert not message.sender_problem


def test_lists_yield_every_readable_address():
    value = b'"A, B" <a@x.test>, b@x.test (Bob); Team: c@x.test, broken, <d@x.test>;, e@@x'
    assert [person.email for person in read_addresses(value)] == [
        "a@x.test",
        "b@x.test",
        "c@x.test",
        "d@x.test",
    ]
