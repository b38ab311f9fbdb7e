"""SPF, DKIM and DMARC as we judge them (A25), over a zone that exists only here."""

import time

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.mail import resolver as resolver_module
from connectors.mail.parse import parse
from connectors.mail.resolver import LiveResolver, NoAnswer, Off
from connectors.mail.verdict import judge
from connectors.messages import Verdicts

PEER = "198.51.100.7"  # documentation range, made public below
SHOP = "shop.example"


class Zone:
    """Answers from a table; a name that is listed as silent never answers."""

    def __init__(self, records, silent=()):
        self.records, self.silent, self.asked = records, silent, []

    def look_up(self, name, kind):
        self.asked.append((name, kind))
        if name in self.silent:
            raise NoAnswer
        return self.records.get((name, kind), [])


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


@pytest.fixture(autouse=True)
def documentation_addresses_count(monkeypatch):
    monkeypatch.setattr("connectors.mail.verdict._is_public", lambda peer: bool(peer))


@pytest.fixture
def zone(key):
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = "v=DKIM1; k=rsa; p=" + "".join(public.decode().splitlines()[1:-1])
    return Zone(
        {
            (f"s1._domainkey.{SHOP}", "TXT"): [record],
            (f"s1._domainkey.mail.{SHOP}", "TXT"): [record],
            ("s1._domainkey.evil.example", "TXT"): [record],
            (f"_dmarc.{SHOP}", "TXT"): ["v=DMARC1; p=reject"],
            ("_dmarc.strict.example", "TXT"): ["v=DMARC1; p=none; adkim=s; aspf=s"],
            ("s1._domainkey.mail.strict.example", "TXT"): [record],
            (SHOP, "TXT"): ["something else", "v=spf1 mx include:more.example -all"],
            (SHOP, "MX"): [f"10 mx.{SHOP}."],
            (f"mx.{SHOP}", "A"): ["192.0.2.1"],
            ("more.example", "TXT"): ["v=spf1 ip4:198.51.100.0/24 -all"],
            ("evil.example", "TXT"): ["v=spf1 ip4:198.51.100.7 -all"],
            ("closed.example", "TXT"): ["v=spf1 -all"],
        }
    )


def mail(sender=f"Carol <carol@{SHOP}>", extra=b"", body=b"Hello,\r\nmy lamp broke.\r\n"):
    return extra + f"From: {sender}\r\nSubject: Lamp\r\n\r\n".encode() + body


def sign(raw, key, *, domain=SHOP, **options):
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    headers = [b"from", b"subject"]
    return dkim.sign(raw, b"s1", domain.encode(), private, include_headers=headers, **options) + raw


def test_a_signed_mail_from_a_listed_server_passes(zone, key):
    verdicts = judge(sign(mail(), key), peer=PEER, mail_from=f"carol@{SHOP}", resolver=zone)

    assert verdicts == Verdicts(spf="pass", dkim="pass", dmarc="pass")


def test_another_server_and_no_signature_fail(zone):
    verdicts = judge(mail(), peer="203.0.113.1", mail_from=f"x@{SHOP}", resolver=zone)

    assert verdicts == Verdicts(spf="fail", dkim="none", dmarc="fail")


def test_a_changed_word_breaks_the_signature(zone, key):
    raw = sign(mail(), key).replace(b"lamp broke", b"money left")

    assert judge(raw, resolver=zone) == Verdicts(spf="none", dkim="fail", dmarc="fail")


@pytest.mark.parametrize(
    "seam",
    [
        # The verifier passes over this line, our reader ends the head at it.
        b"From us to you\r\n",
        # A header to the verifier, too long a name to our reader.
        b"X" * 101 + b": 1\r\n",
    ],
)
def test_a25_a_signature_counts_only_for_the_head_that_we_read(zone, key, seam):
    """An old mail of the shop, signed, below a head that its signature never saw."""
    signed = sign(mail(), key)
    signature = signed[: signed.index(b"From:")]
    ours = signature + f"From : boss@{SHOP}\r\nSubject: Pay\r\n".encode()

    assert judge(ours + seam + signed, resolver=zone).dmarc == "fail"
    assert judge(ours + signed, resolver=zone).dmarc == "none"  # two senders


def test_a_fetched_mail_is_judged_by_its_signature_alone(zone, key):
    assert judge(sign(mail(), key), resolver=zone) == Verdicts("none", "pass", "pass")


A25 = {
    # Signed over the first part of the body alone: anybody may add to it.
    "A25-body-length": lambda key: (
        sign(mail(), key, length=True) + b"PS: pay to this account instead.\r\n",
        Verdicts("none", "none", "fail"),
    ),
    "A25-subdomain-relaxed": lambda key: (
        sign(mail(), key, domain=f"mail.{SHOP}"),
        Verdicts("none", "pass", "pass"),
    ),
    "A25-subdomain-strict": lambda key: (
        sign(mail("c@strict.example"), key, domain="mail.strict.example"),
        Verdicts("none", "pass", "fail"),
    ),
    "A25-foreign-signature": lambda key: (
        sign(mail(), key, domain="evil.example"),
        Verdicts("none", "pass", "fail"),
    ),
    "A25-arc-only": lambda key: (
        mail(
            extra=b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=evil.example; s=s1; b=AAAA\r\n"
            b"ARC-Authentication-Results: i=1; mx.evil.example; dmarc=pass\r\n"
        ),
        Verdicts("none", "none", "fail"),
    ),
    "A25-expired": lambda key: (
        expire(sign(mail(), key)),
        Verdicts("none", "permerror", "fail"),
    ),
    "A25-two-signatures-one-bad": lambda key: (
        sign(mail(), key).replace(b"s=s1", b"s=s0", 1).split(b"From:")[0] + sign(mail(), key),
        Verdicts("none", "pass", "pass"),
    ),
    "A25-from-not-signed": lambda key: (
        sign(mail(), key).replace(b"h=from : subject", b"h=subject", 1),
        Verdicts("none", "none", "fail"),
    ),
}


def expire(raw):
    return raw.replace(b"d=shop", f"x={int(time.time()) - 90_000}; d=shop".encode(), 1)


@pytest.mark.parametrize("case", A25)
def test_signatures_that_prove_less_than_they_seem_to(case, zone, key):
    raw, expected = A25[case](key)

    assert judge(raw, resolver=zone) == expected


def test_a25_a_listed_server_of_another_envelope_sender_proves_nothing(zone):
    verdicts = judge(mail(), peer=PEER, mail_from="bounce@evil.example", resolver=zone)

    assert verdicts == Verdicts(spf="pass", dkim="none", dmarc="fail")


FORGED = (
    b"Authentication-Results: mx.ours.example; dmarc=pass header.from=shop.example;"
    b" spf=pass smtp.mailfrom=shop.example; dkim=pass header.d=shop.example\r\n"
)


def test_a25_a_forged_result_header_is_ignored(zone):
    verdicts = judge(mail(extra=FORGED), peer="203.0.113.1", mail_from="x@y.test", resolver=zone)

    assert verdicts.dmarc == "fail"


def test_only_the_topmost_header_of_the_named_server_is_believed(zone):
    own = FORGED.replace(b"pass", b"fail")
    options = {"resolver": zone, "authserv_id": "mx.ours.example"}

    assert judge(mail(extra=FORGED), **options) == Verdicts("pass", "pass", "pass")
    assert judge(mail(extra=own + FORGED), **options) == Verdicts("fail", "fail", "fail")
    other = FORGED.replace(b"mx.ours", b"mx.other")
    assert judge(mail(extra=other + FORGED), **options).dmarc == "fail"
    # It judged another From than the one that people see.
    foreign = mail("c@else.example", extra=FORGED)
    assert judge(foreign, **options).dmarc == "fail"


@pytest.mark.parametrize(
    "told",
    [
        b'spf=pass smtp.mailfrom="a; dmarc=pass header.from=shop.example; "@evil.example',
        b"spf=none (a (b; dmarc=pass header.from=shop.example); dmarc=fail (p=reject)",
        b"dmarc=pass header.from=shop.example; dmarc=fail header.from=shop.example",
    ],
)
def test_words_of_the_sender_within_the_servers_results_are_no_results(zone, told):
    """Servers repeat the envelope's sender, whose local part may hold anything."""
    raw = mail(extra=b"Authentication-Results: mx.ours.example; " + told + b"\r\n")

    assert judge(raw, resolver=zone, authserv_id="mx.ours.example").dmarc != "pass"


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("a@closed.example", "fail"),
        ("a@unknown.example", "none"),
        ("", "none"),
        ("a@silent.example", "temperror"),
    ],
)
def test_spf_speaks_of_the_envelope(zone, sender, expected):
    zone.silent = ("silent.example",)

    assert judge(mail(), peer=PEER, helo="mta", mail_from=sender, resolver=zone).spf == expected


def test_the_charset_of_the_body_hides_no_sender_from_judgement(zone):
    """To the reader, who knows the charset, the name ends in a blank and is nobody's address."""
    name = b"=?utf-8?q?ceo=40bank.example?=\x9ax"
    raw = b"From: " + name + b" <carol@shop.example>\r\nContent-Type: text/plain; charset=koi8-r"
    raw += b"\r\n\r\nPay.\r\n"
    found = parse(raw)

    assert found.sender.email == f"carol@{SHOP}"
    assert judge(raw, resolver=zone, sender=found.sender.email).dmarc == "fail"


def test_a_domain_without_a_policy_is_not_judged(zone, key):
    assert judge(mail("c@unknown.example"), resolver=zone).dmarc == "none"


def test_a_silent_dns_is_a_passing_trouble(zone, key):
    zone.silent = (f"s1._domainkey.{SHOP}",)

    assert judge(sign(mail(), key), resolver=zone) == Verdicts("none", "temperror", "temperror")


def test_a_sender_that_can_be_read_in_two_ways_is_nobodys(zone, key):
    raw = sign(mail(), key).replace(b"Subject", b"From: eve@evil.example\r\nSubject", 1)

    assert judge(raw, resolver=zone).dmarc == "none"


def test_switched_off_there_is_no_verdict(key):
    assert judge(sign(mail(), key), peer=PEER, mail_from="a@b.test", resolver=Off()) == Verdicts()


def test_a_dead_resolver_delays_one_mail_not_the_next(monkeypatch):
    asked = []

    def fail(name, kind, lifetime):
        asked.append(name)
        raise resolver_module.dns.exception.Timeout

    monkeypatch.setattr(resolver_module.dns.resolver, "resolve", fail)
    monkeypatch.setattr(LiveResolver, "dead_until", 0.0)
    for _ in range(3):
        with pytest.raises(NoAnswer):
            LiveResolver().look_up("shop.example", "TXT")

    assert asked == ["shop.example.", "."]


def test_hundreds_of_signatures_cost_what_five_do(zone, key):
    signed = sign(mail(body=b"x" * 100_000), key)
    header = signed[: signed.index(b"From:")]

    assert judge(header * 60 + signed, resolver=zone).dkim == "pass"
    assert len(zone.asked) < 10


def test_a_body_made_to_stall_verifiers_ends_without_a_pass(zone, key):
    """Runs of spaces make canonicalisation quadratic."""
    raw = sign(mail(), key) + b" " * 5_000_000 + b"x"

    assert judge(raw, resolver=zone).dkim in ("fail", "permerror")
