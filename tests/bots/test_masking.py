"""Nothing personal is kept of what was asked, and none of it gets into a draft."""

import pytest

from bots.masking import mask, strip_courtesies


@pytest.mark.parametrize(
    "personal",
    [
        "carol@example.org",
        "+44 7700 900123",
        "138-1234-5678",
        "PL-20418",
        "PL20418",
        "4111 1111 1111 1111",
        "GB29 NWBK 6016 1331 9268 19",
        "https://shop.example/orders/991?token=abc",
        "17 Acacia Avenue",
        "SW1A 1AA",
        "中山路88号3单元",
    ],
)
def test_what_tells_of_a_person_goes(personal):
    said = mask(f"Please look at {personal} for me")
    assert personal not in said
    assert not any(part in said for part in personal.split() if len(part) > 3)
    assert said.startswith("Please look at")


def test_names_go_where_they_are_said_or_known():
    assert "Ashworth" not in mask("My name is Carol Ashworth and my lamp flickers")
    assert "王小明" not in mask("我叫王小明，灯一直闪")
    said = mask("Carol asked whether Mrs Ashworth may return it", names=["Carol Ashworth"])
    assert "Carol" not in said
    assert "Ashworth" not in said
    assert "return it" in said


def test_what_is_no_secret_stays():
    for said in ("How long does a refund take?", "退款要多久？", "Is the 30 day limit fixed?"):
        assert mask(said) == said


def test_courtesies_are_no_part_of_an_answer():
    answer = "Hi Carol,\n\nUse the label in the box.\nIt is free.\n\nBest regards,\nAlice"
    assert strip_courtesies(answer) == "Use the label in the box.\nIt is free."
    assert strip_courtesies("您好，请使用箱内的标签。\n祝好\n小陈") == "请使用箱内的标签。"
