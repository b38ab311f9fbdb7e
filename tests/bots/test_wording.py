"""How things are said: what is denied, drawn out, run together, or in two languages at once."""

import pytest

from bots.dialogue.acts import closing_in
from bots.dialogue.listing import named_in
from bots.dialogue.manners import (
    asks_about_slot,
    is_elliptical,
    is_opinion,
    says_it_is_found,
    seeks_number,
)
from bots.dialogue.words import echoes, is_of_own_people, wants_person, yes_or_no
from bots.understanding.clauses import cut_sentences, leave_denied
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


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("没错就这个", True),
        ("yep go on then", True),
        ("please do, thanks", True),
        ("呃算了还是留着吧", False),
        ("no wait, leave it as it is", False),
        ("of course not", False),
        ("let me talk to my wife first", False),
        ("等我跟媳妇商量下", False),
        ("yes, wait", None),
        ("真的不知道", None),
        ("is it free?", None),
    ],
)
def test_a_yes_and_a_no_are_known_by_what_they_are_made_of(said, answer):
    assert yes_or_no(said) is answer


@pytest.mark.parametrize(
    ("said", "is_yes"),
    [
        ("cancel it", True),
        ("please cancel", True),
        ("取消订单", True),
        # May be said of the question itself.
        ("cancel", False),
        ("取消", False),
        ("cancel order PW-20734", False),
        ("don't cancel it", False),
    ],
)
def test_the_words_of_the_question_are_a_yes(said, is_yes):
    asked = "Shall I cancel order PW-20735 (Moss breakfast set)? 确定取消订单吗？"
    assert echoes(said, asked) is is_yes


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("快递几天到?可以微信付吗?", ["快递几天到?", "可以微信付吗?"]),
        ("运费多少，能微信付吗", ["运费多少", "能微信付吗"]),
        ("cancel PW-20735 and tell me how long it takes", 2),
        ("where's the lamp, and the set should go to 4 Quay Street", 2),
        # One question, and what led to it.
        ("灯到了，不喜欢的话怎么退", []),
    ],
)
def test_what_is_asked_beside_is_cut_off(said, parts):
    found = cut_sentences(said)
    assert (len(found) if isinstance(parts, int) else found) == parts


LISTED = {"PW-2": "PW-2 丰年餐具套装", "PW-1": "PW-1 月见玻璃台灯"}


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("我的灯到哪了", "PW-1"),
        ("我买的台灯和餐具，餐具想退掉", "PW-2"),
        ("早一点的那个", "PW-1"),
        ("the newer one", "PW-2"),
        ("我的订单呢", ""),
    ],
)
def test_one_of_several_is_named_by_what_is_said_of_it(said, number):
    assert named_in(said, LISTED) == number


def test_what_was_missed_and_is_there_is_news_and_no_question():
    assert says_it_is_found("hold on, reception downstairs has it. panic over")
    assert says_it_is_found("楼下前台帮我收了")
    assert not says_it_is_found("the neighbour doesn't have it")
    assert not says_it_is_found("收到了但是碎了")


def test_asking_for_the_number_is_not_asking_for_the_order():
    assert seeks_number("where can I see my order number?")
    assert seeks_number("订单号去哪看")
    assert not seeks_number("where is my order?")
    assert asks_about_slot("postcode", "do I really need to give the postcode?")
    assert asks_about_slot("postcode", "为什么要问这个")
    assert not asks_about_slot("postcode", "how long do refunds take?")


def test_who_asks_whether_it_is_a_person_does_not_ask_for_one():
    assert not wants_person("你是真人吗")
    assert not wants_person("are you a real person?")
    assert wants_person("can I talk to a real person?")
    assert is_of_own_people("let me ask my husband")
    assert not is_of_own_people("let me speak to your manager")
