"""Answers, figures and low scores by programs: the same as on their pages, with the same rights."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from core import clock
from core.clock import now
from surveys.actions.recovery import save_cause
from surveys.models import Answer, RecoveryTask

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    def sign_in(user):
        client = APIClient()
        client.force_authenticate(user)
        return client

    return sign_in


@pytest.fixture
def answered(asked, phone, react, supervisor):
    """Carol gave a one, and said why."""
    phone.post(asked(), {"score": "1", "comment": "It came too late."})
    react()
    return Answer.objects.get()


def at(page, *args):
    return reverse(f"api:{page}", args=args)


def test_answers_and_their_figures(answered, program, supervisor, alice):
    api = program(supervisor)
    (row,) = api.get(at("survey_answers")).json()["results"]
    assert (row["score"], row["comment"], row["metric"]) == (1, "It came too late.", "csat")
    assert row["ticket"] == str(answered.invitation.ticket_id)
    told = api.get(at("survey_figures"), {"days": 7, "metric": "csat"}).json()
    assert (told["days"], told["score"]["n"], told["score"]["value"]) == (7, 1, 0)
    assert told["coverage"]["value"] == 100
    assert program(alice).get(at("survey_answers")).status_code == 403


def test_a_low_score_is_worked_and_ended(answered, program, supervisor, admin, react, mails):
    api = program(supervisor)
    (task,) = api.get(at("recoveries"), {"state": "open"}).json()["results"]
    end = at("recovery_end", task["id"])
    assert api.post(end, {}, format="json").status_code == 400  # neither cause nor remedy
    cause = save_cause(None, name="Late", parent=None, harm=2, is_active=True, actor=admin)
    found = {"cause": str(cause.pk), "remedy": "Sent by express."}
    changed = api.patch(at("recovery", task["id"]), found, format="json").json()
    assert (changed["cause"], changed["state"]) == (str(cause.pk), "open")
    answer = api.post(end, {"told": "You said late: it flies."}, format="json")
    assert answer.status_code == 201
    assert (answer.json()["state"], answer.json()["told"]) == ("closed", "You said late: it flies.")
    with clock.at(now() + timedelta(minutes=1)):
        react()
    assert any("it flies" in mail.get_body(("plain",)).get_content() for mail in mails())


def test_what_is_not_there_is_named(answered, program, supervisor):
    api = program(supervisor)
    task = RecoveryTask.objects.get()
    wrong = api.patch(at("recovery", task.pk), {"cause": str(task.pk)}, format="json")
    assert (wrong.status_code, "cause" in wrong.json()["errors"]) == (400, True)
    assert api.get(at("recoveries"), {"state": "lost"}).status_code == 400
    assert api.patch(at("recovery", task.pk), {"remdy": "x"}, format="json").status_code == 400


def test_who_was_asked_is_told_and_who_was_not(asked, program, supervisor, wei):
    asked()
    api = program(supervisor)
    (row,) = api.get(at("survey_invitations")).json()["results"]
    assert (row["state"], row["why"], row["origin"]) == ("offered", "", "resolved")
    assert api.get(at("survey_invitations"), {"state": "answered"}).json()["results"] == []
    assert api.get(at("survey_invitations"), {"state": "lost"}).status_code == 400
    assert program(wei).get(at("survey_invitations")).status_code == 403
    wei.user_permissions.add(Permission.objects.get(codename="view_figures"))
    elsewhere = program(User.objects.get(pk=wei.pk))
    assert elsewhere.get(at("survey_invitations")).json()["results"] == []


def test_a_call_is_noted_once_and_never_of_those_kept_for_comparison(answered, program, supervisor):
    task = RecoveryTask.objects.get()
    api, call = program(supervisor), at("recovery_call", task.pk)
    first = api.post(call)
    assert (first.status_code, first.json()["called_at"] is None) == (201, False)
    assert api.post(call).json()["called_at"] == first.json()["called_at"]
    RecoveryTask.objects.update(is_control=True)
    assert api.post(call).status_code == 400


def test_its_owner_is_somebody_of_the_team(answered, program, supervisor, alice, mallory):
    api = program(supervisor)
    task = RecoveryTask.objects.get()
    found = {"owner": str(alice.pk)}
    assert api.patch(at("recovery", task.pk), found, format="json").json()["owner"] == str(alice.pk)
    wrong = api.patch(at("recovery", task.pk), {"owner": str(mallory.pk)}, format="json")
    assert wrong.status_code == 400 and "owner" in wrong.json()["errors"]
