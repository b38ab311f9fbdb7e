"""One mailbox or phone, however it is written, has one index; two never share one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import blind, keyring
from core.blind import email_index, handle_index, normalise_email, normalise_phone, phone_index

ROOT, NEW_ROOT = b"r" * 32, b"n" * 32


@pytest.fixture(autouse=True)
def ring(monkeypatch: pytest.MonkeyPatch) -> keyring.Keyring:
    return use_ring(monkeypatch, active=1, roots={1: ROOT})


def use_ring(
    monkeypatch: pytest.MonkeyPatch, *, active: int, roots: dict[int, bytes]
) -> keyring.Keyring:
    ring = keyring.Keyring(1, active, *([b"k" * 32] * 3), {1: b"k" * 32}, roots)
    monkeypatch.setattr(keyring, "load", lambda: ring)
    return ring


@pytest.mark.parametrize(
    "written",
    [
        "anna@example.com",
        "Anna@Example.COM",
        "  anna@example.com\r\n",
        "anna@example.com.",
        "ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "anna@exam\u00adple.com",
        "\u200banna@example.com\ufeff",
        "anna @ example.com",
    ],
)
def test_spellings_of_one_mailbox(written: str) -> None:
    assert normalise_email(written) == "anna@example.com"
    assert email_index(written) == email_index("anna@example.com")


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("josé@example.com", unicodedata.normalize("NFD", "josé@example.com")),
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("info@BÜCHER.example", "info@XN--BCHER-KVA.EXAMPLE"),
        ("info@bu\u0308cher.example", "info@bücher.example"),
        ("用户@例子.公司", "用户@xn--fsqu00a.xn--55qx5d"),
        ("用户@例子。公司", "用户@例子.公司"),
        ("STRASSE@example.com", "straße@example.com"),
    ],
)
def test_spellings_in_other_scripts(one: str, same: str) -> None:
    assert normalise_email(one) == normalise_email(same)


@pytest.mark.parametrize(
    "other",
    [
        "anna+shop@example.com",
        "an.na@example.com",
        "anna@example.org",
        "anna@sub.example.com",
        "аnna@example.com",  # a Cyrillic а
        "anna@ехаmple.com",
        "anna@example.com@evil.example",
    ],
)
def test_other_mailboxes_stay_others(other: str) -> None:
    assert email_index(other) != email_index("anna@example.com")


def test_domains_nobody_can_encode_are_kept() -> None:
    for domain in ("under_score.example", "[192.0.2.1]", "-bad-.example", "a" * 300, "..", ""):
        assert normalise_email(f"anna@{domain}") == f"anna@{domain.rstrip('.')}"
    assert normalise_email("No Address") == "no address"
    assert normalise_email("") == ""


@given(st.text(max_size=80))
def test_normalising_never_fails_and_is_final(value: str) -> None:
    once = normalise_email(value)
    assert normalise_email(once) == once
    assert normalise_email(value.strip()) == once
    normalise_phone(value)
    assert len(handle_index("email", value)) == 16


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("138 0013 8000", "+8613800138000"),
        ("138-0013-8000", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("tel:+44-7700-900123", "+447700900123"),
        ("+44 (0)7700 900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("+1 650-253-0000", "+16502530000"),
        ("12345", "12345"),
        ("(020) 7946 0958", "02079460958"),
        ("No Number", "no number"),
        ("", ""),
    ],
)
def test_phone_numbers(written: str, number: str) -> None:
    assert normalise_phone(written) == number


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("07700 900123", "gb", "+447700900123"),
        ("(650) 253-0000", "US", "+16502530000"),
        ("010 8888 8888", "CN", "+861088888888"),
        ("13800138000", "CN", "+8613800138000"),
        ("+44 7700 900123", "CN", "+447700900123"),
    ],
)
def test_national_numbers_need_their_region(written: str, region: str, number: str) -> None:
    assert normalise_phone(written, region=region) == number
    assert phone_index(written, region=region) == phone_index(number)


def test_indexes_are_short_keyed_and_apart_by_kind() -> None:
    indexes = {
        email_index("13800138000"),
        phone_index("13800138000"),
        handle_index("telegram", "13800138000"),
        handle_index("whatsapp", "13800138000"),
    }
    assert len(indexes) == 4
    assert {len(index) for index in indexes} == {16}
    assert handle_index("email", "Anna@Example.com") == email_index("anna@example.com")
    assert handle_index("phone", "138 0013 8000") == phone_index("+8613800138000")


def test_handles_keep_their_case() -> None:
    assert handle_index("wechat", "oGZ1") != handle_index("wechat", "ogz1")
    assert handle_index("wechat", " oGZ1 ") == handle_index("wechat", "oGZ1")


def test_an_index_cannot_be_made_without_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    before = email_index("anna@example.com")
    use_ring(monkeypatch, active=1, roots={1: NEW_ROOT})
    assert email_index("anna@example.com") != before


def test_both_versions_are_read_while_a_new_root_is_brought_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = email_index("anna@example.com")
    use_ring(monkeypatch, active=2, roots={1: ROOT, 2: NEW_ROOT})
    assert blind.active_version() == 2
    assert email_index("anna@example.com") != before
    assert email_index("anna@example.com", version=1) == before
    both = blind.all_versions("email", "Anna@example.com")
    assert both == [email_index("anna@example.com"), before]


def test_the_hash_stays_the_same_in_every_later_version() -> None:
    """Of an old installation's rows: an index made differently would find nothing."""
    assert email_index("anna@example.com").hex() == "474eb9d830b5e1c814758590bbc46ca8"
