"""Outgoing mail: by SMTP, or as files where no server is set."""

import hashlib
import os
import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from connectors.errors import PermanentSendError, TemporarySendError
from connectors.mail import dkim_sign
from connectors.mail.addresses import read_message_id
from connectors.mail.compose import compose, needs_utf8, write_address
from connectors.messages import OutboundMessage, SendResult

# Of one step, not of the whole sending; below the lease of the lane, so that a dead line is
# noticed by the one who holds it.
TIMEOUT_SECONDS = 30
# Servers look into a mail before they answer its end; giving up early would send it twice.
ANSWER_SECONDS = 60
PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    is_tls: bool = False
    starttls: bool = False
    # For mailboxes of Google and Microsoft, which take no password (XOAUTH2).
    oauth_token: str = field(default="", repr=False)


def send(
    outbound: OutboundMessage,
    *,
    smtp_url: str,
    outbox_dir: Path,
    signer: dkim_sign.Signer | None = None,
    oauth_token: str = "",
) -> SendResult:
    """Hand over one mail.

    Raises `PermanentSendError` when trying again cannot help and `TemporarySendError` when it
    can; one with `ambiguous` set may have been delivered all the same.
    """
    raw = compose(outbound)
    if signer:
        raw = dkim_sign.sign(raw, signer)
    if not smtp_url:
        return _write_file(outbound, raw, outbox_dir)
    recipients = [
        write_address(person.email) for person in (*outbound.to, *outbound.cc, *outbound.bcc)
    ]
    return _send_by_smtp(
        raw,
        server=replace(_find_server(smtp_url), oauth_token=oauth_token),
        sender=find_envelope_sender(outbound),
        recipients=list(dict.fromkeys(recipients)),
        external_id=outbound.message_id,
        utf8=needs_utf8(outbound),
    )


def _find_server(smtp_url: str) -> Server:
    try:
        return read_server(smtp_url)
    except ValueError:  # what it says may quote the password
        raise TemporarySendError("The address of our mail server is malformed.") from None


def find_envelope_sender(outbound: OutboundMessage) -> str:
    """Automatic mail has the null sender, so that no bounce of it can start a loop."""
    if outbound.envelope_sender is not None:
        return outbound.envelope_sender and write_address(outbound.envelope_sender)
    return "" if outbound.automatic else write_address(outbound.sender.email)


def read_server(smtp_url: str) -> Server:
    """`smtp://user:password@host:port?starttls=1` or `smtps://…`; ValueError for another form."""
    url = urlsplit(smtp_url)
    if url.scheme not in PORTS or not url.hostname:
        raise ValueError("SMTP_URL must look like smtp://user:password@host:port")
    return Server(
        host=url.hostname,
        port=url.port or PORTS[url.scheme],
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        is_tls=url.scheme == "smtps",
        starttls=parse_qs(url.query).get("starttls", ["0"])[0] == "1",
    )


def send_raw(raw: bytes, *, smtp_url: str, sender: str, recipients: list[str]) -> SendResult:
    """For mail that others composed."""
    return _send_by_smtp(
        raw,
        server=read_server(smtp_url),
        sender=sender,
        recipients=recipients,
        external_id="",
        utf8=not "".join([sender, *recipients]).isascii(),
    )


def _send_by_smtp(
    raw: bytes,
    *,
    server: Server,
    sender: str,
    recipients: list[str],
    external_id: str,
    utf8: bool,
) -> SendResult:
    stage = _Stage()
    people = [sender, *recipients]
    with _translate_errors(stage, people), _connect(server, _name_ourselves(sender)) as client:
        options = ["SMTPUTF8"] if utf8 else []
        if utf8 and not client.has_extn("smtputf8"):
            raise PermanentSendError(
                "The outgoing server cannot carry an address in this script.", provider_code="553"
            )
        code, answer = client.mail(sender, options)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, answer, sender)
        refused = _name_recipients(client, recipients)
        stage.is_data = True
        if client.sock:
            client.sock.settimeout(ANSWER_SECONDS)
        code, answer = client.data(raw)
        stage.is_data = False
        if code != 250:
            raise smtplib.SMTPDataError(code, answer)
    return SendResult(external_id=external_id, provider_code=str(code), refused=refused)


def _name_ourselves(sender: str) -> str:
    """For EHLO. Left alone, smtplib asks the DNS, which can take seconds to have no answer."""
    domain = sender.rpartition("@")[2]
    return domain if domain and domain.isascii() else "localhost"


@dataclass(slots=True)
class _Stage:
    # Between sending the last line and reading the answer nobody knows who holds the mail.
    is_data: bool = False


def _name_recipients(client: smtplib.SMTP, recipients: list[str]) -> tuple[str, ...]:
    answers = {recipient: client.rcpt(recipient) for recipient in recipients}
    refused = {name: answer for name, answer in answers.items() if answer[0] not in (250, 251)}
    if len(refused) == len(recipients):
        raise smtplib.SMTPRecipientsRefused(refused)
    return tuple(refused)


@contextmanager
def _connect(server: Server, own_name: str) -> Iterator[smtplib.SMTP]:
    client = _call(server, own_name)
    try:
        client.ehlo_or_helo_if_needed()
        if server.starttls:
            client.starttls(context=ssl.create_default_context())
            client.ehlo()
        if server.oauth_token:
            # A challenge is the reason of a refusal; an empty line asks for the refusal itself.
            client.auth("XOAUTH2", lambda challenge=None: "" if challenge else _name_token(server))
        elif server.user:
            client.login(server.user, server.password)
        yield client
    finally:
        # Whether the goodbye arrives changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
        client.close()


def _call(server: Server, own_name: str) -> smtplib.SMTP:
    if not server.is_tls:
        return smtplib.SMTP(
            server.host, server.port, local_hostname=own_name, timeout=TIMEOUT_SECONDS
        )
    return smtplib.SMTP_SSL(
        server.host,
        server.port,
        local_hostname=own_name,
        timeout=TIMEOUT_SECONDS,
        # Without one smtplib takes any certificate.
        context=ssl.create_default_context(),
    )


def _name_token(server: Server) -> str:
    return f"user={server.user}\x01auth=Bearer {server.oauth_token}\x01\x01"


@contextmanager
def _translate_errors(stage: _Stage, people: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = _mildest(error.recipients)
        raise _as_send_error(code, answer, people) from error
    except smtplib.SMTPAuthenticationError as error:
        # A wrong password is mended by an admin; the mail must survive that.
        raise TemporarySendError(
            "The outgoing server refuses our password.", provider_code=str(error.smtp_code)
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _as_send_error(error.smtp_code, error.smtp_error, people) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TemporarySendError(
            "The outgoing server cannot be reached.", ambiguous=stage.is_data
        ) from error


def _mildest(recipients: dict[str, tuple[int, bytes]]) -> tuple[int, bytes]:
    return min(recipients.values(), key=lambda answer: answer[0])


def _as_send_error(
    code: int, answer: bytes | str, people: Sequence[str]
) -> TemporarySendError | PermanentSendError:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    reason = f"The receiving server answered {code}: {_without_names(text, people)[:200]}"
    # 421 and the like, but also -1: smtplib's word for a connection that went away.
    if code < 500:
        return TemporarySendError(reason, provider_code=str(code))
    return PermanentSendError(reason, provider_code=str(code))


def _without_names(text: str, people: Sequence[str]) -> str:
    """Servers like to repeat the address or the user in it; where the reason is kept, nothing
    personal may stand."""
    words = re.sub(r"\S*@\S*", "…", re.sub(r"[^ -~]+", " ", text))
    for address in people:
        if local := address.rpartition("@")[0]:
            words = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "…", words, flags=re.IGNORECASE)
    return words


def _write_file(outbound: OutboundMessage, raw: bytes, folder: Path) -> SendResult:
    """The same message again is the same file: its name is made from its id alone."""
    path = folder / f"{_name_file(outbound)}.eml"
    write_once(path, raw)
    return SendResult(external_id=outbound.message_id, provider_code="250")


def write_once(path: Path, raw: bytes) -> None:
    """Whole or not at all, and never over a file that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.part")
    with draft.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _name_file(outbound: OutboundMessage) -> str:
    message = read_message_id(outbound.message_id)
    if message is None:
        return f"00000000T000000Z-{hashlib.sha256(outbound.message_id.encode()).hexdigest()[:32]}"
    return f"{_read_time(message):%Y%m%dT%H%M%SZ}-{message}"


def _read_time(message: UUID) -> datetime:
    """When a UUIDv7 was made; the files of the outbox sort by it."""
    if message.version != 7:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return datetime.fromtimestamp((message.int >> 80) / 1000, UTC)
