"""Every change to brands, inboxes and what arrives through them."""

from connectors.actions.credentials import change_hook, change_mailbox
from connectors.actions.mailbox import move_cursor, note_gap, note_health, note_silence
from connectors.actions.oauth import accept_permission, name_oauth_client
from connectors.actions.outgoing import (
    Spending,
    forget_old_spending,
    lift_suppression,
    mail_admins,
    make_dkim_key,
    resume_inbox,
    send_test_mail,
    spend_budget,
    suppress,
)
from connectors.actions.receive import (
    dismiss_delivery,
    erase_content,
    mark_applied,
    mark_delivery_failed,
    note_verdicts,
    quarantine,
    replay,
    store_raw,
)
from connectors.actions.settings import change_brand, change_inbox
from connectors.actions.setup import add_brand, add_inbox
from connectors.actions.spam import block_sender, judge_words, unblock_sender
from connectors.actions.trial import change_sending_server, sending_server_of, try_mailbox

__all__ = [
    "Spending",
    "accept_permission",
    "add_brand",
    "add_inbox",
    "block_sender",
    "change_brand",
    "change_hook",
    "change_inbox",
    "change_mailbox",
    "change_sending_server",
    "dismiss_delivery",
    "erase_content",
    "forget_old_spending",
    "judge_words",
    "lift_suppression",
    "mail_admins",
    "make_dkim_key",
    "mark_applied",
    "mark_delivery_failed",
    "move_cursor",
    "name_oauth_client",
    "note_gap",
    "note_health",
    "note_silence",
    "note_verdicts",
    "quarantine",
    "replay",
    "resume_inbox",
    "send_test_mail",
    "sending_server_of",
    "spend_budget",
    "store_raw",
    "suppress",
    "try_mailbox",
    "unblock_sender",
]
