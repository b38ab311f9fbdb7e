"""A snippet shows the best place of a text, with what was looked for marked in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fulltext import find_snippet


def marked(fragments: list[tuple[str, bool]]) -> str:
    return "".join(f"[{text}]" if is_hit else text for text, is_hit in fragments)


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("My Parcels are late", "parcel", "My [Parcels] are late"),
        ("The Café is closed", "cafe", "The [Café] is closed"),
        ("Cafe\u0301 noir", "café", "[Cafe\u0301] noir"),
        ("我想申请退款，谢谢。", "退款", "我想申请[退款]，谢谢。"),
        ("我想申请退款，退款", "款", "我想申请退[款]，退[款]"),
        ("See PL-20418 now", "pl-20418", "See [PL-20418] now"),
        ("See PL-20418 now", "20418", "See PL-[20418] now"),
        ("Zoë’s lamp", "zoe", "[Zoë’s] lamp"),
        ("write anna.lee@example.com", "lee", "write anna.[lee]@example.com"),
        ("lamps and lamp", "lam", "[lamps] and [lamp]"),
        ("a  line\n\nbreak", "break", "a line [break]"),
        ("refund the refund", '"the refund"', "[refund] [the] [refund]"),
        ("Nothing here", "refund", "Nothing here"),
        ("Nothing asked", "", "Nothing asked"),
        ("<b>refund</b>", "refund", "<b>[refund]</b>"),
        ("", "refund", ""),
    ],
)
def test_hits_are_marked(text: str, query: str, shown: str) -> None:
    assert marked(find_snippet(text, query)) == shown


def test_the_best_place_of_a_long_text_is_shown() -> None:
    text = f"{'We sat and talked. ' * 40}The refund is late. {'Then we left. ' * 40}"
    shown = marked(find_snippet(text + "A refund of the lamp arrived." + text, "refund lamp"))
    assert "A [refund] of the [lamp] arrived." in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 180


def test_words_are_not_cut() -> None:
    text = " ".join(f"word{n}" for n in range(200))
    shown = "".join(part for part, _ in find_snippet(text, "word100"))
    assert set(shown.strip("…").split()) <= set(text.split())


def test_chinese_is_cut_anywhere_but_keeps_its_hit() -> None:
    text = "天地玄黄宇宙洪荒" * 60 + "申请退款" + "日月盈昃辰宿列张" * 60
    shown = marked(find_snippet(text, "退款", width=60))
    assert "申请[退款]日月" in shown
    assert len(shown) <= 66


@given(st.text(max_size=400), st.text(max_size=12), st.integers(20, 200))
def test_a_snippet_is_a_piece_of_the_text(text: str, query: str, width: int) -> None:
    fragments = find_snippet(text, query, width=width)
    shown = "".join(fragment for fragment, _ in fragments)
    line = " ".join(text.split())
    assert shown.removeprefix("…").removesuffix("…") in line + "…"
    assert len(shown) <= width + 60
    assert all(fragment for fragment, _ in fragments)
