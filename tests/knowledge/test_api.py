"""Articles by the API: found and read by agents, written and published by those who may."""

import pytest

from knowledge.models import ArticleVersion

pytestmark = pytest.mark.django_db
WORDS = {"language": "en", "title": "Sending back", "body": "Within 30 days."}


def test_an_article_is_written_published_and_found(api, alice, supervisor, shelf):
    new = WORDS | {"category": str(shelf.pk), "audience": "public"}
    made = api(alice).post("/api/v1/articles/", new, format="json")
    assert made.status_code == 201
    article, [version] = made.json()["id"], made.json()["versions"]
    assert (version["state"], version["title"]) == ("draft", "Sending back")

    step = f"/api/v1/versions/{version['id']}/steps/"
    assert api(alice).post(step, {"step": "publish"}, format="json").status_code == 403
    done = api(supervisor).post(step, {"step": "publish"}, format="json")
    assert done.json()["state"] == "published"
    [found] = api(alice).get("/api/v1/articles/search/?q=send").json()["results"]
    assert (found["article"], found["text"]) == (article, "Within 30 days.")
    assert api(alice).get(f"/api/v1/articles/{article}/").json()["titles"] == {"en": "Sending back"}
    assert len(api(alice).get("/api/v1/articles/").json()["results"]) == 1


def test_a_text_is_written_once_per_key_and_not_over_a_newer_one(api, alice, publish):
    article = publish("Sending back")
    first = article.versions.get()
    path = f"/api/v1/articles/{article.pk}/versions/"
    words = WORDS | {"title": "Newer", "before": str(first.pk)}
    for _ in range(2):
        made = api(alice).post(path, words, format="json", headers={"Idempotency-Key": "k"})
        assert (made.status_code, made.json()["number"]) == (201, 2)
    assert ArticleVersion.objects.count() == 2
    late = api(alice).post(path, words | {"title": "Late"}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")


def test_what_is_no_article_is_refused(api, alice, light, shelf):
    new = WORDS | {"category": str(shelf.pk)}
    for wrong in ({"title": ""}, {"language": "xx"}, {"audience": "all"}, {"state": "published"}):
        assert api(alice).post("/api/v1/articles/", new | wrong, format="json").status_code == 400
    strange = new | {"category": "01999999-0000-7000-8000-000000000001"}
    assert api(alice).post("/api/v1/articles/", strange, format="json").status_code == 400
    assert api(light).post("/api/v1/articles/", new, format="json").status_code == 403
