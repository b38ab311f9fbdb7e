"""What keeps a mailbox and our rows the same over renumbering, moving, failures and gaps."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connections

from connectors.actions import store_raw
from connectors.mail.imap import audit_inbox, poll_inbox
from connectors.mail.imap_protocol import MailboxError, encode_folder
from connectors.mail.imap_watch import adjust, watch_mailboxes
from connectors.mail.parse import find_external_id
from connectors.models import Inbox, RawDelivery
from core import clock
from core.models import Event
from tests.connectors.imap_server import Mailbox, connect, mail, serving, stored

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def box():
    return Mailbox()


@pytest.fixture
def server(box):
    with serving(box) as server:
        yield server


@pytest.fixture
def mailbox(inbox, server):
    mailbox = connect(inbox.brand, server)
    poll_inbox(mailbox)
    return mailbox


def places():
    return sorted(RawDelivery.objects.values_list("uidvalidity", "uid"))


def test_each_row_knows_its_place_in_the_mailbox(mailbox, box):
    box.add(1), box.add(2)
    poll_inbox(mailbox)
    assert places() == [(7, 1), (7, 2)]


def test_mails_numbered_anew_are_known_and_get_their_new_place(mailbox, box):
    box.add(1), box.add(2)
    poll_inbox(mailbox)
    box.renumber()
    box.add(3)
    poll_inbox(mailbox)
    assert stored() == [mail(1), mail(2), mail(3)]
    assert places() == [(8, 101), (8, 102), (8, 103)]


@pytest.mark.slow
def test_a_past_before_the_connection_does_not_come_in_by_renumbering(inbox, server, box):
    box.old.add(box.add(1, seen=True))
    mailbox = connect(inbox.brand, server)
    poll_inbox(mailbox)
    box.add(2)
    poll_inbox(mailbox)
    box.renumber()
    for _ in range(2):
        poll_inbox(mailbox)
    assert stored() == [mail(2)]


def test_a_mail_that_also_came_by_smtp_is_one_row(mailbox, box):
    first = store_raw(
        mailbox, raw=mail(1), source="smtp", external_id=find_external_id(mail(1)), envelope={}
    )
    box.add(1)
    poll_inbox(mailbox)
    first.refresh_from_db()
    assert len(stored()) == 1
    assert (first.uidvalidity, first.uid) == (7, 1)


def test_two_copies_of_a_mail_in_the_mailbox_are_one_row_and_no_gap(mailbox, box):
    box.add(1), box.add(1)
    poll_inbox(mailbox)
    for _ in range(2):
        audit_inbox(mailbox)
    assert len(stored()) == 1
    assert not Event.objects.filter(name="inbox.gap_found").exists()
    fetched = [command for command in box.commands if "BODY.PEEK" in command]
    assert len(fetched) == 3  # twice as new, once more to learn that it is a copy


def test_a_number_used_again_for_another_mail_loses_neither(mailbox, box):
    box.add(1)
    poll_inbox(mailbox)
    store_raw(mailbox, raw=mail(9), source="imap", external_id="<9@x>", envelope={}, place=(7, 1))
    assert stored() == [mail(1), mail(9)]


def test_a_mail_passed_over_is_found_by_the_audit_though_it_was_read(mailbox, box):
    box.add(1), box.add(2, seen=True), box.add(3)
    # As if a faulty round had put the cursor behind everything.
    mailbox.cursor = mailbox.cursor | {"uid": 3}
    mailbox.save()
    poll_inbox(mailbox)
    assert stored() == [mail(1), mail(3)]
    assert audit_inbox(mailbox) == 1
    assert stored() == [mail(1), mail(2), mail(3)]
    event = Event.objects.get(name="inbox.gap_found")
    assert event.details == {"listed": 3, "missing": 1, "fetched": 1}


def test_the_audit_runs_by_itself_each_day(mailbox, box):
    box.add(1, seen=True)
    mailbox.cursor = mailbox.cursor | {"uid": 1}
    mailbox.save()
    poll_inbox(mailbox)
    assert stored() == []
    with clock.at(clock.now() + timedelta(days=1)):
        poll_inbox(mailbox)
    assert stored() == [mail(1)]


def test_read_mails_are_moved_where_the_inbox_says_so(mailbox, box):
    box.capabilities = "IMAP4rev1 MOVE"
    mailbox.credentials = mailbox.credentials | {"processed_folder": "Done"}
    mailbox.save()
    uid = box.add(1)
    poll_inbox(mailbox)
    assert (box.mails, set(box.moved), box.seen) == ({}, {uid}, {uid})
    assert box.commands.index(f"UID STORE {uid} +FLAGS (\\Seen)") < box.commands.index(
        f'UID MOVE {uid} "Done"'
    )


def test_a_move_that_was_cut_off_is_made_up_for(mailbox, box):
    box.capabilities = "IMAP4rev1 MOVE"
    mailbox.credentials = mailbox.credentials | {"processed_folder": "Done"}
    mailbox.save()
    uid = box.add(1)
    box.faults["UID MOVE"] = "hang up"
    poll_inbox(mailbox)
    assert set(box.mails) == {uid}
    box.faults.clear()
    poll_inbox(mailbox)
    assert (box.mails, set(box.moved)) == ({}, {uid})
    assert len(stored()) == 1


def test_a_folder_that_cannot_be_written_stops_no_mail(mailbox, box):
    box.capabilities = "IMAP4rev1 MOVE"
    mailbox.credentials = mailbox.credentials | {"processed_folder": "Done"}
    mailbox.save()
    box.faults["UID MOVE"] = "NO no room"
    box.add(1), box.add(2)
    poll_inbox(mailbox)
    assert len(stored()) == 2
    assert "does not move" in mailbox.problem


@pytest.mark.parametrize(
    ("name", "encoded"),
    [("INBOX", '"INBOX"'), ("已处理", '"&XfJZBHQG-"'), ("A&B", '"A&-B"'), ('a"b', r'"a\"b"')],
)
def test_folders_are_named_in_modified_utf7(name, encoded):
    assert encode_folder(name) == encoded


@pytest.mark.parametrize("name", ["a\r\nLOGOUT", "é\r\n"])
def test_no_folder_name_breaks_out_of_its_command(name):
    with pytest.raises(MailboxError):
        encode_folder(name)


# The threads that wait for news


@pytest.fixture
def watching():
    """The watch as the mail listener runs it, until the test ends."""
    stop, threads = threading.Event(), []

    def watch(**times):
        thread = threading.Thread(target=watch_mailboxes, args=(stop,), kwargs=times)
        threads.append(thread)
        thread.start()

    yield watch
    stop.set()
    for thread in threads:
        thread.join()


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)
    return True


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_server_that_can_report_news_is_not_asked_over_and_over(inbox, server, box, watching):
    box.capabilities = "IMAP4rev1 IDLE"
    connect(inbox.brand, server)
    watching(every=0.05, look=0.05)
    wait_until(lambda: "IDLE" in box.commands)
    for number in range(3):
        box.add(number)
        wait_until(lambda: len(stored()) > number)  # noqa: B023
    assert sum(command.startswith("SELECT") for command in box.commands) == 1
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_server_that_cannot_is_asked_again(inbox, server, box, watching):
    connect(inbox.brand, server)
    watching(every=0.05, look=0.05)
    wait_until(lambda: sum(c.startswith("SELECT") for c in box.commands) > 1)
    box.add(1)
    wait_until(lambda: len(stored()) == 1)
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_password_put_right_is_tried_at_once(inbox, server, box):
    """The old one waits for its next round, which is far."""
    mailbox = connect(inbox.brand, server)
    right = mailbox.credentials
    mailbox.credentials = right | {"imap": right["imap"] | {"password": "wrong"}}
    mailbox.save()
    watches = {}
    adjust(watches, every=60)
    wait_until(lambda: Inbox.objects.get(pk=mailbox.pk).problem)
    box.add(1)
    mailbox.credentials = right
    mailbox.save(update_fields=["credentials"])
    try:
        adjust(watches, every=60)
        wait_until(lambda: len(stored()) == 1)
    finally:
        for watch in watches.values():
            watch.stop.set()
            watch.thread.join()
    connections.close_all()


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_line_lost_while_waiting_is_taken_up_again(inbox, server, box, watching):
    box.capabilities = "IMAP4rev1 IDLE"
    connect(inbox.brand, server)
    watching(every=0.05, look=0.05)
    wait_until(lambda: "IDLE" in box.commands)
    box.faults["news"] = "hang up"
    box.add(1)
    wait_until(lambda: Inbox.objects.filter(problem__contains="broke off").exists())
    box.faults.clear()
    wait_until(lambda: len(stored()) == 1)
    wait_until(lambda: not Inbox.objects.exclude(problem="").exists())
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_mailboxes_come_and_go_while_the_watch_runs(inbox, server, box, watching):
    watching(every=0.05, look=0.05)
    mailbox = connect(inbox.brand, server)
    wait_until(lambda: box.commands)
    mailbox.is_active = False
    mailbox.save()
    wait_until(lambda: not [t for t in threading.enumerate() if str(mailbox.pk) in t.name])
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_one_broken_mailbox_does_not_stop_the_next(inbox, server, box, watching):
    connect(inbox.brand, server, "a@demo.test", password="wrong")
    connect(inbox.brand, server, "b@demo.test")
    box.add(1)
    watching(every=0.05, look=0.05)
    wait_until(lambda: len(stored()) == 1)
    wait_until(lambda: Inbox.objects.get(address="a@demo.test").problem)
    connections.close_all()
