"""The engine of dialogues: pure, never lost, and what a flow may do is decided by its own rules."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.dialogue.engine import step
from bots.dialogue.outline import OutlineError, parse
from bots.dialogue.playing import play
from bots.dialogue.shapes import (
    PHASES,
    REASONS,
    Found,
    GiveToPerson,
    House,
    Said,
    Speak,
    State,
    ToolAnswered,
    UseTool,
)
from bots.dialogue.values import values_of
from tests.bots.conftest import plainly

FLOWS = [
    parse(path.read_text()) for path in sorted(Path("helpdesk/demo/content/flows").glob("*.flow"))
]
WRITES = frozenset({"change_address", "cancel_order", "send_label", "send_invoice"})


def house_of(*flows, **given):
    return House({flow.slug: flow for flow in flows or FLOWS}, writes=WRITES, name="Pip", **given)


def said(text, **given):
    return Said(text, plainly(text), **given)


class Talk:
    def __init__(self, house, tool=None, knows=None):
        self.house, self.state = house, State()
        self.tool, self.knows = tool or {}, knows or {}
        self.calls = []

    def say(self, text):
        def use_tool(asked, _number):
            self.calls.append((asked.tool, dict(asked.inputs)))
            answer = self.tool.get(asked.tool)
            return ToolAnswered(answer is not None, answer or {})

        def ask(question, _language):
            hits = [text for word, text in self.knows.items() if word in question]
            return Found(hits[0] if hits else "")

        self.played = play(self.state, said(text), self.house, use_tool=use_tool, ask=ask)
        self.state = self.played.state
        return "\n".join(one.text for one in self.played.said)


SENT = {
    "status": "sent",
    "product": {"en": "Lamp"},
    "day": "2026-12-24",
    "courier": {"en": "Swift"},
}


def test_a_slot_is_taken_from_the_first_words_and_the_rest_is_asked_for():
    talk = Talk(house_of(), {"find_order": SENT})

    assert "postcode" in talk.say("Where is my order PW-20734?")
    assert "24 December" in talk.say("bs6 5qa")
    assert talk.calls == [("find_order", {"order": "PW-20734", "postcode": "BS6 5QA"})]


@pytest.mark.parametrize("words", ["no, the other order", "不是这个，是另一个"])
def test_the_other_order_is_asked_for_anew_and_the_rest_is_kept(words):
    talk = Talk(house_of(), {"find_order": SENT})
    talk.say("Where is my order PW-20734?")
    talk.say("BS6 5QA")
    talk.say(words)
    talk.say("20735")

    assert talk.calls[-1] == ("find_order", {"order": "PW-20735", "postcode": "BS6 5QA"})


def test_a_number_is_corrected_in_the_same_breath():
    talk = Talk(house_of(), {"find_order": SENT})
    talk.say("Where is my order PW-20734?")
    assert "postcode" in talk.say("sorry, I meant PW-20735")
    talk.say("BS6 5QA")

    assert talk.calls[-1][1]["order"] == "PW-20735"


def test_a_question_beside_is_answered_and_then_it_goes_on():
    talk = Talk(house_of(), {"find_order": SENT}, {"gift cards": "We sell gift cards."})
    talk.say("Where is my order?")
    answer = talk.say("Do you sell gift cards?")

    assert "We sell gift cards." in answer and "Back to where we were" in answer
    assert "postcode" in talk.say("PW-20734")


def test_another_matter_is_settled_first_and_come_back_from():
    talk = Talk(house_of(), {"check_code": {"holds": "over", "terms": {}}, "find_order": SENT})
    talk.say("Where is my order?")
    talk.say("my discount code does not work")
    answer = talk.say("SUMMER20")

    assert "over" in answer and "Which order" in answer
    assert talk.state.frames[-1].flow == "order_status"


def test_nothing_is_changed_without_proof_or_without_a_yes():
    mine = {"status": "confirmed", "is_theirs": True, "product": {"en": "Lamp"}, "total": "£9"}
    stranger = Talk(house_of(), {"find_order": mine, "cancel_order": {"done": True}})
    stranger.say("cancel my order PW-20735")
    stranger.say("BS6 5QA")
    assert stranger.played.reason == "policy"

    proved = Talk(house_of(is_proved=True), {"find_order": mine, "cancel_order": {"done": True}})
    proved.say("cancel my order PW-20735")
    assert proved.say("no, rather not").startswith("All right")
    assert [call for call, _inputs in proved.calls] == ["list_orders", "find_order"]


def test_a_flow_that_forgets_to_ask_may_still_change_nothing():
    flow = parse("flow bad\nwhen bad\ncall cancel_order\n  order: {order}\n")
    talk = Talk(house_of(flow, is_proved=True), {"cancel_order": {"done": True}})
    meant = replace(plainly("x"), intent="bad", confidence=0.9)
    _state, effects = step(State(), Said("x", meant), talk.house)

    assert not [one for one in effects if isinstance(one, UseTool)]
    assert GiveToPerson("policy") in effects


@pytest.mark.parametrize(
    "words",
    [
        "人工",
        "转人工",
        "我要找客服",
        "human",
        "agent please",
        "can I talk to a real person?",
        "转接客服",
    ],
)
def test_person_always_works_whatever_is_going_on(words):
    for before in ([], ["Where is my order?"], ["it arrived broken", "PW-20734"]):
        talk = Talk(house_of())
        for one in before:
            talk.say(one)
        talk.say(words)
        assert talk.played.reason == "asked_for_person"
        assert talk.say("hello?") == ""


@pytest.mark.parametrize(
    "words", ["Is assembly by two people?", "a delivery person was rude?", "人工智能台灯有吗"]
)
def test_people_are_not_called_by_words_that_only_sound_alike(words):
    talk = Talk(house_of(), knows={"": "Answer."})
    talk.say(words)

    assert talk.played.reason != "asked_for_person"


def test_values_that_customers_type_cannot_become_links_or_markup():
    talk = Talk(
        house_of(is_proved=True), {"find_order": {"status": "confirmed", "is_theirs": True}}
    )
    talk.say("change the delivery address of PW-20735")
    answer = talk.say("![x](http://evil.test/?d=1) <b>12</b> Elm Road, Bristol")

    assert "http" not in answer and "<" not in answer and "![" not in answer
    assert "12 Elm Road" in answer


def test_the_mood_sets_the_tone_once():
    talk = Talk(house_of())
    unhappy = Said("Where is my order", replace(plainly("x"), mood=-0.5))
    state, effects = step(State(), unhappy, talk.house)
    assert isinstance(effects[0], Speak) and "sorry" in effects[0].text
    _state, effects = step(state, unhappy, talk.house)
    assert not any("sorry" in one.text for one in effects if isinstance(one, Speak))


# Outlines


@pytest.mark.parametrize(
    "outline, line",
    [
        ("say\n  en: Hi\n", 1),
        ("flow a\n", 1),
        ("flow a\nsay\n", 2),
        ("flow a\nshout\n  en: Hi\n", 2),
        ("flow a\nask order: planet\n  en: Which?\n", 2),
        ("flow a\nif x is y\n", 2),
        ("flow a\nelse\n  end\n", 2),
        ("flow a\n say\n", 2),
        ("flow a\nhand over because\n", 2),
        ("flow a\nask wish: choice\n  en: Which?\n", 2),
    ],
)
def test_what_is_wrong_with_an_outline_is_said_with_its_line(outline, line):
    with pytest.raises(OutlineError) as refused:
        parse(outline)
    assert line in {one.line for one in refused.value.problems}


@given(st.text(alphabet="flow asktiern:.{}\n  -中", max_size=300))
def test_no_outline_breaks_the_reader(outline):
    try:
        parse(outline)
    except OutlineError as error:
        assert error.problems


# Whatever happens


WORDS = st.one_of(
    st.sampled_from(
        [
            "Where is my order?", "PW-20734", "BS6 5QA", "yes", "no", "no, the other one", "退货",
            "取消订单", "是的", "不是，另一个", "thanks", "never mind", "it is broken", "换新",
            "12 Elm Road, Bristol", "我的邮编是 200031", "LAMP15", "how long is the warranty",
        ]
    ),
    st.text(max_size=80),
)  # fmt: skip
ANSWERS = st.dictionaries(
    st.sampled_from(["status", "done", "is_theirs", "in_time", "holds", "day", "product"]),
    st.one_of(
        st.booleans(),
        st.none(),
        st.integers(),
        st.text(max_size=12),
        st.sampled_from(["sent", "confirmed", "unknown", "delivered", "yes", "2026-13-99"]),
        st.lists(st.text(max_size=4), max_size=3),
        st.dictionaries(st.text(max_size=3), st.text(max_size=5), max_size=2),
    ),
)
EVENTS = st.one_of(
    st.builds(lambda text: Said(text, plainly(text)), WORDS),
    st.builds(ToolAnswered, st.booleans(), ANSWERS),
    st.builds(Found, st.text(max_size=30)),
)


@settings(max_examples=150)
@given(st.lists(EVENTS, max_size=14), st.booleans())
@pytest.mark.slow
def test_any_events_in_any_order_end_in_a_state_it_can_go_on_from(events, is_proved):
    house = house_of(is_proved=is_proved)
    state = State()
    for event in events:
        before = state.as_json()
        after, effects = step(state, event, house)
        assert state.as_json() == before, "the state given is not touched"
        assert after.phase in PHASES
        assert State.from_json(after.as_json()).as_json() == after.as_json()
        for one in effects:
            assert not isinstance(one, GiveToPerson) or one.reason in REASONS
            if isinstance(one, UseTool) and one.tool in WRITES:
                assert is_proved and one.is_confirmed
        if state.phase == "handed" and isinstance(event, Said):
            assert effects == []
        state = after


@given(st.dictionaries(st.text(max_size=8), st.integers(), max_size=4))
def test_a_state_that_cannot_be_read_begins_anew(kept):
    assert State.from_json(kept).phase in PHASES


@pytest.mark.parametrize(
    "text, codes",
    [
        ("is LAMP15 still valid?", ["LAMP15"]),
        ("那welcome10呢", ["WELCOME10"]),
        ("sparrow", ["SPARROW"]),
        ("WHERE IS MY ORDER PW-20734, pw20734", []),
        ("write to june10@mail.example", []),
    ],
)
def test_codes_are_told_from_orders_addresses_and_shouting(text, codes):
    assert values_of("code", text) == codes


MINE = {"orders": ["PW-20735 Moss breakfast set", "PW-20734 Luna glass table lamp"]}


def test_who_is_known_is_offered_their_orders_the_newest_first():
    talk = Talk(house_of(is_proved=True), {"list_orders": MINE, "find_order": SENT})
    talk.say("Where is my order?")

    assert talk.played.said[-1].quick == tuple(MINE["orders"])
    assert "24 December" in talk.say("the lamp")
    assert talk.calls[-1] == ("find_order", {"order": "PW-20734", "postcode": ""})


@pytest.mark.parametrize(
    ("listed", "words", "order"),
    [
        (MINE["orders"], "where is my order, the breakfast set", "PW-20735"),
        (MINE["orders"], "where is my order, the newest", "PW-20735"),
        (["PW-20734 Luna glass table lamp"], "where is my order", "PW-20734"),
        (MINE["orders"], "where is my order PW-20000", "PW-20000"),
    ],
)
def test_nobody_is_asked_which_order_where_it_is_plain(listed, words, order):
    talk = Talk(house_of(is_proved=True), {"list_orders": {"orders": listed}, "find_order": SENT})

    assert "24 December" in talk.say(words)
    assert talk.calls[-1][1]["order"] == order


def test_a_list_that_cannot_be_had_costs_no_more_than_a_question():
    talk = Talk(house_of(is_proved=True), {"find_order": SENT})

    assert "Which order" in talk.say("Where is my order?")


def test_orders_of_who_proved_nothing_are_not_listed():
    talk = Talk(house_of(), {"list_orders": MINE, "find_order": SENT})
    talk.say("Where is my order?")

    assert talk.calls == [] and not talk.played.said[-1].quick


CONFIRMED = {"status": "confirmed", "is_theirs": True, "product": {"en": "Lamp"}, "total": "£9"}


def test_what_is_done_is_not_offered_again():
    tools = {"find_order": CONFIRMED, "cancel_order": {"done": True}}
    talk = Talk(house_of(is_proved=True), tools)
    talk.say("cancel my order PW-20735")
    talk.say("yes")
    talk.say("Where is my order?")

    assert "done already" in talk.say("cancel my order PW-20735")
    assert [call for call, _inputs in talk.calls].count("cancel_order") == 1


def test_one_matter_is_given_up_for_another():
    tools = {"find_order": CONFIRMED, "cancel_order": {"done": True}}
    talk = Talk(house_of(is_proved=True), tools)
    talk.say("change the delivery address of PW-20735 to 4 Hill Road, Leeds LS8 2AB")
    assert "cancel" in talk.say("actually forget that, cancel my order")
    talk.say("yes")

    assert talk.state.phase == "idle" and not talk.state.frames
