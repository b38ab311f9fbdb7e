"""Every change to chats: what visitors say and ask for, who takes it, how it goes on by mail."""

from livechat.actions.carrying import (
    ask_transcript,
    build_transcript,
    forget_transcript,
    is_unread,
    mail_unread,
)
from livechat.actions.files import drop_forgotten_files, keep_file
from livechat.actions.offers import offer_waiting, tend_queue
from livechat.actions.queue import (
    accept,
    ban_from_chat,
    decline,
    end_chat,
    invite,
    leave,
    transfer,
)
from livechat.actions.setup import add_widget
from livechat.actions.talk import (
    Opening,
    ask_for_person,
    begin_chat,
    leave_chat,
    note_read,
    rate_chat,
    say,
)
from livechat.actions.visitors import (
    ban_visitor,
    confirm_address,
    drop_old_tickets,
    forget_old_visitors,
    make_socket_ticket,
    meet_visitor,
    note_told,
    recognise,
    revoke_visitor,
    use_socket_ticket,
)

__all__ = [
    "Opening",
    "accept",
    "add_widget",
    "ask_for_person",
    "ask_transcript",
    "ban_from_chat",
    "ban_visitor",
    "begin_chat",
    "build_transcript",
    "confirm_address",
    "decline",
    "drop_forgotten_files",
    "drop_old_tickets",
    "end_chat",
    "forget_old_visitors",
    "forget_transcript",
    "invite",
    "is_unread",
    "keep_file",
    "leave",
    "leave_chat",
    "mail_unread",
    "make_socket_ticket",
    "meet_visitor",
    "note_read",
    "note_told",
    "offer_waiting",
    "rate_chat",
    "recognise",
    "revoke_visitor",
    "say",
    "tend_queue",
    "transfer",
    "use_socket_ticket",
]
