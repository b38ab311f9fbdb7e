"""A value that was tampered with is never shown, and the audit says that somebody met it (A73)."""

import pytest
from django.db import connection

from core import lanes
from core.crypto import data_keys
from core.models import Event, Reaction
from core.unreadable import NAME
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def damaged(ticket):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_ticket SET subject = set_byte(subject, 30, get_byte(subject, 30) # 1)"
            " WHERE id = %s",
            [ticket.pk],
        )
    data_keys.forget()
    return ticket


def test_a_page_and_the_api_fail_and_the_audit_names_the_place(damaged, alice, sign_in, api):
    page = sign_in(alice)
    page.raise_request_exception = False
    program = api(alice)
    program.raise_request_exception = False

    answers = [
        page.get(f"/tickets/{damaged.pk}/"),
        program.get(f"/api/v1/tickets/{damaged.pk}/"),
    ]

    assert [answer.status_code for answer in answers] == [500, 500]
    assert not any(b"flickers" in answer.content for answer in answers)
    event = Event.objects.get(name=NAME)  # the second is the same one
    assert (event.subject_kind, event.subject_id) == ("tickets.Ticket", damaged.pk)
    assert (event.actor_id, event.details) == (alice.pk, {"column": "subject"})


def test_a_worker_that_meets_it_says_so_too(damaged, react, monkeypatch):
    def read_it(event, *lease):
        return Ticket.objects.get(pk=damaged.pk).subject

    monkeypatch.setattr(lanes, "_function_of", lambda row: read_it)
    react()
    assert Reaction.objects.filter(error="DecryptionError").exists()
    assert Event.objects.get(name=NAME, actor_id=None).subject_id == damaged.pk


def test_what_was_erased_on_purpose_is_no_alarm(ticket, alice, sign_in):
    data_keys.destroy(*ticket.data_key_owner())
    data_keys.forget()
    page = sign_in(alice)
    page.raise_request_exception = False
    page.get(f"/tickets/{ticket.pk}/")
    assert not Event.objects.filter(name=NAME).exists()
