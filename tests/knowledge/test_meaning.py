"""What is meant is found though it is said in other words, or in another language."""

from io import StringIO

import pytest
from django.core.management import call_command

from core.encoders import EncoderUnavailable
from knowledge import encoding
from knowledge.actions import add_category, take_step, write_version
from knowledge.models import Passage, Reader
from knowledge.queries import search
from knowledge.tasks import index_passages

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(publish):
    return {
        "returns": publish("Sending goods back", "You may return them within 30 days."),
        "lamp": publish("The light does not hold still", "If it flickers, turn the bulb."),
        "invoice": publish("Papers for the tax office", "We mail an invoice with each parcel."),
    }


def titles(words, inbox, **given):
    given = {"reader": Reader(inbox.brand_id), "language": "en"} | given
    return [hit.version.title for hit in search(words, **given)]


def test_other_words_find_it_once_it_is_encoded(shop, inbox, meaning):
    asked = "my lamp goes on and off"
    assert titles(asked, inbox) == []
    meaning()
    assert titles(asked, inbox)[:1] == ["The light does not hold still"]


def test_another_language_finds_it(shop, inbox, meaning):
    meaning()
    assert titles("怎么退货", inbox, language="zh-hans")[:1] == ["Sending goods back"]


def test_what_means_nothing_alike_finds_nothing(shop, inbox, meaning):
    meaning()
    assert titles("a warehouse job on a forklift", inbox) == []


def test_while_somebody_types_words_alone_are_looked_for(shop, inbox, meaning, monkeypatch):
    meaning()

    def refuse(texts):
        raise AssertionError("A half-written word was encoded.")

    monkeypatch.setattr(encoding.passage_encoder(), "encode_queries", refuse, raising=False)
    assert titles("invo", inbox, open_end=True) == ["Papers for the tax office"]


def test_who_may_not_read_it_does_not_find_it_by_meaning(publish, inbox, meaning, alice):
    publish("Only for us", "When it blinks, offer 20 pounds.", audience="agents")
    meaning()
    assert titles("it goes on and off", inbox) == []
    assert titles("it goes on and off", inbox, reader=Reader(agent=alice)) == ["Only for us"]


def test_a_readable_one_is_found_behind_many_that_are_not(publish, inbox, meaning, monkeypatch):
    from connectors.actions import add_brand
    from knowledge.queries import candidates

    other = add_category(actor=None, names={"en": "X"}, brand=add_brand("Other"))
    publish("Ours", "The refund takes five days.")
    for number in range(8):
        publish(f"Theirs {number}", "The refund takes six days.", category=other)
    meaning()
    monkeypatch.setattr(candidates, "FEW", 3)
    monkeypatch.setattr(candidates, "_NEAREST", 3)
    assert titles("refund", inbox) == ["Ours"]


def test_publishing_encodes_it_within_the_lane(shop, inbox, meaning, react):
    article = shop["lamp"]
    draft = write_version(article, actor=None, language="en", title="Blink", body="It blinks.")
    take_step(draft, step="publish", actor=None)
    react()
    [passage] = Passage.objects.filter(version=draft)
    assert passage.encoder == "concepts@1"


def test_another_encoder_encodes_all_anew(shop, inbox, meaning, monkeypatch):
    meaning()
    monkeypatch.setattr(type(encoding.passage_encoder()), "version", "2")
    monkeypatch.setattr(encoding, "_warmed", {"concepts@2"})
    # Vectors of the old one are not compared with those of the new one.
    assert titles("my lamp goes on and off", inbox) == []
    call_command("index_articles", stdout=StringIO())
    assert set(Passage.objects.values_list("encoder", flat=True)) == {"concepts@2"}
    assert titles("my lamp goes on and off", inbox)[:1] == ["The light does not hold still"]


def test_without_an_encoder_words_still_find(shop, inbox, meaning, monkeypatch):
    meaning()

    def fail(texts):
        raise EncoderUnavailable("away")

    monkeypatch.setattr(encoding.passage_encoder(), "encode_queries", fail, raising=False)
    assert titles("invoice", inbox)[:1] == ["Papers for the tax office"]


def test_a_page_does_not_wait_for_the_encoder(shop, inbox, meaning, monkeypatch):
    meaning()
    monkeypatch.setattr(encoding, "_warmed", {"begun concepts@1"})
    assert titles("my lamp goes on and off", inbox) == []


def test_passages_indexed_in_an_older_way_are_indexed_again(shop, inbox, meaning):
    Passage.objects.update(words=None, tsv="")
    assert titles("invoice", inbox) == []
    index_passages()
    assert titles("invoice", inbox) == ["Papers for the tax office"]
    assert not Passage.objects.filter(encoder="").exists()


# Both ways of writing Chinese


@pytest.mark.parametrize(
    ("title", "language", "asked"),
    [
        ("運費由誰負擔", "zh-hant", "运费谁负担"),
        ("运费由谁承担", "zh-hans", "運費誰承擔"),
        ("軟體下載", "zh-hant", "软件下载"),
        ("软件下载", "zh-hans", "軟體下載"),
    ],
)
def test_either_way_of_writing_finds_the_other(publish, inbox, title, language, asked):
    publish(title, "說明。", language=language)
    [found] = search(asked, reader=Reader(inbox.brand_id), language="zh-hans")
    assert found.version.title == title


def test_what_is_marked_is_marked_as_it_is_written(publish, inbox):
    publish("說明", "退款約需五個工作天入帳。", language="zh-hant")
    [found] = search("退款入账", reader=Reader(inbox.brand_id), language="zh-hans")
    assert "退款" in {words for words, is_hit in found.fragments if is_hit}
