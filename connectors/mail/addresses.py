"""Addresses and ids of ours that come back in answers, signed so that nobody can make them up.

They say which ticket an answer belongs to. They are no authority: whether the sender may add to
that ticket is decided by whoever reads them.
"""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from uuid import UUID

from core.crypto import derive

MAX_LOCAL_PART = 64  # RFC 5321 4.5.3.1.1
MARK = "+r."
PARTICIPANT_BYTES = 4
MAC_BYTES = range(8, 17)

TOKEN = re.compile(r"(?P<local>[^@+]+)\+r\.(?P<token>[a-z2-7]{40,60})@[^@\s]+")
SUBJECT_TOKEN = re.compile(
    r"\[#(?P<number>[1-9][0-9]{0,17})-(?P<check>[a-z2-7]{8})\]", re.IGNORECASE
)
MESSAGE_ID = re.compile(r"<?hd\.([0-9a-f]{32})\.([0-9a-f]{32})@[^@<>\s]+>?")


@dataclass(frozen=True, slots=True)
class ReplyToken:
    ticket_id: UUID
    # Compare with `participant_hash(sender)`: the address was made for that person alone.
    participant_hash: bytes


def participant_hash(email: str) -> bytes:
    return _sign("participant", email.strip().casefold().encode())[:PARTICIPANT_BYTES]


def make_reply_address(inbox_address: str, *, ticket_id: UUID, participant: str) -> str:
    """`support+r.<token>@…`, never longer than mail servers allow.

    The signature takes the room that is left, 64 to 128 bits. An inbox whose own name leaves
    less gets its plain address: answers are then found by their Message-IDs.
    """
    local, _, domain = inbox_address.partition("@")
    size = _mac_size(local)
    if size is None:
        return inbox_address
    payload = ticket_id.bytes + participant_hash(participant)
    return f"{local}{MARK}{_encode(payload + _sign('reply', payload)[:size])}@{domain}"


def read_reply_address(address: str) -> ReplyToken | None:
    match = TOKEN.fullmatch(address.strip().lower())
    if not match:
        return None
    size = _mac_size(match.group("local"))
    signed = _decode(match.group("token"))
    split = 16 + PARTICIPANT_BYTES
    if size is None or len(signed) != split + size:
        return None
    payload, mac = signed[:split], signed[split:]
    if not hmac.compare_digest(mac, _sign("reply", payload)[:size]):
        return None
    return ReplyToken(UUID(bytes=payload[:16]), payload[16:])


def _mac_size(local: str) -> int | None:
    room = MAX_LOCAL_PART - len(local.encode()) - len(MARK)
    size = min(room * 5 // 8 - 16 - PARTICIPANT_BYTES, MAC_BYTES[-1])
    return size if size in MAC_BYTES else None


def _encode(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def _decode(token: str) -> bytes:
    try:
        data = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except binascii.Error:
        return b""
    # One spelling only: unused trailing bits must be zero.
    return data if _encode(data) == token else b""


def make_message_id(message_id: UUID, domain: str) -> str:
    return f"<hd.{message_id.hex}.{_sign_message(message_id)}@{domain}>"


def read_message_id(value: str) -> UUID | None:
    match = MESSAGE_ID.fullmatch(value.strip().lower())
    if not match:
        return None
    message_id = UUID(hex=match.group(1))
    return message_id if hmac.compare_digest(match.group(2), _sign_message(message_id)) else None


def make_subject_token(number: int) -> str:
    """`[#1042-k3v7m2qa]`, which survives programs that drop every other header of an answer."""
    return f"[#{number}-{_check_of(number)}]"


def read_subject_token(subject: str) -> int | None:
    """The number of the ticket, if its check is right."""
    for match in SUBJECT_TOKEN.finditer(subject):
        number = int(match.group("number"))
        if hmac.compare_digest(match.group("check").lower(), _check_of(number)):
            return number
    return None


def _check_of(number: int) -> str:
    return _encode(_sign("subject", str(number).encode())[:5])


def _sign_message(message_id: UUID) -> str:
    return hmac.digest(derive("mail.message-id"), message_id.bytes, "sha256")[:16].hex()


def _sign(purpose: str, data: bytes) -> bytes:
    return hmac.digest(derive("mail.reply-address"), purpose.encode() + b"\0" + data, "sha256")
