"""Everything that changes articles and what is known of their use."""

from knowledge.actions.feedback import give_feedback
from knowledge.actions.lifecycle import take_step
from knowledge.actions.shelves import add_category, change_category, move_category, remove_category
from knowledge.actions.testing import add_test_question, remove_test_question, set_test_gate
from knowledge.actions.use import note_use, set_control_share
from knowledge.actions.write import add_article, change_article, write_version

__all__ = [
    "add_article",
    "add_category",
    "add_test_question",
    "change_article",
    "change_category",
    "give_feedback",
    "move_category",
    "note_use",
    "remove_category",
    "remove_test_question",
    "set_control_share",
    "set_test_gate",
    "take_step",
    "write_version",
]
