"""Beside an answer: reply templates that fit, and requests like it that were solved."""

import pytest

from tickets import actions
from tickets.actions.macros import save_macro

pytestmark = pytest.mark.django_db


def suggest(client, ticket, words):
    asked = {"ticket": str(ticket.pk), "brand": str(ticket.inbox.brand_id), "words": words}
    return client.post("/knowledge/suggest/", asked).content.decode()


@pytest.fixture
def solved(mail_in, inbox, alice, status):
    other = mail_in(inbox, "dora@example.org", "Lamp blinks", "My lamp flickers every evening.")
    actions.reply(other.ticket, actor=alice, body="Dear Dora, use another bulb.")
    actions.move_to_status(other.ticket, status="resolved", actor=alice)
    return other.ticket


def test_a_template_that_fits_is_offered_with_its_variables_filled(sign_in, alice, ticket):
    save_macro(
        None, actor=alice, owner=alice, name="Flickering lamps",
        body="Hello {{customer.name}}, look at the bulb.", actions=[],
    )  # fmt: skip
    save_macro(None, actor=alice, owner=alice, name="Invoice", body="Here it is.", actions=[])
    page = suggest(sign_in(alice), ticket, "My lamp flickers")
    assert "Flickering lamps" in page
    assert "look at the bulb" in page
    assert "{{" not in page
    assert "Here it is." not in page


def test_a_solved_request_is_linked_and_its_answer_not_inserted(sign_in, alice, ticket, solved):
    page = suggest(sign_in(alice), ticket, "the lamp flickers")
    assert f"/tickets/{solved.pk}/" in page
    assert "Lamp blinks" in page
    assert "Dear Dora" not in page
    assert f'href="/tickets/{ticket.pk}/"' not in page  # it is not solved, and the one asked about


def test_who_may_not_see_it_is_not_told_of_it(sign_in, wei, ticket, billing_ticket, solved):
    assert "Lamp blinks" not in suggest(sign_in(wei), billing_ticket, "the lamp flickers")
    assert "Lamp blinks" not in suggest(sign_in(wei), ticket, "the lamp flickers")
