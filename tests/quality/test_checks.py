"""Each check on a few conversations; how good they are is measured on labelled snippets."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from quality.checks.data import find_personal, is_card, is_chinese_id
from quality.checks.running import CHECKS
from quality.checks.shapes import Said, Talk


def talk(*messages, channel="chat", language=""):
    at, said = timedelta(), []
    for who, text, minutes in messages:
        at += timedelta(minutes=minutes)
        said.append(Said(who, text, at))
    return Talk(tuple(said), language, channel)


ASKED = ("customer", "Hello, where is my parcel?", 0)
ASKED_ZH = ("customer", "你好，我的包裹到哪里了？", 0)
CASES = {
    "no_greeting": (
        [ASKED, ("agent", "It is with the courier.", 1)],
        [ASKED_ZH, ("bot", "您好！包裹正在派送。", 1)],
    ),
    "response_gap": (
        [ASKED, ("agent", "Hello, it comes today.", 9)],
        [ASKED, ("agent", "Hello, it comes today.", 2), ("customer", "Thanks!", 90)],
    ),
    "broken_promise": (
        [ASKED_ZH, ("agent", "您好，我稍后给您回电。", 1)],
        [ASKED, ("agent", "I will ask them.", 1), ("agent", "I have asked: it comes today.", 9)],
    ),
    "wrong_language": (
        [ASKED_ZH, ("agent", "Hello, your parcel will arrive tomorrow morning.", 1)],
        [ASKED_ZH, ("agent", "您好，请看 https://example.com/where-is-my-parcel 页面。", 1)],
    ),
    "forbidden_words": (
        [ASKED, ("agent", "Hi, the warehouse people are idiots.", 1)],
        [("customer", "You idiots!", 0), ("agent", "I am sorry that you are upset.", 1)],
    ),
    "unanswered_question": (
        [("customer", "How much is shipping?", 0), ("agent", "Thank you for writing to us!", 1)],
        [("customer", "运费多少钱？", 0), ("agent", "您好，运费10元。", 1)],
    ),
    "personal_data": (
        [("customer", "My card is 4242 4242 4242 4242.", 0)],
        [("customer", "My order is 4242 4242 4242 4241.", 0)],
    ),
    "rude_tone": (
        [ASKED_ZH, ("agent", "自己看物流。", 1)],
        [ASKED, ("agent", "I am sorry, we cannot refund it after 30 days.", 1)],
    ),
    "not_confirmed": (
        [ASKED, ("agent", "It comes today.", 1)],
        [ASKED, ("agent", "It comes today. Is there anything else?", 1)],
    ),
}


@pytest.mark.parametrize("check", CHECKS)
def test_a_fault_is_found_and_what_looks_like_one_is_not(check):
    wrong, right = CASES[check]
    found = CHECKS[check](talk(*wrong))

    assert found.state == "fault"
    for one in found.evidence:
        assert wrong[one.message][1][one.start : one.end] == one.words
    assert CHECKS[check](talk(*right)).state != "fault"


def test_a_mail_may_take_a_day():
    slow = [ASKED, ("agent", "Hello, it comes today.", 600)]
    assert CHECKS["response_gap"](talk(*slow)).state == "fault"
    assert CHECKS["response_gap"](talk(*slow, channel="mail")).state == "ok"


def test_numbers_prove_themselves():
    """Luhn of 4242…: doubled 4 → 8, eight times, and eight times 2: 80. The identity number is
    the example of the standard: its weighted sum leaves 2, whose check sign is X."""
    assert is_card("4242424242424242")
    assert not is_card("4242424242424241")
    assert is_chinese_id("11010519491231002X")
    assert not is_chinese_id("110105194912310021")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my password is Hunter22!", True),
        ("the password is wrong", False),
        ("验证码：482913", True),
        ("我的密码是 abc12345", True),
        ("your code for 10 % off: SAVE10", False),
        ("call me at +44 20 7946 0958", False),
        ("IBAN GB82 WEST 1234 5698 7654 32", True),
        ("IBAN GB82 WEST 1234 5698 7654 33", False),
    ],
)
def test_personal_data_in_clear(text, found):
    assert bool(list(find_personal(text))) is found


def test_snippets_are_measured_and_those_apart_apart(tmp_path, capsys):
    (tmp_path / "apart").mkdir()
    line = "{{check: no_greeting, language: en, expect: {}, messages: [{{from: agent, text: {}}}]}}"
    seen = [line.format("true", "Yes."), line.format("false", "Hello!"), line.format("true", "Hi")]
    (tmp_path / "a.yaml").write_text("\n".join(f"- {one}" for one in seen))
    (tmp_path / "apart" / "b.yaml").write_text("- " + line.format("false", "No."))

    call_command("eval_checks", snippets=tmp_path, wrong=True)

    out = capsys.readouterr().out
    assert ["no_greeting", "seen", "100.0", "50.0"] in [row.split()[:4] for row in out.splitlines()]
    assert ["no_greeting", "apart", "0.0", "–"] in [row.split()[:4] for row in out.splitlines()]
    assert "a.yaml:3" in out
    assert "b.yaml" not in out


def test_a_snippet_of_no_known_check_is_refused(tmp_path):
    (tmp_path / "a.yaml").write_text("- {check: nice, language: en, expect: true, messages: []}")
    with pytest.raises(CommandError, match="nice"):
        call_command("eval_checks", snippets=tmp_path)
