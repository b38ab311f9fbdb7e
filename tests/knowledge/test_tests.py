"""Articles are asked what they must answer, and a gate can keep a worse one from going out."""

import pytest
from django.db import Error, transaction

from core.errors import Invalid, NotAllowed
from knowledge.actions import (
    add_test_question,
    remove_test_question,
    set_test_gate,
    take_step,
    write_version,
)
from knowledge.errors import TestsFailed
from knowledge.models import ArticleVersion, TestQuestion

pytestmark = pytest.mark.django_db


@pytest.fixture
def returns(publish):
    return publish("Returning something", "Send it back within 30 days.")


def ask(article, text="How do I return it?", actor=None):
    return add_test_question(article, text=text, language="en", actor=actor)


def rewrite(article, title, body="Nothing of it."):
    return write_version(article, actor=None, language="en", title=title, body=body)


def test_a_question_is_asked_at_once_and_whenever_something_is_published(returns, publish, react):
    question = ask(returns)
    assert question.is_passed
    publish("Return, return, return it: how do I return it?", "Return it. How do I return it?")
    react()
    question.refresh_from_db()
    assert question.place == 2


def test_a_failure_only_warns_unless_the_gate_is_shut(returns, supervisor):
    question = ask(returns)
    take_step(rewrite(returns, "Something else"), step="publish", actor=supervisor)
    question.refresh_from_db()
    assert question.place == 0


def test_a_shut_gate_keeps_the_old_text_out_there(returns, supervisor):
    question = ask(returns)
    set_test_gate("refuse", actor=supervisor)
    worse = rewrite(returns, "Something else")
    with pytest.raises(TestsFailed) as refusal:
        take_step(worse, step="publish", actor=supervisor)
    assert "How do I return it?" in refusal.value.reason
    out = ArticleVersion.objects.out().get(article=returns)
    assert (out.number, out.passages.count()) == (1, 1)
    better = rewrite(returns, "How to return it", "Send it.")
    take_step(better, step="publish", actor=supervisor)
    question.refresh_from_db()
    assert question.is_passed


def test_articles_for_some_are_asked_as_one_of_them(publish, alice):
    article = publish("Goodwill", "Thirty pounds.", audience="agents")
    assert ask(article, "goodwill", alice).is_passed


def test_the_same_question_is_kept_once_and_not_without_end(returns, alice, light, monkeypatch):
    assert ask(returns, actor=alice)
    assert ask(returns, "how do i RETURN it?", alice) is None
    with pytest.raises(NotAllowed):
        ask(returns, "May I?", light)
    with pytest.raises(Invalid):
        ask(returns, "x" * 301, alice)
    remove_test_question(TestQuestion.objects.get(), actor=alice)
    assert not TestQuestion.objects.exists()


def test_the_page_shows_what_came_of_it(returns, sign_in, alice, supervisor):
    client = sign_in(alice)
    words = {"language": "en", "text": "What about furniture?"}
    assert client.post(f"/knowledge/{returns.pk}/tests/", words).status_code == 302
    page = client.get(f"/knowledge/{returns.pk}/").content.decode()
    assert "What about furniture?" in page
    assert "not found" in page
    question = TestQuestion.objects.get()
    assert client.post(f"/knowledge/tests/{question.pk}/remove/").status_code == 302
    leading = sign_in(supervisor)
    assert leading.post("/knowledge/gate/", {"gate": "refuse"}).status_code == 302
    assert 'value="refuse" selected' in leading.get("/knowledge/use/").content.decode()


@pytest.mark.parametrize("field", ["title", "body", "html", "language", "number"])
def test_not_even_a_mistake_alters_what_was_published(returns, field):
    version = returns.versions.get()
    wrong = {field: 7 if field == "number" else "zh-hans"}
    with pytest.raises(Error), transaction.atomic():
        ArticleVersion.objects.filter(pk=version.pk).update(**wrong)
    take_step(version, step="retire", actor=None)
    with pytest.raises(Error), transaction.atomic():
        ArticleVersion.objects.filter(pk=version.pk).update(**wrong)
