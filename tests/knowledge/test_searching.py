"""What is published is found at once: by stems, by Chinese words, while somebody still types."""

from importlib import import_module

import pytest

from core.registry import find_answers, note_helped
from knowledge.actions import take_step, write_version
from knowledge.models import ArticleVersion, Reader
from knowledge.queries import search
from knowledge.queries.suggestions import suggest
from knowledge.words import index_of, read_terms

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(publish):
    """A few articles about the same things, one of them in two languages."""
    return {
        "returns": publish(
            "Returning something",
            "Send it back within 30 days.\n\n## Damaged parcels\n\nTake a photo of the box first.",
            more=[
                ("zh-hans", "怎么退货", "签收后三十天内可以退货。\n\n## 运费\n\n运费由我们承担。")
            ],
        ),
        "refunds": publish("When the refund arrives", "A refund takes five working days."),
        "address": publish("Changing the address", "Write to us before the parcel leaves."),
    }


def titles(found):
    return [hit.version.title for hit in found]


def look(text, inbox, **given):
    given = {"language": "en"} | given
    return search(text, reader=Reader(inbox.brand_id), **given)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("return", "Returning something"),
        ("How do I return this?", "Returning something"),
        ("REFUNDS", "When the refund arrives"),
        ("changed addresses", "Changing the address"),
        ("damaged parcel", "Returning something"),
    ],
)
def test_english_words_are_found_by_their_stems(shop, inbox, words, first):
    assert titles(look(words, inbox))[0] == first


def test_words_that_most_passages_have_still_find_together(shop, inbox, monkeypatch):
    """As they would where thousands of passages have each of them."""
    candidates = import_module("knowledge.queries.candidates")
    monkeypatch.setattr(candidates, "_COMMON", -1)
    assert titles(look("address before parcel", inbox))[0] == "Changing the address"
    assert titles(look("working refund", inbox))[0] == "When the refund arrives"


@pytest.mark.parametrize("words", ["退货", "我想退货怎么办", "运费谁出", "货"])
def test_chinese_is_found_without_spaces_between_words(shop, inbox, words):
    assert titles(look(words, inbox, language="zh-hans"))[:1] == ["怎么退货"]


@pytest.mark.parametrize("words", ["ret", "returni", "the refu", "chang"])
def test_the_word_in_writing_counts_by_its_beginning(shop, inbox, words):
    assert look(words, inbox, open_end=True)
    assert words == "chang" or not look(words, inbox)


def test_a_title_counts_more_than_a_text(publish, inbox):
    publish("Gift cards", "They are paid like anything else.")
    publish("Paying", "With gift cards, by card, by transfer.")
    assert titles(look("gift", inbox)) == ["Gift cards", "Paying"]


def test_each_article_is_there_once_in_the_readers_language(shop, publish, inbox):
    publish("PL-20418", "One code.", more=[("zh-hans", "PL-20418", "一个代码。")])
    [english], [chinese] = look("pl20418", inbox), look("20418", inbox, language="zh-hans")
    assert (english.version.language, chinese.version.language) == ("en", "zh-hans")


def test_the_best_passage_is_shown_with_its_words_marked(shop, inbox):
    [hit, *_] = look("photo of a damaged box", inbox)
    assert hit.passage.heading == "Damaged parcels"
    assert {words for words, is_hit in hit.fragments if is_hit} >= {"photo", "box"}


def test_words_of_every_question_are_not_marked(publish, inbox):
    publish("Wood", "How is the wood of the table? 请问木头怎么保养。")
    [hit] = look("How is the wood 木头怎么保养", inbox)
    marked = {words for words, is_hit in hit.fragments if is_hit}
    assert marked == {"wood", "木头", "保养"}


def test_what_was_just_published_is_found_and_what_is_retired_is_not(publish, shelf, inbox):
    article = publish("Zebra crossing", "Stripes.")
    [version] = article.versions.all()
    assert titles(look("zebra", inbox)) == ["Zebra crossing"]
    draft = write_version(article, actor=None, language="en", title="Okapi", body="Stripes.")
    assert look("okapi", inbox) == []
    take_step(draft, step="publish", actor=None)
    assert look("zebra", inbox) == []
    assert titles(look("okapi", inbox)) == ["Okapi"]
    take_step(ArticleVersion.objects.get(pk=draft.pk), step="retire", actor=None)
    assert look("okapi", inbox) == []
    assert version.number == 1


def test_agents_find_what_others_do_not(publish, inbox, alice):
    publish("Goodwill limits", "Up to 30 pounds.", audience="agents")
    assert look("goodwill", inbox) == []
    assert titles(suggest("What are the goodwill limits?", agent=alice, language="en")) == [
        "Goodwill limits"
    ]


@pytest.mark.parametrize(
    "words", ["", "?!", "'", "a' | 'b", "how do I", "\\", ":*", "(((", "é" * 300]
)
def test_whatever_is_typed_is_a_question(shop, inbox, words):
    look(words, inbox, open_end=True)


def test_what_stands_in_every_question_is_not_looked_for():
    assert [term.ways[0] for term in read_terms("How do I get my lamp?")] == ["lamp"]
    assert index_of("A lamp", "", "lamps").tsvector.count("'lamp'") == 1


# In the request form


def test_the_request_form_offers_articles(shop, inbox, client):
    page = client.post(
        f"/portal/{inbox.brand.slug}/new/answers/", {"words": "How do I return a lamp"}
    ).content.decode()
    assert "Returning something" in page
    assert f"/portal/{inbox.brand.slug}/help/{shop['returns'].pk}/" in page


def test_only_what_everybody_may_read_is_offered_there(publish, inbox):
    publish("Secret returns", "Only inside.", audience="agents")
    publish("Returns of customers", "Signed in.", audience="customers")
    assert find_answers("returns", brand=inbox.brand_id, language="en") == []


def test_that_an_article_answered_is_kept(shop, inbox, carol):
    from core.models import Event

    key = f"article:{shop['returns'].pk}"
    assert note_helped(key, brand=inbox.brand_id, customer=carol.pk)
    assert Event.objects.get(name="answer.helped").subject_id == shop["returns"].pk
    assert not note_helped("article:x", brand=inbox.brand_id, customer=None)
