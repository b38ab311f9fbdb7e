"""Everything that changes a ticket.

An action takes the one who acts as ``actor``, locks the ticket, changes it, records one event
and returns what it changed. It checks the state, not permission: callers pass only tickets
found through ``visible_to``.
"""

from tickets.actions.acknowledge import acknowledge, send_notice
from tickets.actions.bounce import note_reported_bounce
from tickets.actions.bulk import change_many, undo_bulk
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
from tickets.actions.checklist import (
    add_item,
    order_items,
    remove_item,
    rename_item,
    tick_item,
)
from tickets.actions.custom import set_custom_fields
from tickets.actions.deliver import (
    check_turn,
    is_its_turn,
    mark_failed,
    mark_sent,
    note_deferral,
    retry_delivery,
    start_sending,
)
from tickets.actions.drafts import drop_draft, save_draft, take_over_draft
from tickets.actions.files import (
    attach,
    attach_upload,
    discard_upload,
    drop_forgotten_uploads,
    keep_blob,
)
from tickets.actions.forms import (
    add_status,
    add_type,
    change_status,
    change_type,
    delete_status,
    move_type,
)
from tickets.actions.forward import forward
from tickets.actions.hand_over import (
    hand_over_absence,
    hand_over_and_deactivate,
    hand_over_and_delete_team,
)
from tickets.actions.links import (
    link_tickets,
    open_incidents,
    resolve_incidents,
    unlink_tickets,
)
from tickets.actions.macros import apply_macro, remove_macro, save_macro, undo_macro
from tickets.actions.merge import (
    merge,
)
from tickets.actions.notify import (
    follow,
    forget_old_notifications,
    mail_notification,
    notify,
    notify_followers,
    notify_mentioned,
    read_notifications,
    read_notifications_of,
    unfollow,
    unread_notification,
)
from tickets.actions.push import (
    subscribe_to_push,
    unsubscribe_from_push,
    wake_browsers,
)
from tickets.actions.quarantine import (
    block_sender_of,
    read_held,
    refile_delivery,
    release_delivery,
)
from tickets.actions.receive import receive_message
from tickets.actions.recurring import (
    end_recurrence,
    open_due_tickets,
    repeat_ticket,
)
from tickets.actions.remove import delete_message, redact_message
from tickets.actions.saved_views import (
    change_view,
    create_view,
    delete_view,
    move_view,
    restore_view,
)
from tickets.actions.schedule import send_now
from tickets.actions.search import index_message, reindex_customer, reindex_ticket
from tickets.actions.setup import set_up_statuses
from tickets.actions.side import (
    ask_again,
    close_side,
    open_side,
    reopen_side,
)
from tickets.actions.spam import (
    block_sender_of_ticket,
    dismiss_suggestion,
    learn_from_answer,
    mark_spam,
    unmark_spam,
)
from tickets.actions.split import (
    split,
    undo_move,
)
from tickets.actions.tags import (
    rename_step,
    rename_tags,
)
from tickets.actions.undo import withdraw
from tickets.actions.write import add_note, open_ticket, reply

__all__ = [
    "acknowledge",
    "add_item",
    "add_note",
    "add_status",
    "add_type",
    "apply_macro",
    "ask_again",
    "assign",
    "attach",
    "attach_upload",
    "block_sender_of",
    "block_sender_of_ticket",
    "change_many",
    "change_status",
    "change_type",
    "change_view",
    "check_turn",
    "close_ripe_tickets",
    "close_side",
    "create_view",
    "delete_message",
    "delete_status",
    "delete_view",
    "discard_upload",
    "dismiss_suggestion",
    "drop_draft",
    "drop_forgotten_uploads",
    "end_recurrence",
    "follow",
    "forget_old_notifications",
    "forward",
    "hand_over_absence",
    "hand_over_and_deactivate",
    "hand_over_and_delete_team",
    "index_message",
    "is_its_turn",
    "keep_blob",
    "learn_from_answer",
    "link_tickets",
    "mail_notification",
    "mark_failed",
    "mark_read",
    "mark_sent",
    "mark_spam",
    "merge",
    "move_to_status",
    "move_to_team",
    "move_type",
    "move_view",
    "note_deferral",
    "note_reported_bounce",
    "notify",
    "notify_followers",
    "notify_mentioned",
    "open_due_tickets",
    "open_incidents",
    "open_side",
    "open_ticket",
    "order_items",
    "read_held",
    "read_notifications",
    "read_notifications_of",
    "receive_message",
    "redact_message",
    "refile_delivery",
    "reindex_customer",
    "reindex_ticket",
    "release_delivery",
    "remove_item",
    "remove_macro",
    "rename_item",
    "rename_step",
    "rename_tags",
    "reopen_side",
    "repeat_ticket",
    "reply",
    "resolve_incidents",
    "restore_view",
    "retry_delivery",
    "save_draft",
    "save_macro",
    "send_notice",
    "send_now",
    "set_custom_fields",
    "set_priority",
    "set_tags",
    "set_type",
    "set_up_statuses",
    "split",
    "start_sending",
    "subscribe_to_push",
    "take_over_draft",
    "tick_item",
    "undo_bulk",
    "undo_macro",
    "undo_move",
    "unfollow",
    "unlink_tickets",
    "unmark_spam",
    "unread_notification",
    "unsubscribe_from_push",
    "wake_browsers",
    "withdraw",
]
