"""What is named in a message."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.understanding.dates import read_number
from bots.understanding.entities import Kind, find_entities

TODAY = date(2026, 11, 22)  # a Sunday
PRODUCTS = Kind(
    "product",
    entries=(
        ("lamp-luna", ("Luna glass table lamp", "月见玻璃台灯")),
        ("lamp-arc", ("Arc floor lamp", "弧光落地灯")),
        ("rug-meadow", ("Meadow wool rug", "草甸羊毛地毯")),
    ),
)


def find(text, *, language="en", kinds=(), expects=""):
    found = find_entities(text, language=language, today=TODAY, kinds=kinds, expects=expects)
    for one in found:
        assert text[one.start : one.end] == one.text
    return [(one.kind, one.value) for one in found]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Where is PW-20418?", "PW-20418"),
        ("where is pw20418", "PW-20418"),
        ("PW 20418 please", "PW-20418"),
        ("我的订单号是20418", "20418"),
        ("我11月下的单PW20418", "PW-20418"),
        ("order number 20418", "20418"),
    ],
)
def test_order_numbers(text, value):
    assert ("order_number", value) in find(text)


def test_a_bare_number_is_an_order_number_only_when_one_was_asked_for():
    assert find("20418") == []
    assert find("it is 20418", expects="order_number") == [("order_number", "20418")]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("tomorrow", "2026-11-23"),
        ("the day after tomorrow", "2026-11-24"),
        ("two weeks ago", "2026-11-08"),
        ("in 3 days", "2026-11-25"),
        ("next Friday", "2026-11-27"),
        ("last Monday", "2026-11-16"),
        ("on 5 May 2027", "2027-05-05"),
        ("December 3rd", "2026-12-03"),
        ("24/12/2026", "2026-12-24"),
        ("2026-12-01", "2026-12-01"),
        ("后天", "2026-11-24"),
        ("大前天", "2026-11-19"),
        ("下周三", "2026-11-25"),
        ("上週五", "2026-11-13"),
        ("三天后", "2026-11-25"),
        ("5月5号", "2026-05-05"),
        ("十二月二十四日", "2026-12-24"),
    ],
)
def test_days(text, day):
    assert find(text, language="zh-hans") == [("date", day)]


def test_days_that_do_not_exist_are_not_told():
    assert find("31 June, 30/2/2026, 13月40日") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I paid £129.00", "129.00 GBP"),
        ("that is $1,280.50", "1280.50 USD"),
        ("50 quid", "50.00 GBP"),
        ("128块钱", "128.00 CNY"),
        ("花了一千二百八十元", "1280.00 CNY"),
        ("NT$5680", "5680.00 TWD"),
    ],
)
def test_amounts(text, value):
    assert find(text) == [("amount", value)]


def test_phones_and_addresses_in_one_spelling():
    assert find("+44 20 7946 0958 or A.B@Example.org.") == [
        ("phone", "+442079460958"),
        ("email", "a.b@example.org"),
    ]
    assert find("电话13812345678", language="zh-hans") == [("phone", "+8613812345678")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("my Luna glass table lamp", "lamp-luna"),
        ("the luna lamp is broken", "lamp-luna"),
        ("the meddow rug", "rug-meadow"),
        ("月见台灯坏了", "lamp-luna"),
        ("落地灯弧光那款", "lamp-arc"),
    ],
)
def test_names_on_a_list_are_found_with_slips_of_the_pen(text, value):
    assert ("product", value) in find(text, kinds=[PRODUCTS])


def test_a_word_of_several_names_tells_none_of_them():
    assert find("the lamp", kinds=[PRODUCTS]) == []


def test_a_pattern_of_the_house_replaces_what_is_known():
    own = Kind("order_number", pattern=r"(?:PW-?)?(\d{5})", form="PW-{1}")
    assert find("20418 or PW20419 or AB-77777777", kinds=[own]) == [
        ("order_number", "PW-20418"),
        ("order_number", "PW-20419"),
        ("order_number", "PW-77777"),
    ]


@given(st.text(max_size=300), st.sampled_from(["en", "zh-hans", "zh-hant", "de", ""]))
def test_any_text_is_read_and_nothing_overlaps(text, language):
    found = find_entities(text, language=language, today=TODAY, kinds=[PRODUCTS])
    assert all(text[one.start : one.end] == one.text for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@given(st.integers(min_value=-6, max_value=6))
def test_numbered_days_are_counted_from_today(days):
    said = f"in {days} days" if days > 0 else f"{-days} days ago"
    day = TODAY + timedelta(days=days)
    assert find(said) == [("date", day.isoformat())]


def test_chinese_numbers():
    said = ["七", "十", "十二", "二十", "二十四", "12"]
    assert [read_number(one) for one in said] == [7, 10, 12, 20, 24, 12]
