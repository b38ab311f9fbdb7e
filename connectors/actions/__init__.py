"""Every change to brands, inboxes and what arrives through them."""

from connectors.actions.mailbox import move_cursor, note_health
from connectors.actions.receive import (
    mark_applied,
    mark_delivery_failed,
    quarantine,
    replay,
    store_raw,
)
from connectors.actions.setup import add_brand, add_inbox

__all__ = [
    "add_brand",
    "add_inbox",
    "mark_applied",
    "mark_delivery_failed",
    "move_cursor",
    "note_health",
    "quarantine",
    "replay",
    "store_raw",
]
