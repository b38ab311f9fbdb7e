"""Reading inboxes, what arrived through them, and what leaves."""

from connectors.mail.addresses import ReplyToken
from connectors.queries.brands import find_brand, languages_of
from connectors.queries.content import (
    article_to_html,
    fold_quotes,
    make_message_id,
    make_reply_address,
    make_subject_token,
    markdown_to_html,
    markdown_to_text,
    pictures_in,
    read_message_id,
    read_reply_address,
    read_subject_token,
    reply_token_fits,
    safe_mail_document,
    text_to_html,
)
from connectors.queries.deliveries import (
    list_deliveries,
    list_deliveries_behind,
    read_inbound,
    read_raw,
)
from connectors.queries.inboxes import inbox_for_address, own_addresses
from connectors.queries.mailboxes import has_mailbox, stored_uids
from connectors.queries.outgoing import (
    SUPPRESSED,
    OutboxMail,
    is_suppressed,
    list_outbox,
    read_outbox,
    send_mail,
)
from connectors.queries.overview import (
    Head,
    count_deliveries,
    dns_record_of,
    heads_of,
    list_blocks,
    list_brands,
    list_inboxes,
    list_suppressions,
    read_head_of,
)
from connectors.queries.spam import domain_of, is_blocked, looks_like_spam

__all__ = [
    "SUPPRESSED",
    "Head",
    "OutboxMail",
    "ReplyToken",
    "article_to_html",
    "count_deliveries",
    "dns_record_of",
    "domain_of",
    "find_brand",
    "fold_quotes",
    "has_mailbox",
    "heads_of",
    "inbox_for_address",
    "is_blocked",
    "is_suppressed",
    "languages_of",
    "list_blocks",
    "list_brands",
    "list_deliveries",
    "list_deliveries_behind",
    "list_inboxes",
    "list_outbox",
    "list_suppressions",
    "looks_like_spam",
    "make_message_id",
    "make_reply_address",
    "make_subject_token",
    "markdown_to_html",
    "markdown_to_text",
    "own_addresses",
    "pictures_in",
    "read_head_of",
    "read_inbound",
    "read_message_id",
    "read_outbox",
    "read_raw",
    "read_reply_address",
    "read_subject_token",
    "reply_token_fits",
    "safe_mail_document",
    "send_mail",
    "stored_uids",
    "text_to_html",
]
