"""What is not answered comes together, is drafted from what people answered, and is then tested."""

from datetime import timedelta
from uuid import uuid4

import pytest

from bots.actions.drafting import draft_gap
from bots.actions.learning import (
    accept_gap,
    dismiss_gap,
    forget_old_questions,
    gather_questions,
    note_unanswered,
)
from bots.errors import AlreadyDecided
from bots.models import Gap, Question
from core import clock
from core.clock import now
from core.errors import NotAllowed
from knowledge.actions import take_step
from knowledge.models import TestQuestion
from tests.knowledge.conftest import home, meaning, publish, shelf  # noqa: F401
from tickets import actions

pytestmark = pytest.mark.django_db


def note(*questions, **about):
    given = {"language": "en", "intent": "wrapping", "reason": "low_confidence"} | about
    for question in questions:
        note_unanswered(question, dialogue=uuid4(), **given)


@pytest.fixture
def asked(meaning):  # noqa: F811
    note(
        "Do you do gift wrap?",
        "Is wrapping possible for a present?",
        "gift wrap please, order PL-20418, carol@example.org",
        "I forgot my password",
    )
    gather_questions()


def test_questions_that_mean_the_same_are_one_gap(asked):
    assert sorted(Gap.objects.values_list("size", flat=True)) == [1, 3]
    note("Can you wrap it as a gift? I mean gift wrap", "sign in fails")
    gather_questions()
    assert sorted(Gap.objects.values_list("size", flat=True)) == [2, 4]


def test_languages_stay_apart(asked):
    note("可以礼品包装吗", language="zh-hans")
    gather_questions()
    assert sorted(Gap.objects.values_list("language", "size")) == [
        ("en", 1), ("en", 3), ("zh-hans", 1),
    ]  # fmt: skip


def test_nothing_personal_is_kept_and_what_is_kept_is_sealed(asked):
    from django.db import connection

    said = " ".join(one.text for one in Question.objects.all())
    assert "gift wrap please" in said
    assert "PL-20418" not in said
    assert "carol@" not in said
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(text::text, '') FROM bots_question")
        assert b"gift".hex() not in cursor.fetchone()[0]


def test_what_asks_nothing_is_not_kept(db):
    note("PL-20418", "?", "  ", "+44 7700 900123")
    assert not Question.objects.exists()


def test_searches_without_result_count(publish, home, client, meaning):  # noqa: F811
    publish("Sending back", "Within 30 days.")
    meaning()
    client.get(home, {"q": "do you offer gift wrap"})
    client.get(home, {"q": "sending back"})
    client.post(f"{home}find/", {"q": "gift wr"})  # half a word of somebody who types
    [question] = Question.objects.all()
    assert (question.source, question.text) == ("search", "do you offer gift wrap")


def test_articles_that_do_not_help_count_once_per_reader(publish, home, client, react):  # noqa: F811
    article = publish("Sending back", "Within 30 days.")
    client.post(f"{home}{article.pk}/helpful/", {"helpful": "no"})
    react()
    words = {"helpful": "no", "comment": "What about furniture? 020 7946 0958"}
    client.post(f"{home}{article.pk}/helpful/", words)
    react()
    [question] = Question.objects.all()
    assert question.source == "article"
    assert question.text.startswith("What about furniture?")
    assert "7946" not in question.text


# Drafts


@pytest.fixture
def solved(mail_in, inbox, alice, status, meaning):  # noqa: F811
    """Two tickets in which Alice explained it."""
    answers = [
        "Hi Carol,\n\nYes, gift wrap costs 3 pounds for each parcel. Your order PL-20418 has it "
        "already. Choose it at the end of the order.\n\nBest regards,\nAlice Moreau",
        "Hello,\n\nGift wrap is 3 pounds for each parcel. Choose it at the end of the order.\n\n"
        "Best regards,\nAlice",
    ]
    for number, answer in enumerate(answers):
        message = mail_in(
            inbox, f"carol{number}@example.org", "A present", "Do you do gift wrap?", name="Carol"
        )
        actions.reply(message.ticket, actor=alice, body=answer)
        actions.move_to_status(message.ticket, status="resolved", actor=alice)


def test_a_draft_comes_from_answers_of_people_without_what_is_personal(solved, asked):
    gap = Gap.objects.get(size=3)
    assert draft_gap(gap)
    gap.refresh_from_db()
    assert "3 pounds for each parcel" in gap.draft_body
    for personal in ("Carol", "Alice", "PL-20418", "Hi ", "regards"):
        assert personal not in gap.draft_body
    assert len(gap.drafted_from) == 2


def test_without_an_answer_of_a_person_there_is_no_draft(asked):
    gap = Gap.objects.get(size=3)
    assert not draft_gap(gap)
    gap.refresh_from_db()
    assert gap.draft_body == ""
    assert gap.drafted_at


# Deciding


def test_what_is_accepted_is_written_published_and_tested(
    asked,
    shelf,  # noqa: F811
    supervisor,
    react,
    meaning,  # noqa: F811
):
    gap = Gap.objects.get(size=3)
    words = {"title": "Gift wrap", "body": "Gift wrap costs 3 pounds."}
    version = accept_gap(gap, actor=supervisor, category=shelf, **words)
    gap.refresh_from_db()
    assert (gap.state, version.state) == ("drafted", "draft")
    take_step(version, step="publish", actor=supervisor)
    react()
    gap.refresh_from_db()
    assert gap.state == "closed"
    tests = list(TestQuestion.objects.all())
    assert {one.text for one in tests} == {
        "Do you do gift wrap?", "Is wrapping possible for a present?",
    }  # fmt: skip
    assert all(one.is_learned and one.is_passed for one in tests)


def test_what_is_dismissed_takes_further_questions_and_stays_away(asked, alice):
    gap = Gap.objects.get(size=3)
    dismiss_gap(gap, actor=alice)
    note("gift wrap?")
    gather_questions()
    gap.refresh_from_db()
    assert (gap.state, gap.size) == ("dismissed", 4)
    with pytest.raises(AlreadyDecided):
        dismiss_gap(gap, actor=alice)


def test_who_may_not_write_decides_nothing(asked, light, shelf):  # noqa: F811
    gap = Gap.objects.get(size=3)
    with pytest.raises(NotAllowed):
        dismiss_gap(gap, actor=light)
    with pytest.raises(NotAllowed):
        accept_gap(gap, actor=light, category=shelf, title="T", body="B")


def test_what_nobody_asks_any_more_is_forgotten(asked, alice):
    dismiss_gap(Gap.objects.get(size=3), actor=alice)
    with clock.at(now() + timedelta(days=200)):
        forget_old_questions()
    assert [gap.size for gap in Gap.objects.all()] == [3]


# Pages


def test_an_editor_sees_gaps_and_accepts_one(asked, sign_in, alice, shelf):  # noqa: F811
    client = sign_in(alice)
    gap = Gap.objects.get(size=3)
    page = client.get("/knowledge/gaps/").content.decode()
    assert gap.title in page
    assert f"/knowledge/gaps/{gap.pk}/" in page
    page = client.get(f"/knowledge/gaps/{gap.pk}/").content.decode()
    assert "Is wrapping possible for a present?" in page
    words = {"title": "Gift wrap", "body": "3 pounds.", "category": shelf.pk, "audience": "public"}
    answer = client.post(f"/knowledge/gaps/{gap.pk}/", words | {"title": ""})
    assert answer.status_code == 400
    assert "3 pounds." in answer.content.decode()
    answer = client.post(f"/knowledge/gaps/{gap.pk}/", words)
    gap.refresh_from_db()
    assert answer["Location"] == f"/knowledge/{gap.article_id}/?language=en"
    page = client.get(f"/knowledge/gaps/{gap.pk}/").content.decode()
    assert "Gift wrap" in page


def test_without_gaps_the_page_says_so(db, sign_in, alice):
    client = sign_in(alice)
    assert "No open gaps" in client.get("/knowledge/gaps/").content.decode()
    assert client.post("/knowledge/gaps/learn/").status_code == 302
    assert "/knowledge/gaps/" in client.get("/knowledge/").content.decode()
