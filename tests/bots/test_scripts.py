"""The scripted customer says what was asked for."""

from bots.dialogue.shapes import House, State
from bots.evaluation.scripts import lines_of


def test_a_yes_within_another_word_is_no_yes():
    state = State()
    lines = lines_of(["I ordered it yesterday"], {"confirm": "yes"}, lambda: state, House({}))
    assert next(lines) == "I ordered it yesterday"
    state.phase = "confirming"
    assert next(lines) == "yes"


def test_what_was_said_already_is_not_said_again():
    state = State()
    knows = {"order_number": "PW-20418"}
    lines = lines_of(["Where is PW-20418?", "Thanks"], knows, lambda: state, House({}))
    assert [next(lines), next(lines)] == ["Where is PW-20418?", "Thanks"]
