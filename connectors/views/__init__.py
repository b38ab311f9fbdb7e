"""Pages for those who run the doors: what came raw, what would have left, who is kept out."""

from connectors.views import doors, hooks, mailbox, outbox, raw, senders

__all__ = ["doors", "hooks", "mailbox", "outbox", "raw", "senders"]
