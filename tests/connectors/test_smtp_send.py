"""Outgoing mail against a real SMTP server on this machine, and as files."""

import asyncio
import smtplib
import socket
import ssl
import threading
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP

from connectors.errors import PermanentSendError, TemporarySendError
from connectors.mail.addresses import make_message_id
from connectors.mail.parse import parse
from connectors.mail.send import read_server, send
from connectors.messages import Address, OutboundMessage
from core import keyring
from core.ids import new_id


@pytest.fixture(autouse=True)
def keys(settings, tmp_path_factory):
    settings.KEYRING_FILE = tmp_path_factory.mktemp("keys") / "keyring.json"
    keyring.create(settings.KEYRING_FILE)


def outbound(**changes):
    message_id = changes.pop("id", new_id())
    fields = {
        "idempotency_key": str(message_id),
        "message_id": make_message_id(message_id, "demo.test"),
        "sender": Address("Support", "support@demo.test"),
        "reply_to": Address("Support", "support@demo.test"),
        "to": [Address("", "carol@example.org")],
        "subject": "Hello",
        "text": "Text",
    }
    return OutboundMessage(**(fields | changes))


class Sink:
    """Answers what the test wants; keeps what it was given."""

    def __init__(self):
        self.received = []
        self.answers = {}

    async def handle_MAIL(self, server, session, envelope, address, options):
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        if self.answers.get("DATA") == "hang up":
            server.transport.abort()
        self.received.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self.answers.get("DATA", "250 OK queued")


@pytest.fixture
def sink():
    sink = Sink()
    loop = asyncio.new_event_loop()
    listening = socket.create_server(("127.0.0.1", 0))
    sink.url = f"smtp://127.0.0.1:{listening.getsockname()[1]}"

    def serve():
        asyncio.set_event_loop(loop)
        door = loop.create_server(
            lambda: SMTP(sink, enable_SMTPUTF8=True, loop=loop), sock=listening
        )
        loop.run_until_complete(door)
        loop.run_forever()

    thread = threading.Thread(target=serve)
    thread.start()
    yield sink
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_mail_arrives_with_its_envelope(sink, tmp_path):
    message = outbound(cc=[Address("", "dan@example.org")])
    result = send(message, smtp_url=sink.url, outbox_dir=tmp_path)
    assert (result.external_id, result.provider_code) == (message.message_id, "250")
    ((sender, recipients, content),) = sink.received
    assert sender == "support@demo.test"
    assert recipients == ["carol@example.org", "dan@example.org"]
    assert parse(content).subject == "Hello"
    assert not list(tmp_path.iterdir())


def test_automatic_mail_has_the_null_sender(sink, tmp_path):
    send(outbound(automatic=True), smtp_url=sink.url, outbox_dir=tmp_path)
    assert sink.received[0][0] == "<>"


def test_bounces_go_where_the_message_says(sink, tmp_path):
    message = outbound(envelope_sender="bounces@demo.test")
    send(message, smtp_url=sink.url, outbox_dir=tmp_path)
    assert sink.received[0][0] == "bounces@demo.test"


@pytest.mark.parametrize(
    ("stage", "answer", "error"),
    [
        ("MAIL", "451 4.3.0 later", TemporarySendError),
        ("MAIL", "550 5.7.1 no", PermanentSendError),
        ("carol@example.org", "450 4.2.1 greylisted", TemporarySendError),
        ("carol@example.org", "550 5.1.1 unknown", PermanentSendError),
        ("DATA", "421 4.3.2 restarting", TemporarySendError),
        ("DATA", "554 5.7.1 spam", PermanentSendError),
    ],
)
def test_refusals_say_whether_trying_again_helps(sink, tmp_path, stage, answer, error):
    sink.answers[stage] = answer
    with pytest.raises(error) as caught:
        send(outbound(), smtp_url=sink.url, outbox_dir=tmp_path)
    assert caught.value.provider_code == answer[:3]
    assert not caught.value.ambiguous


def test_one_refused_recipient_does_not_stop_the_others(sink, tmp_path):
    sink.answers["dan@example.org"] = "550 5.1.1 unknown"
    message = outbound(cc=[Address("", "dan@example.org")])
    result = send(message, smtp_url=sink.url, outbox_dir=tmp_path)
    assert result.refused == ("dan@example.org",)
    assert sink.received[0][1] == ["carol@example.org"]


def test_a_connection_lost_after_the_text_leaves_us_in_doubt(sink, tmp_path):
    sink.answers["DATA"] = "hang up"
    with pytest.raises(TemporarySendError) as caught:
        send(outbound(), smtp_url=sink.url, outbox_dir=tmp_path)
    assert caught.value.ambiguous


def test_a_server_that_is_not_there_is_tried_again_later(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(TemporarySendError) as caught:
        send(outbound(), smtp_url=f"smtp://127.0.0.1:{port}", outbox_dir=tmp_path)
    assert not caught.value.ambiguous


def test_a_server_without_the_script_of_an_address_is_no_use(sink, tmp_path):
    message = outbound(to=[Address("", "jörg@example.org")])
    send(message, smtp_url=sink.url, outbox_dir=tmp_path)
    assert sink.received[0][1] == ["jörg@example.org"]


def test_without_a_server_the_mail_is_a_file_once(tmp_path):
    folder = tmp_path / "outbox"
    message = outbound(id=UUID("01996a3e-5c00-7000-8000-000000000001"))
    for _ in range(2):
        result = send(message, smtp_url="", outbox_dir=folder)
    (path,) = folder.iterdir()
    assert path.name.endswith("Z-01996a3e-5c00-7000-8000-000000000001.eml")
    assert path.name.startswith("2025")
    assert parse(path.read_bytes()).external_id == message.message_id == result.external_id


def test_settings_of_the_server_are_read_from_its_url():
    server = read_server("smtps://me%40x:p%2Fw@mail.test?starttls=1")
    assert (server.host, server.port, server.user, server.password) == (
        "mail.test",
        465,
        "me@x",
        "p/w",
    )
    assert server.is_tls and server.starttls
    assert "p/w" not in repr(server)
    with pytest.raises(ValueError, match="smtp://"):
        read_server("http://x")


def test_a_server_spoken_to_by_tls_must_prove_its_name(monkeypatch, tmp_path):
    contexts = []

    def refuse(*args, context=None, **kwargs):
        contexts.append(context)
        raise OSError

    monkeypatch.setattr(smtplib, "SMTP_SSL", refuse)
    with pytest.raises(TemporarySendError):
        send(outbound(), smtp_url="smtps://mail.test", outbox_dir=tmp_path)

    [context] = contexts
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_refusal_keeps_no_name_of_the_recipient(sink, tmp_path):
    sink.answers["carol@example.org"] = "550 5.1.1 No Carol here, carol@example.org is unknown"
    with pytest.raises(PermanentSendError) as refusal:
        send(outbound(), smtp_url=sink.url, outbox_dir=tmp_path)

    assert "carol" not in refusal.value.reason.lower()
    assert "5.1.1 No … here" in refusal.value.reason


@pytest.mark.parametrize("url", ["http://x", "smtp://me:secret@mail.test:none", "smtp://"])
def test_a_malformed_server_is_said_and_tried_again_later(url, tmp_path):
    with pytest.raises(TemporarySendError, match="malformed") as refusal:
        send(outbound(), smtp_url=url, outbox_dir=tmp_path)
    assert "secret" not in str(refusal.value)
