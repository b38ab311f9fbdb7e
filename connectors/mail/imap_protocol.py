"""What we say to an IMAP server (RFC 3501, 2177, 6851, 4315), and what it answers."""

import imaplib
import re
import select
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

TIMEOUT_SECONDS = 30
# How long a wish to stop may go unheard while we wait for news.
SLICE_SECONDS = 1.0
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class MailboxError(Exception):
    """Why a mailbox cannot be read, in words for the admin."""


class SignInRefused(MailboxError):
    """The password or the token is wrong."""


class Refused(Exception):
    """The server lists a mail and will not hand it out."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where a mailbox is and how we get in: with a password or, by XOAUTH2, with a token."""

    host: str
    port: str
    user: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    folder: str = "INBOX"
    is_tls: bool = True


def explain(error: Exception) -> str:
    """Never the server's own words: they may name people."""
    if isinstance(error, MailboxError):
        return str(error)
    if isinstance(error, ssl.SSLError):
        return "The mail server's certificate is not accepted."
    if isinstance(error, OSError):
        return "The mail server cannot be reached."
    return "The mail server broke off the conversation."


@contextmanager
def open_mailbox(access: Access) -> Iterator[imaplib.IMAP4]:
    client = _connect(access)
    try:
        _sign_in(client, access)
        if client.select(encode_folder(access.folder))[0] != "OK":
            raise MailboxError("The mail folder does not exist.")
        yield client
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            client.logout()


def _connect(access: Access) -> imaplib.IMAP4:
    host, port = access.host, access.port
    if not host or not port.isdecimal():
        raise MailboxError("The mailbox settings lack a host or a port.")
    if access.is_tls:
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(
            host, int(port) or 993, ssl_context=context, timeout=TIMEOUT_SECONDS
        )
    client = imaplib.IMAP4(host, int(port) or 143, timeout=TIMEOUT_SECONDS)
    if can(client, "STARTTLS"):
        client.starttls(_without_proof())
    return client


def _without_proof() -> ssl.SSLContext:
    """For servers the admin would reach in clear: nobody who only listens reads the password.

    A certificate proves nothing here, as whoever can forge one can hide the offer as well.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _sign_in(client: imaplib.IMAP4, access: Access) -> None:
    try:
        if access.token:
            answer = xoauth2(access.user, access.token)
            # The second call answers the server's reasons, which it gives before it says NO.
            replies = iter([answer, b""])
            client.authenticate("XOAUTH2", lambda _challenge: next(replies, b""))
        else:
            client.login(quote(access.user), access.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        what = "our sign-in token" if access.token else "the user name or password"
        raise SignInRefused(f"The mail server refuses {what}.") from None
    # What a server offers before signing in is rarely all it offers.
    with suppress(imaplib.IMAP4.error):
        client._get_capabilities()


def xoauth2(user: str, token: str) -> bytes:
    """The initial answer of SASL XOAUTH2, as Google and Microsoft describe it."""
    return f"user={user}\1auth=Bearer {token}\1\1".encode()


def quote(text: str) -> str:
    """imaplib quotes passwords only."""
    if re.search(r"[\r\n\x00]", text):
        raise MailboxError("The mailbox settings contain a line break.")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encode_folder(name: str) -> str:
    """Modified UTF-7 (RFC 3501 5.1.3): folders are called 已处理 too."""
    parts = re.split(r"([^ -~]+)", name.replace("&", "&-"))
    return quote("".join(_shift(part) if index % 2 else part for index, part in enumerate(parts)))


def _shift(part: str) -> str:
    if re.search(r"[\r\n\x00]", part):
        raise MailboxError("The mailbox settings contain a line break.")
    packed = b64encode(part.encode("utf-16-be")).decode().rstrip("=")
    return f"&{packed.replace('/', ',')}-"


def can(mailbox: imaplib.IMAP4, capability: str) -> bool:
    return capability in mailbox.capabilities


def read_validity(mailbox: imaplib.IMAP4) -> int:
    value = mailbox.response("UIDVALIDITY")[1][0]
    if not isinstance(value, bytes):
        raise MailboxError("The mail server does not number its mails.")
    return int(value)


def search(mailbox: imaplib.IMAP4, criteria: str) -> list[int]:
    status, found = mailbox.uid("SEARCH", criteria)
    if status != "OK":
        raise MailboxError("The mail server refuses to list the folder.")
    return [int(uid) for line in found if line for uid in line.split()]


def search_above(mailbox: imaplib.IMAP4, last: int) -> list[int]:
    # "n:*" always names the newest mail, even one below n.
    return [uid for uid in search(mailbox, f"UID {last + 1}:*") if uid > last]


def search_since(mailbox: imaplib.IMAP4, day: date) -> list[int]:
    return search(mailbox, f"SINCE {day.day:02}-{MONTHS[day.month - 1]}-{day.year}")


def read_size(mailbox: imaplib.IMAP4, uid: int) -> int:
    answer = mailbox.uid("FETCH", str(uid), "(RFC822.SIZE)")[1]
    text = b" ".join(line for line in answer if isinstance(line, bytes))
    found = SIZE.search(text)
    return int(found.group(1)) if found else 0


def fetch(mailbox: imaplib.IMAP4, uid: int, what: str) -> bytes | None:
    """None for a mail that is gone."""
    status, answer = mailbox.uid("FETCH", str(uid), f"({what})")
    if status != "OK":
        raise Refused
    return next((item[1] for item in answer if isinstance(item, tuple)), None)


def mark_seen(mailbox: imaplib.IMAP4, uid: int) -> None:
    mailbox.uid("STORE", str(uid), "+FLAGS", r"(\Seen)")


def move_away(mailbox: imaplib.IMAP4, uid: int, folder: str) -> None:
    """Raises ``MailboxError`` when the server will not have it there."""
    target = encode_folder(folder)
    command = "MOVE" if can(mailbox, "MOVE") else "COPY"
    status, answer = mailbox.uid(command, str(uid), target)
    if status != "OK" and b"TRYCREATE" in b" ".join(part for part in answer if part):
        mailbox.create(target)
        status, _answer = mailbox.uid(command, str(uid), target)
    if status != "OK":
        raise MailboxError("The mail server does not move mails to the folder for read ones.")
    if command == "COPY":
        mailbox.uid("STORE", str(uid), "+FLAGS", r"(\Deleted)")
        if can(mailbox, "UIDPLUS"):
            # A plain EXPUNGE would take along what others only marked.
            mailbox.uid("EXPUNGE", str(uid))


def forget_news(mailbox: imaplib.IMAP4) -> bool:
    """Whether the server has told of new mails since the last call, beside other answers."""
    return mailbox.response("EXISTS")[1] != [None]


def wait_for_news(mailbox: imaplib.IMAP4, seconds: float, stop: threading.Event) -> None:
    """IDLE (RFC 2177) until the server says something, the time is up or `stop` is set.

    imaplib knows IDLE from Python 3.14 on only, so the command is spoken here.
    """
    tag = mailbox._new_tag()
    mailbox.send(tag + b" IDLE\r\n")
    has_news = False
    while not (line := _read_line(mailbox)).startswith(b"+"):
        if line.startswith(tag):
            raise MailboxError("The mail server offers to report news and then refuses.")
        # A mail came between our last look and now.
        has_news = True
    deadline = time.monotonic() + seconds
    while not has_news and not stop.is_set() and (left := deadline - time.monotonic()) > 0:
        has_news = _has_news(mailbox, min(left, SLICE_SECONDS))
    mailbox.send(b"DONE\r\n")
    while not _read_line(mailbox).startswith(tag):
        pass


def _read_line(mailbox: imaplib.IMAP4) -> bytes:
    line = mailbox.readline()
    if not line:
        raise imaplib.IMAP4.abort("the connection was closed")
    return line


def _has_news(mailbox: imaplib.IMAP4, seconds: float) -> bool:
    """A line may already lie in the reader's buffer, where select does not see it."""
    if _peek(mailbox):
        return True
    readable, _, _ = select.select([mailbox.socket()], [], [], seconds)
    if not readable:
        return False
    found = _peek(mailbox)
    if found == b"":
        raise imaplib.IMAP4.abort("the connection was closed")
    return bool(found)


def _peek(mailbox: imaplib.IMAP4) -> bytes | None:
    """What can be read without waiting; None when TLS has nothing for us yet."""
    file: Any = getattr(mailbox, "_file", None) or mailbox.file
    connection = mailbox.socket()
    connection.setblocking(False)
    try:
        peeked: bytes = file.peek(1)
        return peeked
    except (BlockingIOError, ssl.SSLWantReadError):
        return None
    finally:
        connection.settimeout(TIMEOUT_SECONDS)
