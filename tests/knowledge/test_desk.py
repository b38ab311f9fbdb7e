"""The pages of those who write, review and publish, and articles beside a ticket."""

import io
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest

from core.clock import now
from knowledge.actions import set_control_share, take_step, write_version
from knowledge.models import Article, ArticleVersion, Category, KnowledgeUse
from knowledge.queries.desk import compare
from knowledge.queries.suggestions import is_in_control

pytestmark = pytest.mark.django_db
WORDS = {"title": "Sending back", "body": "Within 30 days."}


def page_of(response, status=200):
    assert response.status_code == status
    return response.content.decode()


@pytest.fixture
def writing(sign_in, alice):
    return sign_in(alice)


@pytest.fixture
def leading(sign_in, supervisor):
    return sign_in(supervisor)


def test_an_agent_writes_and_a_supervisor_publishes(writing, leading, shelf, home, client):
    about = {"language": "en", "category": str(shelf.pk), "audience": "public"}
    made = writing.post("/knowledge/new/", WORDS | about)
    article = Article.objects.get()
    assert made["Location"] == f"/knowledge/{article.pk}/?language=en"
    version = article.versions.get()
    words = WORDS | {"body": "Within 60 days.", "before": str(version.pk)}
    page = f"/knowledge/{article.pk}/en/"
    assert writing.post(page, words | {"then": "publish"}).status_code == 409
    assert writing.post(page, words | {"then": "submit"}).status_code == 302
    assert "Accept and publish" in page_of(leading.get(f"/knowledge/{article.pk}/"))
    leading.post(f"/knowledge/versions/{version.pk}/step/", {"step": "publish"})
    assert "Within 60 days." in page_of(client.get(f"{home}{article.pk}/"))


def test_what_was_typed_stays_after_a_refusal(writing, shelf):
    about = {"language": "en", "category": str(shelf.pk), "audience": "public"}
    page = page_of(
        writing.post("/knowledge/new/", about | {"title": "", "body": "Kept words"}), 400
    )
    assert "Kept words" in page
    assert not Article.objects.exists()


def test_who_wrote_from_an_old_page_keeps_their_words(leading, publish):
    article = publish("Sending back")
    first = article.versions.get()
    write_version(article, actor=None, language="en", title="Newer", body="x")
    words = {"title": "Mine", "body": "My words", "before": str(first.pk)}
    page = page_of(leading.post(f"/knowledge/{article.pk}/en/", words), 400)
    assert "My words" in page
    assert "Somebody else wrote a newer version" in page


def test_the_list_is_sieved(writing, publish, shelf, supervisor):
    other = Category.objects.create(names={"en": "Payment"}, position=2)
    publish("Out now")
    publish("Paying", category=other)
    gone = publish("Over", more=[("zh-hans", "过期", "文字")])
    gone.versions.filter(language="en").update(expire_at=now() - timedelta(days=1))
    retired = publish("Retired one")
    take_step(retired.versions.get(), step="retire", actor=supervisor)

    def shown(**asked):
        page = page_of(writing.get("/knowledge/", asked))
        return {t for t in ("Out now", "Paying", "Over", "Retired one") if f">{t}<" in page}

    assert shown() == {"Out now", "Paying", "Over", "Retired one"}
    assert shown(state="published", language="en") == {"Out now", "Paying"}
    assert shown(state="expired") == {"Over"}
    assert shown(state="retired") == {"Retired one"}
    assert shown(category=str(other.pk)) == {"Paying"}
    assert shown(q="paying") == {"Paying"}
    assert "过期" in page_of(writing.get("/knowledge/", {"language": "zh-hans"}))
    assert "No article fits" in page_of(writing.get("/knowledge/", {"q": "xyzzy"}))
    assert page_of(writing.get("/knowledge/", {"category": "x", "page": "x", "q": "\0"}))


def test_many_articles_cost_no_more_queries(writing, publish, django_assert_max_num_queries):
    for number in range(4):
        publish(f"Article {number}", more=[("zh-hans", f"文章{number}", "文字")])
    writing.get("/knowledge/")
    with django_assert_max_num_queries(9):
        writing.get("/knowledge/")


def test_versions_are_compared_word_by_word(leading, publish):
    article = publish("Sending back", "Within 30 days.\n\nSame line.\n\n退货需要三天。")
    second = write_version(
        article,
        actor=None,
        language="en",
        title="Sending back",
        body="Within 60 days.\n\nSame line.\n\n退货需要五天。",
    )
    page = page_of(leading.get(f"/knowledge/versions/{second.pk}/"))
    for part in ("<del>30</del>", "<ins>60</ins>", "<del>三</del>", "<ins>五</ins>"):
        assert part in page
    assert [line.kind for line in compare("a\nb\nc\nd\ne\nf", "a\nb\nc\nd\ne\nF")] == [
        "same", "gone", "new",
    ]  # fmt: skip


def test_the_preview_is_clean(writing):
    page = page_of(writing.post("/knowledge/preview/", {"body": "## A\n\n<img src=x onerror=y>"}))
    assert "<h2>A</h2>" in page
    assert "<img" not in page


# Files


def bring(client, shelf, name, content):
    file = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    file.name = name
    return client.post(
        "/knowledge/import/", {"file": file, "category": str(shelf.pk), "language": "en"}
    )


def test_a_table_is_taken_row_by_row(writing, shelf):
    table = (
        "title,body,language,category,group,audience\n"
        "Sending back,Within **30** days,en,returns,a,\n"
        "怎么退货,三十天内,zh-CN,,a,\n"
        ",No title,en,,,\n"
        "Elsewhere,x,en,Nowhere,,\n"
        "Klingon,x,tlh,,,\n"
        "For whom,x,en,,,everyone\n"
    )
    page = page_of(bring(writing, shelf, "a.csv", table))
    article = Article.objects.get()
    assert set(article.versions.values_list("language", "state")) == {
        ("en", "draft"), ("zh-hans", "draft"),
    }  # fmt: skip
    for where in ("row 4", "row 5", "row 6", "row 7"):
        assert f'<b dir="auto">{where}</b>' in page
    assert "There is no category “Nowhere”." in page


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"\xff\xfe\x81"),
        ("a.csv", "name,text\na,b\n"),
        ("a.csv", 'title,body\n"a,b\n'),
        ("a.exe", "MZ"),
        ("a.zip", b"PK\x03\x04broken"),
    ],
)
def test_a_file_of_no_use_is_refused_with_its_reason(writing, shelf, name, content):
    page = page_of(bring(writing, shelf, name, content), 400)
    assert 'class="wrong"' in page
    assert not Article.objects.exists()


def test_markdown_says_its_own_facts(writing, shelf):
    bring(writing, shelf, "a.md", "---\nlanguage: zh-hant\naudience: agents\n---\n# 標題\n\n內文")
    version = ArticleVersion.objects.get()
    assert (version.title, version.body, version.language) == ("標題", "內文", "zh-hant")
    assert version.article.audience == "agents"


def test_html_becomes_markdown(writing, shelf):
    html = (
        "<title>Site</title><h1>Sending back</h1><p>Within <b>30</b> days, <a href='https://e.org'>"
        "see</a>.</p><script>evil()</script><ul><li>one<li>two</ul><h2>More</h2><p>x"
    )
    bring(writing, shelf, "a.html", html)
    version = ArticleVersion.objects.get()
    assert version.title == "Sending back"
    assert version.body.startswith("Within **30** days, [see](https://e.org).")
    assert "- one\n- two" in version.body
    assert "## More" in version.body
    assert "evil" not in version.body


def test_what_goes_out_comes_in_again(leading, publish, shelf):
    article = publish("Sending back", "One.", more=[("zh-hans", "退货", "一。")])
    answer = leading.get("/knowledge/export/")
    assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 2
    write_version(article, actor=None, language="en", title="Other", body="Two.")
    page_of(bring(leading, shelf, "all.zip", answer.content))
    assert Article.objects.count() == 1
    newest = article.versions.filter(language="en").first()
    assert (newest.title, newest.body, newest.state) == ("Sending back", "One.", "draft")
    assert article.versions.filter(language="zh-hans").count() == 1


# Beside a ticket


def suggest(client, ticket, words="How do I send it back?"):
    asked = {"ticket": str(ticket.pk), "brand": str(ticket.inbox.brand_id), "words": words}
    return page_of(client.post("/knowledge/suggest/", asked))


def test_articles_stand_beside_a_ticket_and_are_counted(writing, publish, ticket, home):
    article = publish("Sending it back")
    inside = publish("Sending back: goodwill", audience="agents")
    page = suggest(writing, ticket)
    assert f"{home}{article.pk}/?language=en" in page
    assert f"{home}{inside.pk}/" not in page
    assert "data-internal" in page
    suggest(writing, ticket)
    used = {"kind": "inserted", "article": str(article.pk), "ticket": str(ticket.pk)}
    assert writing.post("/knowledge/used/", used).status_code == 204
    kinds = KnowledgeUse.objects.filter(article=article).values_list("kind", flat=True)
    assert sorted(kinds) == ["inserted", "shown"]
    wrong = used | {"kind": "withheld"}
    assert writing.post("/knowledge/used/", wrong).status_code == 400


def test_tickets_of_the_control_get_none_and_that_is_counted(
    writing, leading, publish, ticket, supervisor
):
    publish("Sending it back")
    set_control_share(100, actor=supervisor)
    assert "data-article" not in suggest(writing, ticket)
    assert [use.kind for use in KnowledgeUse.objects.all()] == ["withheld"]
    assert "<dd>1</dd>" in page_of(leading.get("/knowledge/use/"))
    leading.post("/knowledge/use/", {"percent": "0"})
    assert "data-article" in suggest(writing, ticket)


def test_the_control_share_is_what_was_set(supervisor, db):
    set_control_share(20, actor=supervisor)
    share = sum(is_in_control(uuid4()) for _ in range(400)) / 400
    assert 0.1 < share < 0.3


def test_the_tickets_page_has_a_place_for_articles(writing, ticket):
    page = page_of(writing.get(f"/tickets/{ticket.pk}/"))
    assert '<knowledge-panel data-src="/knowledge/suggest/"' in page
    assert f'data-ticket="{ticket.pk}"' in page
