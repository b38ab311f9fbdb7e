"""Signed reply addresses and Message-IDs."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mail.addresses import (
    make_message_id,
    make_reply_address,
    participant_hash,
    read_message_id,
    read_reply_address,
)
from core import keyring
from core.ids import new_id

BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


@pytest.fixture(autouse=True)
def keys(settings, tmp_path_factory):
    settings.KEYRING_FILE = tmp_path_factory.mktemp("keys") / "keyring.json"
    keyring.create(settings.KEYRING_FILE)


def address(inbox="support@demo.test", participant="carol@example.org", ticket=None):
    return make_reply_address(inbox, ticket_id=ticket or new_id(), participant=participant)


@given(st.uuids(), st.sampled_from(["a@d.test", "support@d.test", "customer-care-1@d.test"]))
def test_what_we_wrote_is_what_we_read(ticket, inbox):
    made = address(inbox, ticket=ticket)
    if made != inbox:
        token = read_reply_address(made)
        assert token.ticket_id == ticket
        assert token.participant_hash == participant_hash("Carol@Example.org ")
        assert len(made.partition("@")[0]) <= 64


def test_the_address_survives_programs_that_change_case():
    made = address()
    assert read_reply_address(made.upper()) == read_reply_address(made)


def test_each_participant_has_an_address_of_their_own():
    ticket = new_id()
    own, other = address(ticket=ticket), address(ticket=ticket, participant="eve@evil.test")
    assert own != other
    assert read_reply_address(own).participant_hash != read_reply_address(other).participant_hash


def test_an_inbox_with_a_long_name_gives_its_plain_address():
    assert address("x" * 16 + "@demo.test").startswith("x" * 16 + "+r.")
    assert address("x" * 17 + "@demo.test") == "x" * 17 + "@demo.test"


def test_no_changed_sign_is_accepted():
    made = address()
    start = made.index("+r.") + 3
    end = made.index("@")
    for at in range(start, end):
        other = BASE32[(BASE32.index(made[at]) + 1) % 32]
        assert read_reply_address(made[:at] + other + made[at + 1 :]) is None


@pytest.mark.parametrize(
    "value",
    [
        "support@demo.test",
        "support+1234@demo.test",
        "support+r.@demo.test",
        "support+r." + "a" * 53 + "@demo.test",
        "support+r." + "a" * 500 + "@demo.test",
        "",
        "\0",
    ],
)
def test_other_addresses_carry_no_token(value):
    assert read_reply_address(value) is None


def test_a_shortened_token_is_refused():
    made = address("x" * 16 + "@demo.test")
    token = made.partition("+r.")[2].partition("@")[0]
    # Longer names leave room for shorter signatures; under a short name they do not count.
    assert read_reply_address(f"support+r.{token}@demo.test") is None


def test_message_ids_are_the_same_each_time_and_signed():
    message = UUID("01890000-0000-7000-8000-000000000001")
    made = make_message_id(message, "demo.test")
    assert made == make_message_id(message, "demo.test")
    assert read_message_id(made) == message
    assert read_message_id(made.strip("<>").upper()) == message
    assert read_message_id(made.replace("hd.0", "hd.1")) is None
    assert read_message_id("<hd.1@demo.test>") is None
    assert read_message_id(f"<hd.{message.hex}.{'0' * 32}@demo.test>") is None
