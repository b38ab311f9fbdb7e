"""Mailboxes asked by IMAP4rev1, against a small server that speaks the protocol."""

import re
import threading

import pytest
from django.db import connections

from connectors.mail import imap
from connectors.mail.imap import poll_inbox
from connectors.models import RawDelivery
from connectors.queries import read_raw
from tests.connectors.imap_server import Mailbox, connect, mail, serving, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def box():
    return Mailbox()


@pytest.fixture
def server(box):
    with serving(box) as server:
        yield server


@pytest.fixture
def mailbox(inbox, server):
    return connect(inbox.brand, server)


def test_new_mails_are_stored_and_then_marked_as_read(mailbox, box):
    box.add(1), box.add(2)
    assert poll_inbox(mailbox) == 2
    assert stored() == [mail(1), mail(2)]
    assert box.seen == {1, 2}
    assert {d.source for d in RawDelivery.objects.all()} == {"imap"}


def test_a_mail_is_marked_only_once_it_is_committed(mailbox, box, monkeypatch):
    box.add(1)
    order = []
    store = imap.store_raw

    def note(inbox, **fields):
        delivery = store(inbox, **fields)
        order.append((set(box.seen), RawDelivery.objects.filter(pk=delivery.pk).exists()))
        return delivery

    monkeypatch.setattr(imap, "store_raw", note)
    poll_inbox(mailbox)
    assert order == [(set(), True)]
    assert box.seen == {1}
    assert not any(re.search(r"BODY\[", c) for c in box.commands)


@pytest.mark.slow
def test_the_past_of_a_newly_connected_mailbox_stays_there(mailbox, box):
    box.add(1, seen=True), box.add(2)
    poll_inbox(mailbox)
    poll_inbox(mailbox)
    assert stored() == [mail(2)]
    assert (mailbox.cursor["uidvalidity"], mailbox.cursor["uid"]) == (7, 2)


@pytest.mark.slow
def test_a_mail_that_somebody_else_read_first_is_fetched_too(mailbox, box):
    poll_inbox(mailbox)
    box.add(1, seen=True)
    poll_inbox(mailbox)
    assert stored() == [mail(1)]


@pytest.mark.slow
def test_nothing_is_fetched_twice(mailbox, box):
    box.add(1)
    for _ in range(3):
        poll_inbox(mailbox)
    assert len(stored()) == 1
    assert sum("BODY.PEEK" in command for command in box.commands) == 1


@pytest.mark.parametrize("moment", ["UID STORE", "BODY.PEEK", "RFC822.SIZE", "SEARCH", "SELECT"])
@pytest.mark.slow
def test_a_connection_cut_at_any_moment_neither_loses_nor_doubles(mailbox, box, moment):
    box.add(1), box.add(2)
    box.faults[moment] = "hang up"
    poll_inbox(mailbox)
    assert mailbox.problem
    box.faults.clear()
    poll_inbox(mailbox)
    poll_inbox(mailbox)
    assert stored() == [mail(1), mail(2)]
    assert box.seen == {1, 2}
    assert mailbox.problem == "" and mailbox.healthy_at


@pytest.mark.slow
def test_new_numbering_makes_us_look_at_everything_again(mailbox, box):
    box.add(1)
    poll_inbox(mailbox)
    box.validity = 8
    box.add(2, seen=True)
    poll_inbox(mailbox)
    assert mail(2) in stored()
    assert (mailbox.cursor["uidvalidity"], mailbox.cursor["uid"]) == (8, 2)


@pytest.mark.slow
def test_a_mail_the_server_keeps_back_stops_no_other_and_is_asked_for_again(mailbox, box):
    box.add(1), box.add(2)
    box.faults[r"UID FETCH 1 \(BODY"] = "NO internal error"
    poll_inbox(mailbox)
    assert stored() == [mail(2)]
    assert "1 of the mails" in mailbox.problem
    box.faults.clear()
    poll_inbox(mailbox)
    assert stored() == [mail(1), mail(2)]


def test_a_mail_that_vanished_meanwhile_is_passed_over(mailbox, box, monkeypatch):
    box.add(1), box.add(2)
    monkeypatch.setattr(box, "search", lambda criteria: [1, 2])
    del box.mails[1]
    assert poll_inbox(mailbox) == 1
    assert mailbox.problem == ""


def test_of_a_mail_beyond_the_limit_the_head_is_kept(mailbox, box, server):
    box.add(1)
    server.sizes[1] = 26 * 1024 * 1024
    poll_inbox(mailbox)
    delivery = RawDelivery.objects.get()
    assert read_raw(delivery) == b"From: c@example.org\r\nMessage-ID: <1@x>\r\n\r\n"
    assert delivery.envelope["too_large"] == 26 * 1024 * 1024


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_two_pollers_store_each_mail_once(mailbox, box):
    for number in range(10):
        box.add(number)
    first, second = (type(mailbox).objects.get(pk=mailbox.pk) for _ in range(2))
    threads = [threading.Thread(target=poll_and_close, args=(box,)) for box in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored()) == 10


def poll_and_close(mailbox):
    poll_inbox(mailbox)
    connections.close_all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong"}, "refuses the user name or password"),
        ({"host": ""}, "lack a host"),
        ({"port": "x"}, "lack a host or a port"),
        ({"ssl": True}, "cannot be reached|certificate"),
    ],
)
def test_what_is_wrong_with_a_mailbox_is_said_at_the_inbox(inbox, server, changes, words):
    mailbox = connect(inbox.brand, server, **changes)
    assert poll_inbox(mailbox) == 0
    assert re.search(words, mailbox.problem)
