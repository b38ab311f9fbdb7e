"""Which language something was said in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.languages import identify, simplify

SAID = [
    ("Where is my order?", "en"),
    ("Ich warte seit zwei Wochen auf mein Paket.", "de"),
    ("¿Dónde está mi pedido?", "es"),
    ("Où est ma commande ?", "fr"),
    ("Onde está a minha encomenda?", "pt"),
    ("Siparişim nerede?", "tr"),
    ("Đơn hàng của tôi ở đâu?", "vi"),
    ("Где мой заказ?", "ru"),
    ("أين طلبي؟", "ar"),
    ("注文はどこですか", "ja"),
    ("주문이 어디에 있나요", "ko"),
    ("我的订单到哪了？", "zh-hans"),
    ("我的訂單到哪裡了？", "zh-hant"),
    ("请问我的 order 什么时候 deliver？", "zh-hans"),
    ("hola", "es"),
    ("danke", "de"),
]


@pytest.mark.parametrize(("text", "code"), SAID)
def test_the_language_is_told(text, code):
    assert identify(text).code == code


def test_what_belongs_to_no_language_takes_that_of_the_conversation():
    assert identify("PW-20418").code == ""
    assert identify("PW-20418", likely="de").code == "de"
    assert identify("https://example.org/a carol@example.org").code == ""


def test_the_conversation_decides_where_the_words_do_not():
    assert identify("ok", likely="zh-hans").code == "en"  # another script is no question of likely
    assert identify("no", likely="es").code == "es"
    assert identify("商品", likely="zh-hant").code == "zh-hant"
    assert identify("The parcel has not arrived yet, please help.", likely="de").code == "en"


def test_traditional_writing_is_turned_into_simplified():
    assert simplify("訂單軟體") == "订单软件"


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text):
    found = identify(text)
    assert 0 <= found.confidence <= 1
