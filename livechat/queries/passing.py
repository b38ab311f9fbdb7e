"""What passes: that a visitor is typing, and with their knowledge what. Kept in Valkey alone, for
seconds and sealed; while it is away nobody is told, and nobody waits."""

import json
import os
import time
from typing import Any
from uuid import UUID

import redis
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core import live
from core.crypto import derive
from livechat.models import Chat
from livechat.queries.rooms import typing_room

SECONDS = 6
MAX_PREVIEW = 500
_NONCE = 12


def note_typing(ticket: UUID, *, preview: str = "") -> None:
    content = json.dumps({"preview": preview[:MAX_PREVIEW]}).encode()
    try:
        live.valkey().set(_key(ticket), _seal(content, ticket), ex=SECONDS)
    except (redis.RedisError, OSError):
        return
    tell(ticket)


def forget_typing(ticket: UUID) -> None:
    """What was typed has been said."""
    try:
        gone = live.valkey().delete(_key(ticket))
    except (redis.RedisError, OSError):
        return
    if gone:
        tell(ticket)


def tell(ticket: UUID) -> None:
    """Have those who watch the ticket look how its visitor is."""
    live.publish(typing_room(ticket), time.time_ns() // 1_000_000)


class VisitorPassing:
    """For ``core.registry.passing``: what agents see of a ticket's visitor just now."""

    def room_of(self, ticket: UUID) -> str:
        return typing_room(ticket)

    def read(self, ticket: UUID) -> dict[str, Any] | None:
        chat = Chat.objects.filter(ticket=ticket).order_by("-began_at").first()
        if chat is None:
            return None
        typed = _typed(ticket)
        return {
            "ticket": str(ticket),
            "typing": typed is not None,
            "preview": typed or "",
            "seen": chat.visitor_seen_seq,
            "got": chat.visitor_got_seq,
            "here": chat.left_at is None and chat.is_open,
        }


def _typed(ticket: UUID) -> str | None:
    try:
        sealed = live.valkey().get(_key(ticket))
    except (redis.RedisError, OSError):
        return None
    if not isinstance(sealed, bytes) or len(sealed) <= _NONCE:
        return None
    try:
        opened = AESGCM(derive("chat.passing")).decrypt(
            sealed[:_NONCE], sealed[_NONCE:], ticket.bytes
        )
    except InvalidTag:
        return None
    return str(json.loads(opened)["preview"])


def _seal(content: bytes, ticket: UUID) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(derive("chat.passing")).encrypt(nonce, content, ticket.bytes)


def _key(ticket: UUID) -> str:
    return f"chat-typing:{ticket}"
