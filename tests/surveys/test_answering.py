"""The link of a mail: opening it records nothing, the first answer counts."""

from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from core.clock import now
from core.models import Event
from surveys.models import Answer, Invitation, RecoveryTask
from surveys.queries.links import token_of
from tests.conftest import write_in
from tickets.queries.follow import follow_token

pytestmark = pytest.mark.django_db


SCANNERS = [
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0) SafeLinks",
    "Barracuda Sentinel (EE)",
    "GoogleImageProxy",
    "Proofpoint URL Defense",
    "Mimecast-URL-Protect",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1",
    "WhatsApp/2.23.20.0",
    "curl/8.5.0",
    "",
]


@pytest.mark.parametrize("method", ["get", "head"])
def test_opened_twenty_times_by_scanners_it_records_nothing(method, asked, phone):
    path = asked()
    before = Event.objects.count()
    row = Invitation.objects.values().get()
    for at, scanner in enumerate(SCANNERS * 2):
        told = {"user-agent": scanner, "sec-purpose": "prefetch", "x-moz": "prefetch"}
        answer = getattr(phone, method)(f"{path}{at % 5 + 1}/", headers=told)
        assert answer.status_code == 200

    assert not Answer.objects.exists()
    assert Event.objects.count() == before
    assert Invitation.objects.values().get() == row


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_no_other_method_does_anything(method, asked, phone):
    assert getattr(phone, method)(f"{asked()}5/").status_code == 405
    assert not Answer.objects.exists()


def test_the_score_of_the_link_is_chosen_beforehand(asked, phone):
    page = phone.get(f"{asked()}4/").content.decode()
    assert 'value="4" required checked' in page
    assert page.count(" checked") == 1


def test_a_post_confirms(asked, phone):
    path = asked()
    said = phone.post(f"{path}4/", {"score": "5", "comment": "Well done"})

    assert said.status_code == 200
    # Back without the score of the mail, which is not what they said.
    assert f'href="{path}"' in said.content.decode()
    answer = Answer.objects.get()
    assert (answer.score, answer.comment) == (5, "Well done")
    event = Event.objects.get(name="survey.answered")
    assert event.details["score"] == 5
    assert "Well" not in str(event.details)


def test_the_comment_is_sealed(asked, phone):
    from django.db import connection

    phone.post(asked(), {"score": "5", "comment": "a canary sings"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT comment FROM surveys_answer")
        assert b"canary" not in bytes(cursor.fetchone()[0])


def test_an_answer_may_be_changed_for_a_day(asked, phone):
    path = asked()
    phone.post(path, {"score": "4"})
    assert phone.post(path, {"score": "5"}).status_code == 200
    assert Answer.objects.get().score == 5
    with clock.at(now() + timedelta(hours=25)):
        assert phone.post(path, {"score": "1"}).status_code == 410
        assert phone.get(path).status_code == 410
    assert Answer.objects.get().score == 5


@pytest.mark.parametrize("score", ["", "0", "6", "-1", "４", "1e0", "99999"])
def test_what_is_no_score_is_refused(score, asked, phone):
    assert phone.post(asked(), {"score": score}).status_code == 400
    assert not Answer.objects.exists()


def test_forged_links_are_refused_in_words(asked, phone):
    path = asked()
    token = path.split("/")[2]
    other = "0" if token[-1] != "0" else "1"
    for forged in (token[:-1] + other, token[:63], token + "0", "x" * 64, "0" * 64):
        answer = phone.post(f"/survey/{forged}/", {"score": "5"})
        assert answer.status_code == 404
        assert "does not work" in answer.content.decode()
    assert not Answer.objects.exists()


def test_a_link_is_good_for_its_own_request_alone(
    asked, phone, survey, no_cap, inbox, solve, react
):
    path = asked()
    solve(write_in(inbox, "dora@example.org", "Chair", "It wobbles.").ticket)
    react()
    first, second = Invitation.objects.order_by("created_at")
    mixed = second.pk.hex + token_of(first)[32:]
    assert phone.post(f"/survey/{mixed}/", {"score": "1"}).status_code == 404
    assert phone.post(path, {"score": "5"}).status_code == 200
    assert Answer.objects.get().invitation == first


def test_a_link_of_another_purpose_answers_nothing(asked, phone, ticket, carol):
    """And a survey's link opens no request."""
    path = asked()
    follow = follow_token(ticket.pk, carol.identities.first().pk)
    slug = ticket.inbox.brand.slug
    assert phone.get(f"/portal/{slug}/follow/{follow}/").status_code == 200
    invitation = Invitation.objects.get()
    for borrowed in (follow, follow[:64], follow[32:], invitation.pk.hex + follow[64:]):
        answer = phone.post(f"/survey/{borrowed}/", {"score": "1"})
        assert answer.status_code == 404
        assert "does not work" in answer.content.decode()
    token = path.split("/")[2]
    for borrowed in (token, ticket.pk.hex + token, token + token[32:]):
        assert phone.get(f"/portal/{slug}/follow/{borrowed}/").status_code == 404
    assert not Answer.objects.exists()


def test_a_link_is_bound_to_whom_and_what_it_asks(asked, phone, inbox, survey):
    path = asked()
    other = write_in(inbox, "dora@example.org", "Chair", "It wobbles.").ticket
    changes = {"ticket": other, "customer": other.customer, "survey": None, "nonce": "another"}
    for name, value in changes.items():
        before = Invitation.objects.values().get()
        Invitation.objects.update(**{name: value})
        assert phone.post(path, {"score": "1"}).status_code == 404
        Invitation.objects.update(**before)
    assert phone.post(path, {"score": "5"}).status_code == 200


def test_an_expired_link_says_so(asked, phone):
    path = asked()
    with clock.at(now() + timedelta(days=15)):
        for answer in (phone.get(f"{path}4/"), phone.post(f"{path}4/", {"score": "4"})):
            assert answer.status_code == 410
            assert "This survey is closed" in answer.content.decode()
    assert not Answer.objects.exists()


def test_replayed_after_its_time_it_says_that_it_was_answered(asked, phone):
    path = asked()
    phone.post(path, {"score": "4"})
    with clock.at(now() + timedelta(hours=25)):
        answer = phone.post(path, {"score": "1"})
    assert answer.status_code == 410
    assert "You have answered this" in answer.content.decode()
    assert Answer.objects.get().score == 4


def test_a_replayed_answer_is_the_same_answer(asked, phone):
    path = asked()
    for _ in range(5):
        assert phone.post(path, {"score": "3"}).status_code == 200
    assert Answer.objects.count() == 1
    assert Event.objects.filter(name="survey.answered").count() == 1


def test_it_needs_neither_session_nor_cookie(asked):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(asked(), {"score": "5"})
    assert answer.status_code == 200
    assert "sessionid" not in client.cookies


def test_the_page_speaks_the_language_of_the_request(survey, inbox, solve, react, mails, phone):
    from tests.surveys.conftest import link_in

    said = "你好，我的灯坏了，请问怎么办？我买了两个月，现在没有光。"
    solve(write_in(inbox, "li@example.org", "灯坏了", said).ticket)
    react()
    page = phone.get(link_in(mails()[-1]))
    assert "您对我们处理您请求的方式满意吗" in page.content.decode()
    assert 'lang="zh-Hans"' in page.content.decode()


def test_the_page_keeps_out_of_caches_and_referrers(asked, phone):
    page = phone.get(asked())
    assert page["Cache-Control"] == "no-store, private"
    assert page["Referrer-Policy"] == "no-referrer"


def test_a_low_score_opens_a_task(asked, phone, react, supervisor):
    phone.post(asked(), {"score": "1", "comment": "Nobody helped me"})
    react()
    react()
    task = RecoveryTask.objects.get()
    assert task.owner == supervisor
    assert now() < task.due_at <= now() + timedelta(hours=24)


def test_a_good_score_opens_none(asked, phone, react):
    phone.post(asked(), {"score": "4"})
    react()
    assert not RecoveryTask.objects.exists()
