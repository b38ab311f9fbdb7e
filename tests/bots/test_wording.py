"""How things are said: what is denied, drawn out, run together, or in two languages at once."""

import pytest

from bots.dialogue.acts import closing_in
from bots.dialogue.manners import is_elliptical, is_opinion
from bots.understanding.clauses import leave_denied
from bots.understanding.spelling import mend
from core.languages import identify


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("It's not a return, it's an old sofa of mine", "it's an old sofa of mine"),
        ("我不是要退货，我想换一个", "我想换一个"),
        ("没说要退，我问的是回收", "我问的是回收"),
        # A question, a reproach, and what is not wanted any more, stay.
        ("is it not a bit late? where is it", "is it not a bit late? where is it"),
        ("不是说三天到吗，怎么还没来", "不是说三天到吗，怎么还没来"),
        ("不要发货了，我在别处买了", "不要发货了，我在别处买了"),
        ("我不想退了，谢谢", "我不想退了，谢谢"),
        ("不是这个", "不是这个"),
    ],
)
def test_what_is_denied_says_nothing_of_what_is_meant(said, meant):
    assert leave_denied(said) == meant


@pytest.mark.parametrize("said", ["ohhh okkk", "Ahh, thankssss!", "yesss, got it", "Okay!!"])
def test_drawn_out_words_are_still_the_words(said):
    assert closing_in(said)


def test_contractions_without_their_sign_are_mended():
    assert mend("wheres the table, I dont see it") == "where's the table, I don't see it"


@pytest.mark.parametrize(
    ("said", "likely", "code"),
    [
        ("我的 dinner set 到了没 have you shipped it", None, "zh-hans"),
        ("order number是PW-30455", "zh-hans", "zh-hans"),
        ("Please send the 月见 lamp to my office", None, "en"),
    ],
)
def test_things_named_in_english_make_no_english_sentence(said, likely, code):
    assert identify(said, likely=likely).code == code


def test_a_sigh_before_half_a_question_is_passed_over():
    assert is_elliptical("rip-off lol. and on a coffee table for 320?")
    assert not is_elliptical("rip-off lol. and when does it arrive?")


def test_an_opinion_of_the_answer_is_no_matter_of_its_own():
    assert is_opinion("harsh but fair")
    assert not is_opinion("ok but I ordered two")
    assert not is_opinion("ok but it is still broken")
