"""Everything that changes a ticket.

An action takes the one who acts as ``actor``, locks the ticket, changes it, records one event
and returns what it changed. It checks the state, not permission: callers pass only tickets
found through ``visible_to``.
"""

from tickets.actions.acknowledge import acknowledge, send_notice
from tickets.actions.bounce import note_reported_bounce
from tickets.actions.change import (
    assign,
    close_ripe_tickets,
    mark_read,
    move_to_status,
    move_to_team,
    set_priority,
    set_tags,
    set_type,
)
from tickets.actions.deliver import (
    check_turn,
    is_its_turn,
    mark_failed,
    mark_sent,
    note_deferral,
    retry_delivery,
    start_sending,
)
from tickets.actions.files import (
    attach,
    attach_upload,
    discard_upload,
    drop_forgotten_uploads,
    keep_blob,
)
from tickets.actions.quarantine import (
    block_sender_of,
    read_held,
    refile_delivery,
    release_delivery,
)
from tickets.actions.receive import receive_message
from tickets.actions.remove import delete_message, redact_message
from tickets.actions.search import index_message, reindex_customer, reindex_ticket
from tickets.actions.setup import set_up_statuses
from tickets.actions.spam import (
    block_sender_of_ticket,
    dismiss_suggestion,
    learn_from_answer,
    mark_spam,
    unmark_spam,
)
from tickets.actions.undo import withdraw
from tickets.actions.write import add_note, open_ticket, reply

__all__ = [
    "acknowledge",
    "add_note",
    "assign",
    "attach",
    "attach_upload",
    "block_sender_of",
    "block_sender_of_ticket",
    "check_turn",
    "close_ripe_tickets",
    "delete_message",
    "discard_upload",
    "dismiss_suggestion",
    "drop_forgotten_uploads",
    "index_message",
    "is_its_turn",
    "keep_blob",
    "learn_from_answer",
    "mark_failed",
    "mark_read",
    "mark_sent",
    "mark_spam",
    "move_to_status",
    "move_to_team",
    "note_deferral",
    "note_reported_bounce",
    "open_ticket",
    "read_held",
    "receive_message",
    "redact_message",
    "refile_delivery",
    "reindex_customer",
    "reindex_ticket",
    "release_delivery",
    "reply",
    "retry_delivery",
    "send_notice",
    "set_priority",
    "set_tags",
    "set_type",
    "set_up_statuses",
    "start_sending",
    "unmark_spam",
    "withdraw",
]
