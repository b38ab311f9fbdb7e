"""Everything that bots do, and that is done to them."""

from bots.actions.flows import bring_back, publish_flow, save_draft, switch_flow
from bots.actions.handing_over import give_back, hand_over, note_person_wanted
from bots.actions.replying import answer_message, work_out, write_turn
from bots.actions.setup import (
    add_bot,
    change_bot,
    pause_bot,
    save_tool,
    set_inboxes,
    set_limits,
    set_starters,
)

__all__ = [
    "add_bot",
    "answer_message",
    "bring_back",
    "change_bot",
    "give_back",
    "hand_over",
    "note_person_wanted",
    "pause_bot",
    "publish_flow",
    "save_draft",
    "save_tool",
    "set_inboxes",
    "set_limits",
    "set_starters",
    "switch_flow",
    "work_out",
    "write_turn",
]
