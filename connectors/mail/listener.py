"""The SMTP and LMTP doors. "250" means: committed."""

import asyncio
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, AnyStr, cast
from uuid import UUID

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from connectors.mail.limits import MAX_RAW_BYTES
from connectors.mail.reception import Arrival, DatabaseThreads, find_inbox, store_arrivals
from connectors.models import Inbox

log = logging.getLogger("helpdesk.mail")

MAX_CONNECTIONS = 200
MAX_RECIPIENTS = 100
# Mails being received and stored at one time, all together.
MAX_BYTES_IN_HAND = 120 * 1024 * 1024
READ_ALL = 16 * 1024 * 1024
END_OF_DATA = b"\r\n.\r\n"

TRY_LATER = "451 4.3.0 Cannot store mail at the moment, please try again later"
BUSY = "421 4.3.2 Too many connections at the moment, please try again later"
TOO_LARGE = f"552 5.3.4 This mail is larger than {MAX_RAW_BYTES // 1024 // 1024} MB"
NO_SUCH_MAILBOX = "550 5.1.1 There is no such mailbox here"
NO_ROOM = "452 4.3.1 Too much mail at the moment, please try again later"


@dataclass(slots=True)
class Inboxes:
    """The recipients named so far, by inbox."""

    found: dict[UUID, Inbox] = field(default_factory=dict)
    recipients: dict[UUID, list[str]] = field(default_factory=dict)
    # In the order of the RCPT commands, as LMTP answers them.
    order: list[UUID] = field(default_factory=list)

    def add(self, inbox: Inbox, address: str) -> None:
        self.found[inbox.pk] = inbox
        self.recipients.setdefault(inbox.pk, []).append(address)
        self.order.append(inbox.pk)

    def arrivals(self) -> list[Arrival]:
        return [Arrival(inbox, tuple(self.recipients[pk])) for pk, inbox in self.found.items()]


class MailEnvelope(Envelope):
    def __init__(self) -> None:
        super().__init__()
        self.inboxes = Inboxes()


@dataclass
class Reception:
    """What all connections share. No slots: aiosmtpd walks through the attributes of its handler,
    which fails on an unset slot under Python 3.11.2."""

    threads: DatabaseThreads
    connections: set[Any] = field(default_factory=set)
    in_hand: int = 0
    storing: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: MailEnvelope, address: str, options: Any
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients, send the mail again for the others"
        inbox = await self.threads.run(find_inbox, address)
        if inbox is None:
            return NO_SUCH_MAILBOX
        envelope.rcpt_tos.append(address)
        envelope.inboxes.add(inbox, address)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        # No text of the error: it may quote what the other side sent.
        log.error("mail door: %s, answered 451", type(error).__name__)
        return TRY_LATER


class Door(SMTP):
    """aiosmtpd with a DATA command of its own.

    Only CR LF "." CR LF ends a mail. Lines may have any length, memory is bounded by the size
    limit, and LMTP gets an answer for each recipient.
    """

    source = "smtp"

    def __init__(self, reception: Reception) -> None:
        super().__init__(
            reception,
            data_size_limit=MAX_RAW_BYTES,
            enable_SMTPUTF8=True,
            hostname="helpdesk",
            ident="mail",
            loop=asyncio.get_running_loop(),
        )
        self.reception = reception

    def _create_envelope(self) -> MailEnvelope:
        return MailEnvelope()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.reception.connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.reception.connections.discard(self)
        super().connection_lost(error)

    async def push(self, status: AnyStr) -> None:
        text = status.decode("utf-8", "replace") if isinstance(status, bytes) else status
        # 500 quotes the command, which may be anything; all others are fixed texts.
        if text == NO_SUCH_MAILBOX:
            log.warning("refused a recipient that is no inbox: %s", text)
        elif text[:1] in ("4", "5") and not text.startswith("500"):
            inboxes = cast(MailEnvelope, self.envelope).inboxes.found
            named = ", ".join(str(pk) for pk in inboxes) or "not named yet"
            log.warning("refused a mail for inbox %s: %s", named, text)
        await super().push(status)

    async def smtp_DATA(self, arg: str | None) -> None:
        if await self.check_helo_needed():
            return
        envelope = cast(MailEnvelope, self.envelope)
        if not envelope.rcpt_tos:
            await self.push("503 5.5.1 Name a recipient first")
        elif arg:
            await self.push("501 5.5.4 DATA takes no argument")
        else:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self._take_message(envelope)

    async def _take_message(self, envelope: MailEnvelope) -> None:
        message = Incoming(self.reception)
        try:
            await self._read_into(message)
            replies = (
                [message.refusal]
                if message.refusal
                else await self._store(message.take(), envelope)
            )
        finally:
            message.release()
        if self.source == "lmtp":
            # One answer for each recipient (RFC 2033 4.2).
            replies *= len(envelope.inboxes.order) // len(replies)
        for reply in replies:
            await self.push(reply)
        # aiosmtpd has no types; its own smtp_DATA ends with this call too.
        self._set_post_data_state()  # type: ignore[no-untyped-call]

    async def _read_into(self, message: "Incoming") -> None:
        while True:
            # All there is: then what follows the end can be fed back in its place.
            chunk = await self._reader.read(READ_ALL)
            if not chunk:
                raise ConnectionResetError
            self._reset_timeout()
            rest = message.add(chunk)
            if rest is not None:
                if rest:
                    self._reader.feed_data(rest)
                return

    async def _store(self, raw: bytes, envelope: MailEnvelope) -> list[str]:
        session, reception = cast(Session, self.session), self.reception
        reception.storing += 1
        try:
            stored = await reception.threads.run(
                store_arrivals,
                envelope.inboxes.arrivals(),
                raw=raw,
                source=self.source,
                mail_from=(envelope.mail_from or "").removeprefix("<>"),
                peer=str(session.peer[0]) if session.peer else "",
                helo=session.host_name or "",
            )
        except Exception as error:  # noqa: BLE001 - whatever failed, the sender keeps the mail
            return [await reception.handle_exception(error)]
        finally:
            reception.storing -= 1
        if self.source == "lmtp":
            by_inbox = dict(zip(envelope.inboxes.found, stored, strict=True))
            return [f"250 2.0.0 accepted {by_inbox[pk]}" for pk in envelope.inboxes.order]
        return [f"250 2.0.0 accepted {' '.join(stored)}"]


class LocalDoor(Door, LMTP):
    source = "lmtp"


class Incoming:
    """The bytes of one mail as they come in."""

    def __init__(self, reception: Reception) -> None:
        self.reception = reception
        # Stands for the line end of the command before, so that "." may be the first line.
        self.data = bytearray(b"\r\n")
        self.held = 0
        self.refusal = ""

    def add(self, chunk: bytes) -> bytes | None:
        """None while the mail goes on; at its end, what came after it."""
        searched = max(0, len(self.data) - len(END_OF_DATA) + 1)
        self.data += chunk
        end = self.data.find(END_OF_DATA, searched)
        if end >= 0:
            rest = bytes(self.data[end + len(END_OF_DATA) :])
            del self.data[end + 2 :]
            self._weigh()
            return rest
        self._weigh()
        return None

    def _weigh(self) -> None:
        if not self.refusal and len(self.data) > MAX_RAW_BYTES:
            self.refusal = TOO_LARGE
        self.reception.in_hand += len(self.data) - self.held
        self.held = len(self.data)
        if not self.refusal and self.reception.in_hand > MAX_BYTES_IN_HAND:
            self.refusal = NO_ROOM
        if self.refusal:
            # Read on without keeping anything but what an end could begin with.
            del self.data[: -len(END_OF_DATA) + 1]

    def take(self) -> bytes:
        """Without the transparency dots (RFC 5321 4.5.2)."""
        return bytes(self.data[2:].replace(b"\r\n.", b"\r\n").removeprefix(b"."))

    def release(self) -> None:
        self.reception.in_hand -= self.held
        self.held = 0
        self.data.clear()


class BusyDoor(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - for the type checker
        transport.write(f"{BUSY}\r\n".encode())
        transport.close()


async def open_doors(
    reception: Reception,
    *,
    smtp: Sequence[socket.socket] = (),
    lmtp: Sequence[socket.socket] = (),
) -> list[asyncio.Server]:
    """Listen on sockets that are bound already."""
    # aiosmtpd's own log names senders and their addresses.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    loop = asyncio.get_running_loop()

    def meet(door: type[Door]) -> asyncio.BaseProtocol:
        is_full = len(reception.connections) >= MAX_CONNECTIONS
        return BusyDoor() if is_full else door(reception)

    for sock in (*smtp, *lmtp):
        # Answers of several lines wait 40 ms for an acknowledgement otherwise. Connections inherit
        # this; asyncio sets it by itself only on sockets that name their protocol.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    servers = [await loop.create_server(lambda: meet(Door), sock=sock) for sock in smtp]
    servers += [await loop.create_server(lambda: meet(LocalDoor), sock=sock) for sock in lmtp]
    return servers


async def close_doors(
    reception: Reception, servers: Sequence[asyncio.Server], *, patience: float = 10
) -> None:
    """Mails being stored are finished and answered; other connections are cut."""
    for server in servers:
        server.close()
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while reception.storing and loop.time() < until:
        await asyncio.sleep(0.02)
    # A last turn of the loop writes the answers.
    await asyncio.sleep(0.02)
    for connection in list(reception.connections):
        if connection.transport:
            connection.transport.close()
    # And another one ends their conversations.
    await asyncio.sleep(0.02)
    await loop.run_in_executor(None, reception.threads.close)
