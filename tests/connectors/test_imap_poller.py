"""Mailboxes asked by IMAP4rev1, against a small server that speaks the protocol."""

import re
import socketserver
import threading
from contextlib import contextmanager
from unittest.mock import Mock

import pytest

from connectors.actions import add_inbox
from connectors.mail import imap
from connectors.mail.imap import poll_all, poll_forever, poll_inbox
from connectors.models import RawDelivery
from connectors.queries import read_raw

pytestmark = pytest.mark.django_db


def mail(number):
    return f"From: c@example.org\r\nMessage-ID: <{number}@x>\r\n\r\nMail {number}\r\n".encode()


class Mailbox:
    def __init__(self):
        self.validity = 7
        self.mails = {}
        self.seen = set()
        self.commands = []
        # What the server does wrong, by a pattern of the command.
        self.faults = {}

    def add(self, number, *, seen=False):
        uid = max(self.mails, default=0) + 1
        self.mails[uid] = mail(number)
        if seen:
            self.seen.add(uid)
        return uid

    def search(self, criteria):
        if criteria == "UNSEEN":
            return [uid for uid in self.mails if uid not in self.seen]
        if criteria == "ALL" or not self.mails:
            return list(self.mails)
        first = int(re.fullmatch(r"UID (\d+):\*", criteria).group(1))
        # RFC 3501 6.4.8: "*" is the last one, also when it lies below the first.
        return [uid for uid in self.mails if uid >= min(first, max(self.mails))]


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            self.box.commands.append(command)
            fault = next((f for p, f in self.box.faults.items() if re.search(p, command)), None)
            if fault == "hang up":
                return
            self.say(f"{tag} {fault or self.answer(command)}")
            if command.upper() == "LOGOUT":
                return

    @property
    def box(self):
        return self.server.box

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def answer(self, command):
        verb = " ".join(command.upper().split()[: 2 if command.upper().startswith("UID") else 1])
        if verb == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif verb == "LOGIN":
            return "OK in" if command.split()[2] == '"secret"' else "NO wrong"
        elif verb == "SELECT":
            self.say(f"* {len(self.box.mails)} EXISTS")
            self.say(f"* OK [UIDVALIDITY {self.box.validity}] valid")
        elif verb == "UID SEARCH":
            found = self.box.search(command[11:])
            self.say("* SEARCH " + " ".join(map(str, found)))
        elif verb == "UID FETCH":
            self.fetch(int(command.split()[2]), command)
        elif verb == "UID STORE":
            self.box.seen.add(int(command.split()[2]))
        elif verb == "LOGOUT":
            self.say("* BYE")
        return "OK done"

    def fetch(self, uid, command):
        raw = self.box.mails.get(uid)
        if raw is None:
            return
        if "RFC822.SIZE" in command:
            size = self.server.sizes.get(uid, len(raw))
            self.say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {size})")
            return
        if "HEADER" in command:
            raw = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        self.wfile.write(f"* {uid} FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode())
        self.wfile.write(raw + b")\r\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def serving(box):
    with Server(("127.0.0.1", 0), Conversation) as server:
        server.box, server.sizes = box, {}
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


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


def connect(brand, server, address="box@demo.test", **changes):
    credentials = {
        "host": "127.0.0.1",
        "port": server.server_address[1],
        "user": "box",
        "password": "secret",
        "ssl": False,
    } | changes
    return add_inbox(
        brand=brand, kind="mail", name="Box", address=address, credentials={"imap": credentials}
    )


def stored():
    return sorted(read_raw(delivery) for delivery in RawDelivery.objects.all())


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


def test_the_past_of_a_newly_connected_mailbox_stays_there(mailbox, box):
    box.add(1, seen=True), box.add(2)
    poll_inbox(mailbox)
    poll_inbox(mailbox)
    assert stored() == [mail(2)]
    assert mailbox.cursor == {"uidvalidity": 7, "uid": 2}


def test_a_mail_that_somebody_else_read_first_is_fetched_too(mailbox, box):
    poll_inbox(mailbox)
    box.add(1, seen=True)
    poll_inbox(mailbox)
    assert stored() == [mail(1)]


def test_nothing_is_fetched_twice(mailbox, box):
    box.add(1)
    for _ in range(3):
        poll_inbox(mailbox)
    assert len(stored()) == 1
    assert sum("BODY.PEEK" in command for command in box.commands) == 1


@pytest.mark.parametrize("moment", ["UID STORE", "BODY.PEEK", "RFC822.SIZE", "SEARCH", "SELECT"])
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


def test_new_numbering_makes_us_look_at_everything_again(mailbox, box):
    box.add(1)
    poll_inbox(mailbox)
    box.validity = 8
    box.add(2, seen=True)
    poll_inbox(mailbox)
    assert mail(2) in stored()
    assert mailbox.cursor == {"uidvalidity": 8, "uid": 2}


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
    imap.connections.close_all()


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


def test_one_broken_mailbox_does_not_stop_the_next(inbox, server, box, monkeypatch):
    connect(inbox.brand, server, "a@demo.test")
    box.add(1)
    calls = []

    def fail_first(inbox):
        calls.append(inbox)
        if len(calls) == 1:
            raise RuntimeError("a bug")
        return poll_inbox(inbox)

    monkeypatch.setattr(imap, "poll_inbox", fail_first)
    poll_all()
    assert len(calls) == 2


def test_no_error_ends_the_rounds(monkeypatch):
    stop, rounds = threading.Event(), []

    def fail(stopping):
        rounds.append(1)
        if len(rounds) == 3:
            stop.set()
        raise RuntimeError("a bug")

    monkeypatch.setattr(imap, "poll_all", fail)
    monkeypatch.setattr(imap, "connections", Mock())
    monkeypatch.setattr(imap, "close_old_connections", Mock())
    poll_forever(stop, every=0.001)
    assert len(rounds) == 3
