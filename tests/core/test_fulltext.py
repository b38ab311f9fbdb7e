"""Blind search finds what a reader would find, and the index shows none of it."""

import random
import re
from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import assume, example, given
from hypothesis import strategies as st

from core import keyring
from core.fulltext import find_snippet, tsquery, tsvector
from core.words import TOKEN, normalise

RING = keyring.Keyring(1, 1, *([b"k" * 32] * 3), {1: b"k" * 32}, {1: b"r" * 32})


@pytest.fixture(autouse=True, scope="module")
def ring(django_db_setup: None) -> Iterator[None]:
    # After the cast is made: what is sealed there is opened by the ring of all tests.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyring, "load", lambda: RING)
        yield


# What PostgreSQL does with the two texts, in a few lines: the ends of each match.

Vector = dict[str, set[int]]
_SYMBOL = re.compile(r"'([\w-]+)'|<(\d+)>|([&|()])")
_STRENGTH = {"|": 1, "&": 2}


def read_vector(text: str) -> Vector:
    entries = (entry.rsplit("'", 1) for entry in text.split())
    return {
        lexeme[1:]: {int(place) for place in places[1:].split(",") if place}
        for lexeme, places in entries
    }


def matches(vector: Vector, query: str) -> bool:
    symbols = [match.group(0) for match in _SYMBOL.finditer(query)]

    def read(strength: int) -> tuple[bool, set[int]]:
        found = read_operand()
        while symbols and _strength(symbols[0]) >= strength:
            operator = symbols.pop(0)
            found = join(operator, found, read(_strength(operator) + 1))
        return found

    def read_operand() -> tuple[bool, set[int]]:
        symbol = symbols.pop(0)
        if symbol == "(":
            found = read(1)
            assert symbols.pop(0) == ")"
            return found
        places = vector.get(symbol.strip("'"))
        return places is not None, places or set()

    found, _ = read(1)
    assert not symbols
    return found


def _strength(symbol: str) -> int:
    return 3 if symbol.startswith("<") else _STRENGTH.get(symbol, 0)


def join(operator: str, one: tuple[bool, set[int]], other: tuple[bool, set[int]]):
    if operator == "&":
        return one[0] and other[0], set()
    if operator == "|":
        return one[0] or other[0], one[1] | other[1]
    distance = int(operator[1:-1])
    ends = {place + distance for place in one[1]} & other[1]
    return bool(ends), ends


def finds(query: str, *parts: str, prefixes_of: tuple[str, ...] = ()) -> bool:
    asked = tsquery(query)
    return asked is not None and matches(
        read_vector(tsvector(parts, prefixes_of=prefixes_of)), asked
    )


# Words and phrases

MAIL = (
    "Hello team, Zoë's parcels PL-20418 and DE7731 haven't arrived. I'm asking for a refund of "
    "1,250.00 €; write to anna.lee+shop@example.com or see follow-up no. 42!"
)


@pytest.mark.parametrize(
    "query",
    [
        "refund",
        "REFUNDS",
        "refunded parcel",
        "zoe",
        "Zoë",
        "Zoe's",
        "haven't",
        "havent",
        "PL-20418",
        "pl20418",
        "PL 20418",
        "20418",
        "de7731",
        "7731",
        "DE 7731",
        "anna.lee+shop@example.com",
        "ANNA.LEE",
        "anna lee",
        "example.com",
        "shop@example.com",
        "follow-up",
        "followup",
        "follow up",
        "1,250.00",
        "1250",
        "42",
        "ｒｅｆｕｎｄ",
        '"asking for a refund"',
        "“asking for a refund”",
        '"refund of 1,250.00" zoe',
        '"parcels PL-20418 and DE7731"',
        '"write to anna.lee+shop@example.com or"',
        '"Zoe\'s parcels"',
        'refund "',
        '"refund',
    ],
)
def test_found(query: str) -> None:
    assert finds(query, MAIL)


@pytest.mark.parametrize(
    "query",
    [
        "invoice",
        "refund invoice",
        "refun",
        "204",
        '"refund asking"',
        '"for refund"',
        '"Hello Zoe"',
        "PL-20419",
        "anna.lee@example.com",
        "2041",
    ],
)
def test_not_found(query: str) -> None:
    assert not finds(query, MAIL)


@pytest.mark.parametrize("query", ["", "   ", "!?", '""', "“”", "---", "👍", "\x00"])
def test_nothing_to_look_for(query: str) -> None:
    assert tsquery(query) is None


def test_a_phrase_never_crosses_from_one_part_to_the_next() -> None:
    assert finds("lamp refund", "my lamp", "refund please")
    assert not finds('"lamp refund"', "my lamp", "refund please")
    assert not finds("台灯退款", "我的台灯", "退款申请")


CHINESE = "您好，我想申请退款，订单号PL-20418。我的iPhone手机屏幕碎了"


@pytest.mark.parametrize(
    "query",
    [
        "退款",
        "申请退款",
        "我想申请退款",
        "款",
        "碎",
        "好",
        "退款 手机",
        "订单号PL-20418",
        "iphone手机",
        '"我的iPhone手机屏幕"',
        "「申请退款」",
        "20418",
        "手机屏幕碎了",
    ],
)
def test_found_in_chinese(query: str) -> None:
    assert finds(query, CHINESE)


@pytest.mark.parametrize(
    "query", ["退货", "款退", "请退订", "贵", "申请订单", '"手机iPhone"', "碎了您好"]
)
def test_not_found_in_chinese(query: str) -> None:
    assert not finds(query, CHINESE)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("返金", "商品が届きません。返金をお願いします"),
        ("お願い", "商品が届きません。返金をお願いします"),
        ("ギフト", "ｷﾞﾌﾄカードを買いました"),
        ("환불", "환불을 요청합니다"),
        ("คืนเงิน", "ขอคืนเงินค่ะ"),
        ("возврат", "Прошу оформить ВОЗВРАТ"),
        ("ελλας", "ΕΛΛΆΣ"),
        ("łódź", "Jan z Lodz"),
        ("hauptstrasse", "Hauptstraße 5"),
        ("oreal", "L'Oréal Paris"),
    ],
)
def test_found_in_other_languages(query: str, text: str) -> None:
    assert finds(query, text)


def test_the_last_word_may_be_unfinished_where_beginnings_are_indexed() -> None:
    subject, name, body = "Broken desk lamp", "Katarzyna Wiśniewska-Øland", "It flickers"
    for query in ("brok", "lamp kat", "KATARZ", "Wis", "øl", "wisniewska-o", "de", "broken des"):
        assert finds(query, subject, name, body, prefixes_of=(subject, name)), query
    for query in ("rok", "kat lamp", "flick", "b", '"brok"', "wisnia-o", "katarzynawis"):
        assert not finds(query, subject, name, body, prefixes_of=(subject, name)), query


def test_beginnings_alone_are_words_too() -> None:
    assert finds("kat", prefixes_of=("Katarzyna",))
    assert finds("Katarzyna", prefixes_of=("Katarzyna",))


def test_a_mailbox_is_found_while_it_is_typed() -> None:
    address = "anna.lee@example.com"
    for length in range(2, len(address) + 1):
        assert finds(address[:length].rstrip(".@"), prefixes_of=(address,)), address[:length]


def test_a_whole_mailbox_finds_its_owner_alone() -> None:
    people = (("Anna Lee", "anna@example.com"), ("Anna Berg", "bob@example.com"))
    found = [finds("anna@example.com", *one, prefixes_of=one) for one in people]
    assert found == [True, False]


# Properties

_chunk = st.text(
    st.characters(exclude_characters='"“”„‟«»「」『』', exclude_categories=["Cs", "Zs", "Cc"]),
    min_size=1,
    max_size=20,
)
_words = st.lists(_chunk | st.from_regex(r"[A-Za-z]{1,9}|[0-9]{1,6}", fullmatch=True), min_size=1)


def has_words(text: str) -> bool:
    return bool(TOKEN.search(normalise(text)))


@given(_words, st.data())
@example(["e\u0301a"], None)
@pytest.mark.slow
def test_any_word_of_a_text_finds_it(words: list[str], data: st.DataObject | None) -> None:
    word = data.draw(st.sampled_from(words)) if data else words[0]
    assume(has_words(word))
    assert finds(word, " ".join(words))


@given(_words, st.data())
def test_any_run_of_words_finds_the_text_as_a_phrase(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    phrase = " ".join(words[start : start + data.draw(st.integers(1, 5))])
    assume(has_words(phrase))
    assert finds(f'"{phrase}"', " ".join(words))


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1), st.data())
def test_any_part_of_a_chinese_text_finds_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : start + data.draw(st.integers(1, 8))]
    assert finds(part, f"Dear team {text}, thanks")


@given(st.lists(st.sampled_from("abcdef"), max_size=12), st.lists(st.sampled_from("abcdef")))
def test_a_phrase_is_found_exactly_where_it_stands(text: list[str], phrase: list[str]) -> None:
    assume(0 < len(phrase) <= 24)
    is_there = " ".join(phrase) in " ".join(text)
    assert finds(f'"{" ".join(phrase)}"', " ".join(text)) == is_there


@given(st.text(max_size=300))
def test_any_text_can_be_indexed_asked_for_and_shown(text: str) -> None:
    read_vector(tsvector([text], prefixes_of=[text]))
    tsquery(text)
    find_snippet(text, text[:20])


# What the database sees


def test_neither_index_nor_query_shows_a_word() -> None:
    vector, query = (
        tsvector([MAIL, CHINESE], prefixes_of=["Anna Lee"]),
        tsquery("refund 退款 20418"),
    )
    assert query
    for text in (vector, query):
        assert not re.search("refund|anna|20418|退|款", text, re.IGNORECASE)
    assert re.fullmatch(r"('[\w-]{11}'(:\d+(,\d+)*)? ?)+", vector)


def test_another_installation_hashes_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    here = tsvector(["refund"])
    other = keyring.Keyring(1, 1, *([b"k" * 32] * 3), {1: b"k" * 32}, {1: b"o" * 32})
    monkeypatch.setattr(keyring, "load", lambda: other)
    assert tsvector(["refund"]) != here


def test_old_and_new_rows_are_found_while_a_new_root_is_brought_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = read_vector(tsvector([MAIL]))
    roots = {1: b"r" * 32, 2: b"n" * 32}
    both = keyring.Keyring(1, 2, *([b"k" * 32] * 3), {1: b"k" * 32}, roots)
    monkeypatch.setattr(keyring, "load", lambda: both)
    new = read_vector(tsvector([MAIL]))
    assert new.keys().isdisjoint(old)
    for query in ("refund zoe", '"asking for a refund"'):
        asked = tsquery(query)
        assert asked
        assert matches(old, asked)
        assert matches(new, asked)
    absent = tsquery("refund invoice")
    assert absent
    assert not matches(old, absent)
    assert not matches(new, absent)


def ask_postgresql(vector: str, query: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector @@ %s::tsquery", [vector, query])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
def test_postgresql_agrees_with_the_matcher_of_these_tests() -> None:
    chance = random.Random(5)
    pool = [
        "refund",
        "lamp",
        "PL-20418",
        "a.b@c.de",
        "退款",
        "申请",
        "x1y2",
        "follow-up",
        "ran",
        "我",
    ]
    answers = []
    for _ in range(400):
        text = " ".join(chance.choices(pool, k=chance.randint(1, 9)))
        query = " ".join(chance.choices(pool, k=chance.randint(1, 3)))
        query = f'"{query}"' if chance.random() < 0.5 else query
        vector, asked = tsvector([text], prefixes_of=[text[:5]]), tsquery(query)
        assert asked
        answer = ask_postgresql(vector, asked)
        assert answer == matches(read_vector(vector), asked), (text, query)
        answers.append(answer)
    assert 50 < sum(answers) < 350


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"w{n}x" for n in range(120_000)),
        "word " * 100_000,
        "".join(chr(0x4E00 + n * 7 % 20_000) for n in range(200_000)),
        "a" * 1_000_000,
        "a-" * 300_000,
    ],
    ids=["many words", "one word", "chinese", "one long word", "joined"],
)
@pytest.mark.slow
def test_very_long_texts_fit_and_leave_room_for_the_subject(text: str) -> None:
    vector = tsvector([text, "Broken lamp"], prefixes_of=["Broken lamp"])
    asked = tsquery('"broken lamp" bro')
    assert asked
    assert ask_postgresql(vector, asked)


def test_a_long_query_is_cut_not_refused() -> None:
    asked = tsquery("word " * 1000 + "退款" * 1000)
    assert asked
    assert len(asked) < 2000
