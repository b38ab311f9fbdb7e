"""Everything that changes articles and what is known of their use."""

from knowledge.actions.feedback import give_feedback
from knowledge.actions.lifecycle import take_step
from knowledge.actions.shelves import add_category, change_category, move_category, remove_category
from knowledge.actions.use import note_use, set_control_share
from knowledge.actions.write import add_article, change_article, write_version

__all__ = [
    "add_article",
    "add_category",
    "change_article",
    "change_category",
    "give_feedback",
    "move_category",
    "note_use",
    "remove_category",
    "set_control_share",
    "take_step",
    "write_version",
]
