"""What customers still find, and may still decide, once a request of theirs was merged."""

import re

import pytest
from django.core import mail
from django.test import Client

from connectors.actions import add_brand, add_inbox
from tests.conftest import write_in
from tickets import actions
from tickets.actions.merge import merge
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def portal_of(react, settings):
    """A customer's browser, signed in at the portal of a brand."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    def sign_in(brand, address):
        client, home = Client(), f"/portal/{brand.slug}/"
        client.post(f"{home}sign-in/", {"email": address})
        react()
        code = re.search(r"\d{3} \d{3}", mail.outbox[-1].subject)[0]
        assert client.post(f"{home}sign-in/code/", {"code": code}).status_code == 302
        return client, home

    return sign_in


@pytest.fixture
def elsewhere(support):
    """A ticket of Carol's at another brand of the same house."""
    door = add_inbox(
        brand=add_brand("Lindenhall"),
        kind="mail",
        name="Lindenhall",
        address="help@lindenhall.test",
        team=support,
    )
    return write_in(door, "carol@example.org", "My sofa creaks", "Since Monday.").ticket


def test_what_went_on_at_another_brand_stays_in_the_list(ticket, elsewhere, alice, portal_of):
    merge(ticket, target=elsewhere, actor=alice)

    client, home = portal_of(ticket.inbox.brand, "carol@example.org")
    page = client.get(home).content.decode()

    assert ticket.subject in page
    assert elsewhere.subject not in page
    assert client.get(f"{home}requests/{ticket.pk}/").status_code == 200


def test_what_went_on_at_the_same_brand_stands_there_once(ticket, inbox, alice, portal_of):
    again = write_in(inbox, "carol@example.org", "Still dark", "Are you there?").ticket
    merge(ticket, target=again, actor=alice)

    client, home = portal_of(inbox.brand, "carol@example.org")
    page = client.get(home).content.decode()

    assert again.subject in page
    assert ticket.subject not in page


def test_merged_with_what_turned_out_to_be_spam_it_is_not_lost(ticket, inbox, alice, portal_of):
    again = write_in(inbox, "carol@example.org", "Still dark", "Are you there?").ticket
    merge(ticket, target=again, actor=alice)
    actions.mark_spam(again, actor=alice)

    client, home = portal_of(inbox.brand, "carol@example.org")

    assert ticket.subject in client.get(home).content.decode()


@pytest.fixture
def dora(inbox):
    return write_in(inbox, "dora@example.org", "Lamp again", "Mine is dark as well.").ticket


def test_nobody_reopens_what_is_another_customers_by_now(ticket, dora, alice, portal_of):
    merge(ticket, target=dora, actor=alice)
    actions.move_to_status(dora, actor=alice, status="resolved")
    client, home = portal_of(ticket.inbox.brand, "carol@example.org")
    page = f"{home}requests/{ticket.pk}/"

    assert "reopen" not in client.get(page).content.decode()
    client.post(f"{page}reopen/")

    assert Ticket.objects.get(pk=dora.pk).category == "resolved"
    client.post(f"{page}answer/", {"body": "Mine is dark again."})
    assert Ticket.objects.get(pk=dora.pk).category == "open"


def test_nor_says_that_it_is_solved(ticket, dora, alice, portal_of):
    merge(ticket, target=dora, actor=alice)
    client, home = portal_of(ticket.inbox.brand, "carol@example.org")
    page = f"{home}requests/{ticket.pk}/"

    assert 'name="solved"' not in client.get(page).content.decode()
    client.post(f"{page}answer/", {"body": "", "solved": "1"})

    assert Ticket.objects.get(pk=dora.pk).category != "resolved"


def test_the_own_request_is_solved_and_reopened_as_ever(ticket, alice, portal_of):
    client, home = portal_of(ticket.inbox.brand, "carol@example.org")
    page = f"{home}requests/{ticket.pk}/"

    assert 'name="solved"' in client.get(page).content.decode()
    client.post(f"{page}answer/", {"body": "", "solved": "1"})
    assert Ticket.objects.get(pk=ticket.pk).category == "resolved"
    assert "reopen" in client.get(page).content.decode()
    client.post(f"{page}reopen/")
    assert Ticket.objects.get(pk=ticket.pk).category == "open"
