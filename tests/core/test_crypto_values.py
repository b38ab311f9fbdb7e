"""A sealed value opens under exactly its own key, at exactly its own place, or not at all."""

import os
import traceback
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from core import crypto
from core.crypto import DecryptionError, aad_for, kid_of, seal, unseal

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
ROW, OTHER_ROW = UUID(int=7), UUID(int=8)
PLACE = aad_for("customers_customer", "name", ROW)


def open_value(sealed: bytes, **changed: object) -> bytes:
    return unseal(sealed, **{"kid": 5, "key": KEY, "aad": PLACE, **changed})


def assert_refused(sealed: bytes, **changed: object) -> None:
    with pytest.raises(DecryptionError):
        open_value(sealed, **changed)


@given(st.binary(max_size=300))
def test_any_value_comes_back(clear: bytes) -> None:
    sealed = seal(clear, kid=5, key=KEY, aad=PLACE)
    assert open_value(sealed) == clear
    assert kid_of(sealed) == 5
    assert len(sealed) == len(clear) + 34


@given(st.binary(max_size=40))
@pytest.mark.slow
def test_every_flipped_bit_is_refused(clear: bytes) -> None:
    sealed = seal(clear, kid=5, key=KEY, aad=PLACE)
    for bit in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[bit // 8] ^= 1 << bit % 8
        assert_refused(bytes(altered))
        # Nor does it help to trust the header for the number of the key.
        assert_refused(bytes(altered), kid=int.from_bytes(altered[2:6], "big"))


@given(st.binary(max_size=40))
def test_every_truncation_and_extension_is_refused(clear: bytes) -> None:
    sealed = seal(clear, kid=5, key=KEY, aad=PLACE)
    for length in range(len(sealed)):
        assert_refused(sealed[:length])
    assert_refused(sealed + b"\x00")


@pytest.mark.parametrize(
    "elsewhere",
    [
        aad_for("customers_customer", "name", OTHER_ROW),
        aad_for("customers_customer", "notes", ROW),
        aad_for("customers_organisation", "name", ROW),
        aad_for("customers_customern", "ame", ROW),
        b"",
    ],
    ids=["other row", "other column", "other table", "shifted names", "no place"],
)
def test_a_value_moved_elsewhere_is_refused(elsewhere: bytes) -> None:
    assert_refused(seal(b"Anna", kid=5, key=KEY, aad=PLACE), aad=elsewhere)


@given(
    st.tuples(st.text(), st.text(), st.uuids() | st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.text(), st.text(), st.uuids() | st.integers(-(2**63), 2**63 - 1)),
)
def test_different_places_never_look_the_same(one: tuple, other: tuple) -> None:
    assert (aad_for(*one) == aad_for(*other)) == (one == other)


def test_the_number_of_another_key_is_refused_even_with_the_right_key() -> None:
    sealed = seal(b"Anna", kid=5, key=KEY, aad=PLACE)
    renamed = sealed[:2] + (6).to_bytes(4, "big") + sealed[6:]
    assert_refused(sealed, kid=6)
    assert_refused(renamed)
    assert_refused(renamed, kid=6)


def test_another_key_is_refused() -> None:
    assert_refused(seal(b"Anna", kid=5, key=KEY, aad=PLACE), key=OTHER_KEY)


@pytest.mark.parametrize("version", [0, 2, 255])
@pytest.mark.parametrize("byte", [0, 1], ids=["version", "algorithm"])
def test_an_unknown_version_is_refused(byte: int, version: int) -> None:
    sealed = bytearray(seal(b"Anna", kid=5, key=KEY, aad=PLACE))
    sealed[byte] = version
    assert_refused(bytes(sealed))


@pytest.mark.parametrize(
    "clear", [b"", b"Anna Lee", "退款申请".encode(), b"\x01\x01" + b"a long clear text " * 9]
)
def test_clear_text_in_an_encrypted_column_is_refused(clear: bytes) -> None:
    assert_refused(clear)


def test_a_refusal_shows_neither_value_nor_key() -> None:
    sealed = seal(b"Anna Lee", kid=5, key=KEY, aad=PLACE)
    with pytest.raises(DecryptionError) as refused:
        open_value(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    shown = "".join(traceback.format_exception(refused.value))
    assert "Anna" not in shown
    assert repr(sealed[18:])[2:-1] not in shown
    assert repr(KEY)[2:-1] not in shown


def test_the_format_stays_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Written out by hand: values of an old installation must open in every later version."""
    nonce = bytes(range(12))
    monkeypatch.setattr(os, "urandom", lambda size: nonce[:size])
    header = b"\x01\x01\x00\x00\x00\x05"
    place = b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (b"hd1", b"customers_customer", b"name", ROW.bytes)
    )
    by_hand = header + nonce + AESGCM(KEY).encrypt(nonce, b"Anna", header + place)
    assert seal(b"Anna", kid=5, key=KEY, aad=PLACE) == by_hand
    assert open_value(by_hand) == b"Anna"


def test_the_same_value_never_looks_the_same_twice() -> None:
    sealed = {seal(b"Anna", kid=5, key=KEY, aad=PLACE) for _ in range(100)}
    assert len({value[6:18] for value in sealed}) == 100


def test_a_row_without_primary_key_cannot_be_sealed_for() -> None:
    with pytest.raises(TypeError):
        aad_for("customers_customer", "name", None)  # type: ignore[arg-type]


def test_purposes_and_roots_have_keys_of_their_own() -> None:
    keys = {
        crypto.derive_from(root, *info)
        for root in (KEY, OTHER_KEY)
        for info in (("token", "link"), ("token", "reply"), ("tokenlink",), ("token", "", "link"))
    }
    assert len(keys) == 8
    assert {len(key) for key in keys} == {32}


def test_a_wrapped_data_key_is_bound_to_its_owner_and_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ring = crypto.keyring.Keyring(1, 1, KEY, KEY, KEY, {1: KEY, 2: OTHER_KEY}, {1: KEY})
    monkeypatch.setattr(crypto.keyring, "load", lambda: ring)
    owner = {"kid": 9, "scope": "customer", "scope_id": uuid4()}
    kek, wrapped = crypto.wrap(b"k" * 32, **owner)
    assert len(wrapped) == 66
    assert crypto.unwrap(wrapped, kek=kek, **owner) == b"k" * 32
    for changed in ({"kid": 10}, {"scope": "blob"}, {"scope_id": uuid4()}):
        with pytest.raises(DecryptionError):
            crypto.unwrap(wrapped, **{"kek": kek, **owner, **changed})
    for number in (2, 3):
        with pytest.raises(DecryptionError):
            crypto.unwrap(wrapped, kek=number, **owner)
