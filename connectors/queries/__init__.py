"""Reading inboxes, what arrived through them, and what leaves."""

from connectors.queries.content import (
    fold_quotes,
    make_message_id,
    make_reply_address,
    read_message_id,
    read_reply_address,
    reply_token_fits,
    safe_mail_document,
    text_to_html,
)
from connectors.queries.deliveries import list_deliveries, read_inbound, read_raw
from connectors.queries.inboxes import inbox_for_address, own_addresses
from connectors.queries.outgoing import OutboxMail, list_outbox, read_outbox, send_mail

__all__ = [
    "OutboxMail",
    "fold_quotes",
    "inbox_for_address",
    "list_deliveries",
    "list_outbox",
    "make_message_id",
    "make_reply_address",
    "own_addresses",
    "read_inbound",
    "read_message_id",
    "read_outbox",
    "read_raw",
    "read_reply_address",
    "reply_token_fits",
    "safe_mail_document",
    "send_mail",
    "text_to_html",
]
