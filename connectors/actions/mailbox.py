"""How far a mailbox was read, and whether its door works."""

from typing import Any

from connectors.models import Inbox
from core.clock import now


def move_cursor(inbox: Inbox, cursor: dict[str, Any]) -> None:
    inbox.cursor = cursor
    inbox.save(update_fields=["cursor"])


def note_health(inbox: Inbox, *, ok: bool, error: str = "") -> None:
    if ok:
        inbox.healthy_at, inbox.problem = now(), ""
    else:
        inbox.problem = error[:200]
    inbox.save(update_fields=["healthy_at", "problem"])
