"""Messages that were removed here and must not come back when their mailbox is read again."""

import hashlib

from connectors.models import Inbox
from core import blind
from tickets.models import Tombstone


def tombstone_index(external_id: str, body: str) -> bytes:
    """Of the id and the words: another mail under the same id is not held back."""
    digest = hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()
    return blind.handle_index("tombstone", f"{external_id}\n{digest}")


def was_removed(inbox: Inbox, *, external_id: str, body: str) -> bool:
    index = tombstone_index(external_id, body)
    return Tombstone.objects.filter(inbox=inbox, external_index=index).exists()
