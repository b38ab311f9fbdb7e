"""The SMTP and LMTP doors, through real sockets."""

import asyncio
import logging
import smtplib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import OperationalError

from connectors.mail import reception as reception_module
from connectors.mail.limits import MAX_RAW_BYTES
from connectors.mail.listener import Reception, close_doors, open_doors
from connectors.mail.reception import DatabaseThreads
from connectors.management.commands.mail_listener import find_sockets
from connectors.models import RawDelivery
from connectors.queries import read_raw

pytestmark = pytest.mark.django_db(transaction=True)

CORPUS = Path(__file__).parents[2].parent / "shared" / "data" / "mail"
MB = 1024 * 1024


def mail(number=1, body="Hello"):
    return (
        f"From: Carol <carol@example.org>\r\nTo: support@demo.test\r\n"
        f"Subject: Lamp {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\n{body}\r\n"
    ).encode()


class Doors:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.smtp, self.lmtp = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
        self.smtp_port, self.lmtp_port = (s.getsockname()[1] for s in (self.smtp, self.lmtp))
        self.stopped = asyncio.Event()
        self.is_open = threading.Event()
        self.thread = threading.Thread(target=lambda: self.loop.run_until_complete(self.serve()))

    async def serve(self):
        reception = Reception(DatabaseThreads())
        servers = await open_doors(reception, smtp=[self.smtp], lmtp=[self.lmtp])
        self.is_open.set()
        await self.stopped.wait()
        await close_doors(reception, servers)

    def close(self):
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(20)
        self.loop.close()

    def connect(self, timeout=20):
        # Without a name of its own the client asks the DNS for one.
        return smtplib.SMTP("127.0.0.1", self.smtp_port, local_hostname="c.test", timeout=timeout)

    def send(self, raw, *recipients, sender="carol@example.org", timeout=20):
        """What the door answered."""
        with self.connect(timeout) as client:
            client.ehlo()
            client.mail(sender)
            for recipient in recipients or ["support@demo.test"]:
                client.rcpt(recipient)
            return client.data(raw)


@pytest.fixture
def doors(inbox):
    doors = Doors()
    doors.thread.start()
    doors.is_open.wait(10)
    yield doors
    doors.close()


class Raw:
    """A client that says exactly what the test wants."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.file = self.socket.makefile("rb")
        self.answer()

    def say(self, *lines):
        for line in lines:
            self.socket.sendall(line if isinstance(line, bytes) else line.encode() + b"\r\n")
            answer = self.answer()
        return answer

    def answer(self):
        while (line := self.file.readline().decode())[3:4] == "-":
            pass
        return line.rstrip()

    def begin(self):
        return self.say(
            "EHLO x", "MAIL FROM:<c@example.org>", "RCPT TO:<support@demo.test>", "DATA"
        )

    def close(self):
        self.file.close()
        self.socket.close()


@pytest.fixture
def raw_client(doors):
    clients = []

    def connect(port=None):
        clients.append(Raw(port or doors.smtp_port))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def test_a_mail_is_stored_as_it_came_before_it_is_acknowledged(doors, inbox):
    code, answer = doors.send(mail())

    delivery = RawDelivery.objects.get()
    assert (code, answer.decode()) == (250, f"2.0.0 accepted {delivery.pk}")
    assert delivery.inbox == inbox
    assert delivery.source == "smtp"
    assert read_raw(delivery) == mail()
    assert delivery.envelope["mail_from"] == "carol@example.org"
    assert delivery.envelope["rcpt_to"] == ["support@demo.test"]


def test_the_same_mail_again_is_the_delivery_we_have(doors):
    first = doors.send(mail())
    again = doors.send(b"Received: from elsewhere\r\n" + mail())
    assert first == again
    assert RawDelivery.objects.count() == 1


def test_another_body_under_the_same_id_is_another_delivery(doors):
    doors.send(mail(body="one"))
    doors.send(mail(body="two"))
    assert RawDelivery.objects.count() == 2


def test_plus_addresses_belong_to_their_inbox(doors, inbox):
    doors.send(mail(), "Support+r.abc@Demo.Test")
    assert RawDelivery.objects.get().inbox == inbox


def test_a_mail_for_two_inboxes_reaches_both_and_each_once(doors, inbox, billing_inbox):
    _, answer = doors.send(mail(), "support@demo.test", "support+x@demo.test", "billing@demo.test")
    stored = RawDelivery.objects.all()
    assert {delivery.inbox for delivery in stored} == {inbox, billing_inbox}
    assert set(answer.decode().split()[2:]) == {str(delivery.pk) for delivery in stored}
    support = stored.get(inbox=inbox)
    assert support.envelope["rcpt_to"] == ["support@demo.test", "support+x@demo.test"]


def test_unknown_recipients_are_refused_in_plain_words_that_the_log_keeps(doors, caplog):
    with doors.connect() as client:
        client.ehlo()
        client.mail("carol@example.org")
        for address in ("nobody@demo.test", "support@elsewhere.test"):
            assert client.rcpt(address) == (550, b"5.1.1 There is no such mailbox here")
        assert client.rcpt("a\x01@demo.test")[0] in (550, 553)
    assert (
        "refused a recipient that is no inbox: 550 5.1.1 There is no such mailbox here"
        in caplog.text
    )
    assert "carol" not in caplog.text
    assert "demo.test" not in caplog.text


def test_the_null_sender_is_accepted(doors):
    assert doors.send(mail(), sender="<>")[0] == 250
    assert RawDelivery.objects.get().envelope["mail_from"] == ""


def test_dots_lines_of_any_length_and_every_byte_arrive(doors):
    body = b".\r\n..\r\n.x\r\n" + b"y" * 5000 + b"\r\n" + bytes(range(14, 256)) + b"\r\n"
    doors.send(mail() + body)
    assert read_raw(RawDelivery.objects.get()) == mail() + body


FALSE_ENDS = [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\n.\r", b"\r\n.\r"]


@pytest.mark.parametrize("ends", [pytest.param(FALSE_ENDS, id="A24")])
def test_only_a_dot_between_whole_line_ends_ends_a_mail(ends, raw_client):
    client = raw_client()
    client.say("EHLO x")
    for number, end in enumerate(ends):
        client.say("MAIL FROM:<c@example.org>", "RCPT TO:<support@demo.test>", "DATA")
        smuggled = mail(number) + end + b"MAIL FROM:<x@evil.test>\r\nDATA\r\n"
        assert client.say(smuggled + b"\r\nSubject: second\r\n\r\n.\r\n").startswith("250")
        assert RawDelivery.objects.count() == number + 1
        kept = (mail(number) + end).replace(b"\r\n.", b"\r\n")
        assert read_raw(RawDelivery.objects.latest("pk")).startswith(kept + b"MAIL FROM")


def test_the_end_is_found_wherever_the_packets_are_cut(raw_client):
    client = raw_client()
    client.begin()
    for at in range(len(mail())):
        client.socket.sendall(mail()[at : at + 1])
    for piece in (b".", b"\r"):
        client.socket.sendall(piece)
    assert client.say(b"\n").startswith("250")
    assert read_raw(RawDelivery.objects.get()) == mail()


def test_what_follows_the_end_is_read_as_commands(raw_client):
    client = raw_client()
    client.begin()
    assert client.say(mail() + b".\r\nNOOP\r\n").startswith("250 2.0.0 accepted")
    assert client.answer().startswith("250")


def test_an_empty_mail_is_kept_too(raw_client):
    client = raw_client()
    client.begin()
    assert client.say(b".\r\n").startswith("250")
    assert read_raw(RawDelivery.objects.get()) == b""


def test_a_mail_that_breaks_off_leaves_nothing(raw_client, doors):
    client = raw_client()
    client.begin()
    client.socket.sendall(mail())
    client.close()
    assert doors.send(mail(2))[0] == 250
    assert RawDelivery.objects.count() == 1


def test_an_announced_size_beyond_the_limit_is_refused_at_once(raw_client):
    client = raw_client()
    client.say("EHLO x")
    assert client.say(f"MAIL FROM:<c@x.test> SIZE={MAX_RAW_BYTES + 1}").startswith("552")


def test_a_mail_beyond_the_limit_is_refused_and_logged_without_names(raw_client, inbox, caplog):
    client = raw_client()
    client.begin()
    with caplog.at_level(logging.INFO):
        for _ in range(26):
            client.socket.sendall(b"x" * MB)
        assert client.say(b"\r\n.\r\n") == "552 5.3.4 This mail is larger than 25 MB"
    assert f"refused a mail for inbox {inbox.pk}: 552 5.3.4 This mail is larger" in caplog.text
    assert "example.org" not in caplog.text
    assert not RawDelivery.objects.exists()
    assert client.say("NOOP").startswith("250")


def test_without_the_database_the_sender_is_asked_to_try_again(doors, monkeypatch, caplog):
    def fail(*args, **fields):
        raise OperationalError("server closed the connection; carol@example.org")

    monkeypatch.setattr(reception_module, "store_raw", fail)
    code, answer = doors.send(mail())
    assert (code, answer[:5]) == (451, b"4.3.0")
    assert "carol" not in caplog.text
    monkeypatch.undo()
    assert doors.send(mail())[0] == 250


def test_two_inboxes_are_stored_together_or_not_at_all(doors, billing_inbox, monkeypatch):
    store = reception_module.store_raw

    def fail_for_billing(inbox, **fields):
        if inbox == billing_inbox:
            raise OperationalError
        return store(inbox, **fields)

    monkeypatch.setattr(reception_module, "store_raw", fail_for_billing)
    assert doors.send(mail(), "support@demo.test", "billing@demo.test")[0] == 451
    assert not RawDelivery.objects.exists()


def test_lmtp_answers_for_each_recipient(doors, inbox, billing_inbox, raw_client):
    client = raw_client(doors.lmtp_port)
    assert client.say("EHLO x").startswith("500")
    client.say("LHLO x", "MAIL FROM:<c@example.org>")
    client.say("RCPT TO:<support@demo.test>", "RCPT TO:<billing@demo.test>")
    assert client.say("RCPT TO:<nobody@demo.test>").startswith("550")
    client.say("DATA")
    answers = [client.say(mail() + b".\r\n"), client.answer()]
    ids = {d.inbox_id: d.pk for d in RawDelivery.objects.all()}
    assert answers == [f"250 2.0.0 accepted {ids[i.pk]}" for i in (inbox, billing_inbox)]
    assert set(RawDelivery.objects.values_list("source", flat=True)) == {"lmtp"}


def test_lmtp_answers_a_refusal_for_each_recipient(doors, raw_client, billing_inbox, monkeypatch):
    def fail(*args, **fields):
        raise OperationalError

    monkeypatch.setattr(reception_module, "store_raw", fail)
    client = raw_client(doors.lmtp_port)
    client.say("LHLO x", "MAIL FROM:<c@example.org>")
    client.say("RCPT TO:<support@demo.test>", "RCPT TO:<billing@demo.test>", "DATA")
    assert client.say(mail() + b".\r\n").startswith("451")
    assert client.answer().startswith("451")


@pytest.mark.slow
def test_many_senders_at_once_are_all_served(doors):
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: doors.send(mail(n))[0], range(60)))
    assert answers == [250] * 60
    assert RawDelivery.objects.count() == 60


def test_nothing_is_lost_of_the_mails_being_stored_when_the_door_closes(doors):
    with ThreadPoolExecutor(4) as pool:
        sending = [pool.submit(doors.send, mail(n), timeout=2) for n in range(20)]
        sending[3].result()
        doors.loop.call_soon_threadsafe(doors.stopped.set)
        accepted = [s.result() for s in sending if not s.exception()]
    doors.thread.join(20)
    stored = {str(pk) for pk in RawDelivery.objects.values_list("pk", flat=True)}
    assert {text.decode().split()[-1] for code, text in accepted if code == 250} <= stored


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus of mails is not on this machine")
@pytest.mark.slow
def test_every_mail_of_the_corpus_is_accepted_once(doors):
    files = sorted(CORPUS.glob("*/*.eml"))
    answers = {path.name: doors.send(path.read_bytes()) for path in files}
    assert {code for code, _ in answers.values()} == {250}
    ids = {answer.split()[-1] for _, answer in answers.values()}
    assert RawDelivery.objects.count() == len(ids)


def test_sockets_of_the_supervisor_are_taken_over(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as first:
        copies = [first.dup(), first.dup()]
        numbers = ",".join(str(copy.detach()) for copy in copies)
        monkeypatch.setenv("HELPDESK_SMTP_FD", numbers)
        monkeypatch.setenv("HELPDESK_LMTP_FD", "")
        taken = find_sockets("HELPDESK_SMTP_FD", "127.0.0.1", 1)
        assert [s.getsockname() for s in taken] == [first.getsockname()] * 2
        assert find_sockets("HELPDESK_LMTP_FD", "127.0.0.1", 1) == []
        for copy in taken:
            copy.close()


def test_without_a_supervisor_the_door_opens_its_own_socket(monkeypatch):
    monkeypatch.delenv("HELPDESK_LMTP_FD", raising=False)
    assert find_sockets("HELPDESK_LMTP_FD", "127.0.0.1", 0) == []
