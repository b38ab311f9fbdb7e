"""Low scores are worked, and closed only with a cause and a remedy."""

from datetime import timedelta

import pytest

from core import clock
from core.clock import now
from surveys.actions.recovery import save_cause, warn_of_late
from surveys.models import Answer, Invitation, RecoveryTask
from tickets.models import Message, Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def cause(admin):
    return save_cause(None, name="Slow", parent=None, harm=3, is_active=True, actor=admin)


@pytest.fixture
def task(asked, phone, react, supervisor):
    phone.post(asked(), {"score": "1", "comment": "Nobody helped me"})
    react()
    react()
    return RecoveryTask.objects.get()


def page_of(task):
    return f"/surveys/recovery/{task.pk}/"


def test_its_owner_is_told(task, supervisor):
    assert Notification.objects.filter(user=supervisor, kind="reminder").exists()


def test_it_cannot_be_closed_without_cause_and_remedy(task, cause, supervisor, sign_in):
    client = sign_in(supervisor)
    for given in ({}, {"cause": cause.pk}, {"remedy": "Sent a new one"}):
        assert client.post(page_of(task), {"close": "yes", **given}).status_code == 400
    assert RecoveryTask.objects.get().state == "open"


def test_remedy_and_you_said_we_did(task, cause, supervisor, sign_in, react, mails):
    given = {
        "cause": cause.pk,
        "remedy": "Sent a new one",
        "told": "You said we were slow; we answer within a day now.",
        "asks_again": "on",
        "close": "yes",
    }
    assert sign_in(supervisor).post(page_of(task), given).status_code == 302
    react()

    done = RecoveryTask.objects.get()
    assert (done.state, done.cause, done.remedy) == ("closed", cause, "Sent a new one")
    assert Message.objects.filter(pk__isnull=False, direction="out").exists()
    later = now() + timedelta(hours=2)
    with clock.at(later):
        react()
    said = [mail.get_body(("plain",)).get_content() for mail in mails()]
    assert any("You said we were slow" in text for text in said)
    second = Invitation.objects.get(is_second=True)
    assert done.second == second
    assert second.state == "offered"


def test_the_call_is_noted_once(task, supervisor, sign_in):
    client = sign_in(supervisor)
    client.post(f"{page_of(task)}called/")
    first = RecoveryTask.objects.get().called_at
    client.post(f"{page_of(task)}called/")
    assert first
    assert RecoveryTask.objects.get().called_at == first


def test_agents_without_the_right_see_none(task, alice, sign_in):
    assert sign_in(alice).get(page_of(task)).status_code == 403


def test_a_broken_promise_is_told_once(task, supervisor):
    with clock.at(now() + timedelta(hours=25)):
        assert warn_of_late() == 1
        assert warn_of_late() == 0
    assert Notification.objects.filter(user=supervisor, kind="overdue").count() == 1


def test_unhappy_words_open_one_too(asked, phone, react, supervisor, monkeypatch):
    from core import registry
    from core.registry import Understood

    monkeypatch.setattr(
        registry,
        "understanders",
        {"mine": lambda *_words, **_more: Understood(intent="slow_answer", mood=-0.9)},
    )
    phone.post(asked(), {"score": "4", "comment": "It was dreadful, never again"})
    react()
    answer = Answer.objects.get()
    assert (answer.mood, answer.theme) == (-0.9, "slow_answer")
    assert RecoveryTask.objects.get().reason == "words"
