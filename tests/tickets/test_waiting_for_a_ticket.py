"""Two people change the same ticket at once: the second waits, then finds it as it is."""

import threading
import time

import pytest
from django.db import connection, connections, transaction

from tickets import actions
from tickets.actions.base import lock

pytestmark = pytest.mark.django_db(transaction=True)


def wait_until_somebody_waits():
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("Nobody waits.")


def test_a_ticket_whose_status_changed_meanwhile_is_found(ticket, alice):
    found = []

    def wait_for_it():
        try:
            with transaction.atomic():
                found.append(lock(ticket).category)
        except Exception as error:  # noqa: BLE001 - shown by the comparison
            found.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=wait_for_it)
    with transaction.atomic():
        actions.move_to_status(ticket, actor=alice, status="resolved")
        other.start()
        wait_until_somebody_waits()
    other.join(10)

    assert found == ["resolved"]
