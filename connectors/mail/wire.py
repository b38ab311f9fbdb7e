"""How a mail and what was read of it pass between the parser's process and ours.

JSON of plain values, then the files as they are. Whatever comes back is built up value by value:
a process that hostile bytes may have ruined decides nothing here but texts.
"""

import json
import socket
import struct
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, BinaryIO

from connectors.mail.limits import MAX_RAW_BYTES
from connectors.messages import (
    Address,
    BounceReport,
    Forwarded,
    InboundAttachment,
    InboundMessage,
    Invitation,
)

Plain = dict[str, Any]

# Length of the JSON, number of files; then the length of each file.
HEAD = struct.Struct("!II")
LENGTH = struct.Struct("!I")
# How a copy of the zygote ended: wait status, CPU seconds, highest resident memory in bytes.
REPORT = struct.Struct("!qdq")
OUT_OF_MEMORY = 77
MAX_JSON = 96 * 1024 * 1024
MAX_FILES = 1000
# Decoding makes nothing longer, but what winmail.dat holds comes on top.
MAX_FILE_BYTES = 2 * MAX_RAW_BYTES


class Garbled(Exception):
    """The other side ended early or sent something else."""


def write(peer: socket.socket, plain: Plain, files: Sequence[bytes]) -> None:
    text = json.dumps(plain).encode("ascii")
    lengths = b"".join(LENGTH.pack(len(file)) for file in files)
    peer.sendall(HEAD.pack(len(text), len(files)) + lengths)
    peer.sendall(text)
    for file in files:
        peer.sendall(file)


def read(incoming: BinaryIO) -> tuple[Plain, list[bytes]]:
    size, count = HEAD.unpack(_take(incoming, HEAD.size))
    if size > MAX_JSON or count > MAX_FILES:
        raise Garbled
    lengths = [LENGTH.unpack(_take(incoming, LENGTH.size))[0] for _ in range(count)]
    if sum(lengths) > MAX_FILE_BYTES:
        raise Garbled
    plain = json.loads(_take(incoming, size))
    if not isinstance(plain, dict):
        raise Garbled
    return plain, [_take(incoming, length) for length in lengths]


def _take(incoming: BinaryIO, size: int) -> bytes:
    data = incoming.read(size)
    if len(data) != size:
        raise Garbled
    return data


def pack(message: InboundMessage) -> tuple[Plain, list[bytes]]:
    files = [file.content for file in message.attachments]
    # asdict copies everything, so the files are taken out first.
    plain = {
        name: getattr(message, name)
        for name in InboundMessage.__dataclass_fields__
        if name not in NOT_PLAIN
    }
    plain |= {
        "sent_at": message.sent_at.isoformat() if message.sent_at else None,
        "sender": asdict(message.sender),
        "reply_to": asdict(message.reply_to) if message.reply_to else None,
        "to": [asdict(one) for one in message.to],
        "cc": [asdict(one) for one in message.cc],
        "attachments": [
            [file.filename, file.content_type, file.disposition, file.content_id]
            for file in message.attachments
        ],
        "forwarded": asdict(message.forwarded) if message.forwarded else None,
        "bounces": [asdict(one) for one in message.bounces],
        "invitations": [asdict(one) for one in message.invitations],
    }
    return plain, files


NOT_PLAIN = frozenset(
    {"sent_at", "sender", "reply_to", "to", "cc", "attachments", "verdicts"}
    | {"forwarded", "bounces", "invitations"}
)
TEXTS = (
    *("external_id", "sender_problem", "subject", "text", "html", "in_reply_to"),
    *("classification", "language", "protection"),
)


def unpack(plain: Plain, files: Sequence[bytes]) -> InboundMessage:
    texts: Plain = {name: str(plain[name]) for name in TEXTS}
    return InboundMessage(
        **texts,
        sender=_address(plain["sender"]),
        reply_to=_address(plain["reply_to"]) if plain["reply_to"] else None,
        to=[_address(one) for one in plain["to"]],
        cc=[_address(one) for one in plain["cc"]],
        sent_at=datetime.fromisoformat(plain["sent_at"]) if plain["sent_at"] else None,
        references=[str(one) for one in plain["references"]],
        delivered_to=[str(one) for one in plain["delivered_to"]],
        headers_of_note={str(name): str(value) for name, value in plain["headers_of_note"].items()},
        attachments=[
            InboundAttachment(str(name), str(kind), content, str(disposition), str(content_id))
            for (name, kind, disposition, content_id), content in zip(
                plain["attachments"], files, strict=True
            )
        ],
        forwarded=_forwarded(plain["forwarded"]) if plain["forwarded"] else None,
        bounces=[BounceReport(**_texts(one, BounceReport)) for one in plain["bounces"]],
        invitations=[Invitation(**_texts(one, Invitation)) for one in plain["invitations"]],
    )


def _texts(plain: Plain, kind: Any) -> dict[str, str]:
    return {name: str(plain[name]) for name in kind.__dataclass_fields__}


def _address(plain: Plain) -> Address:
    return Address(str(plain["name"]), str(plain["email"]))


def _forwarded(plain: Plain) -> Forwarded:
    return Forwarded(
        sender=_address(plain["sender"]),
        subject=str(plain["subject"]),
        text=str(plain["text"]),
        is_attached=bool(plain["is_attached"]),
    )
