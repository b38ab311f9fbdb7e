"""What customers see: shelves, articles, languages, and what they say of it."""

import pytest
from django.test import Client

from connectors.actions import add_brand
from knowledge.actions import add_category
from knowledge.models import ArticleFeedback

pytestmark = pytest.mark.django_db


@pytest.fixture
def article(publish):
    return publish(
        "Returning something",
        "Send it back.\n\n## Damaged\n\nTake a photo.",
        more=[("zh-hans", "怎么退货", "三十天内可以退货。")],
    )


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def test_the_start_page_shows_the_shelves(article, shelf, home, client):
    page = text_of(client.get(home))
    assert 'action="' + home in page
    assert "Returning something" in page
    assert f"{home}shelves/{shelf.pk}/" in page


def test_an_empty_help_centre_says_so(home, client, inbox):
    assert "There are no articles yet." in text_of(client.get(home))


def test_the_search_works_without_scripts(article, home, client):
    page = text_of(client.get(home, {"q": "damaged"}))
    assert f"{home}{article.pk}/" in page
    assert "<mark>Damaged</mark>" in page or "Returning something" in page
    nothing = text_of(client.get(home, {"q": "<b>xyzzy</b>"}))
    assert "Nothing found for" in nothing
    assert "<b>xyzzy" not in nothing


def test_results_appear_while_typing(article, home, client):
    assert "Returning something" in text_of(client.post(f"{home}find/", {"q": "retu"}))
    assert client.get(f"{home}find/").status_code == 405


def test_a_shelf_shows_its_articles_and_those_of_the_shelves_in_it(publish, shelf, home, client):
    below = add_category(actor=None, names={"en": "Big things"}, parent=shelf)
    publish("Sofas", category=below)
    page = text_of(client.get(f"{home}shelves/{shelf.pk}/"))
    assert "Big things" in page
    assert "Sofas" in page


def test_an_article_is_read_in_the_readers_language(article, home, client):
    english = text_of(client.get(f"{home}{article.pk}/"))
    chinese = text_of(client.get(f"{home}{article.pk}/", HTTP_ACCEPT_LANGUAGE="zh-hans"))
    assert "<h2>Damaged</h2>" in english
    assert "三十天内可以退货" in chinese
    assert "简体中文" in english
    chosen = text_of(client.get(f"{home}{article.pk}/?language=zh-hans"))
    assert "三十天内可以退货" in chosen
    assert "not in your language" in chosen


def test_related_articles_stand_beside_it(article, publish, home, client):
    other = publish("Returning a sofa")
    assert f"{home}{other.pk}/" in text_of(client.get(f"{home}{article.pk}/"))


def test_what_is_not_for_them_is_not_there(publish, home, client, carols):
    inside = publish("Inside", audience="agents")
    for_customers = publish("For customers", audience="customers")
    assert client.get(f"{home}{inside.pk}/").status_code == 404
    assert carols.get(f"{home}{inside.pk}/").status_code == 404
    assert client.get(f"{home}{for_customers.pk}/").status_code == 404
    assert carols.get(f"{home}{for_customers.pk}/").status_code == 200
    assert "Inside" not in text_of(carols.get(home))


def test_another_brands_help_centre_has_its_own_articles(publish, client, home):
    other = add_brand("Other house")
    theirs = publish("Theirs", category=add_category(actor=None, names={"en": "X"}, brand=other))
    assert client.get(f"{home}{theirs.pk}/").status_code == 404
    assert client.get(f"/portal/{other.slug}/help/{theirs.pk}/").status_code == 200


# Feedback


def rate(client, home, article, **data):
    answer = client.post(f"{home}{article.pk}/helpful/", data)
    assert answer.status_code == 302
    return answer


def test_each_reader_counts_once_and_may_change_their_mind(article, home, carols):
    strangers = Client()
    rate(strangers, home, article, helpful="yes")
    rate(strangers, home, article, helpful="no", comment="Which box?")
    rate(carols, home, article, helpful="yes")
    rate(carols, home, article, helpful="yes")
    rate(Client(), home, article, helpful="no")

    said = ArticleFeedback.objects.filter(article=article)
    assert sorted(said.values_list("is_helpful", flat=True)) == [False, False, True]
    assert [one.comment for one in said if one.comment] == ["Which box?"]
    assert said.exclude(customer=None).count() == 1


def test_a_reader_is_thanked_and_asked_what_is_missing(article, home, client):
    rate(client, home, article, helpful="no", language="en")
    page = text_of(client.get(f"{home}{article.pk}/"))
    assert "What is missing?" in page
    assert "Was this helpful?" not in page


def test_reading_alone_leaves_no_session(article, home, client):
    client.get(f"{home}{article.pk}/")
    assert "sessionid" not in client.cookies


def test_the_way_on_to_a_person_is_there(article, home, client, inbox):
    assert f"/portal/{inbox.brand.slug}/new/" in text_of(client.get(f"{home}{article.pk}/"))
