"""Reviewing by a program: the next conversation, marks without having seen the checks."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from core.clock import at
from quality.actions.sampling import draw_sample, last_week
from quality.models import Inspection, Review
from tickets import actions

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(ticket, alice, react):
    """Last week Alice resolved Carol's ticket rudely, and it is in the sample."""
    react()
    with at(timezone.now() - timedelta(days=7)):
        actions.reply(ticket, actor=alice, body="That is not my problem.")
        actions.move_to_status(ticket, actor=alice, status="resolved")
    react()
    draw_sample(last_week(), actor=None)
    return Inspection.objects.get(ticket=ticket)


@pytest.fixture
def program():
    def sign_in(user):
        client = APIClient()
        client.force_authenticate(user)
        return client

    return sign_in


def of(page, *args):
    return reverse(f"api:{page}", args=args)


def test_the_next_is_taken_marked_and_finished(judged, program, supervisor):
    api = program(supervisor)
    taken = api.post(of("reviews"))
    row = taken.json()
    assert (taken.status_code, row["ticket"], row["marks"]) == (201, str(judged.ticket_id), {})
    assert "rude_tone" in judged.faults
    assert not {"faults", "results"} & set(row)
    assert api.post(of("reviews")).json()["id"] == row["id"]  # the one that is begun

    marks = {one["code"]: 3 for one in row["criteria"]} | {"rude_tone": 0, "no_greeting": None}
    page = of("review_marks", row["id"])
    done = api.post(page, {"marks": marks, "comment": "Curt."}, format="json").json()
    assert (done["marks"], done["comment"]) == (marks, "Curt.")
    assert done["score"] == Review.objects.get(reviewer=supervisor).score
    assert [one["done_at"] for one in api.get(of("reviews")).json()["results"]] == [done["done_at"]]
    assert api.post(of("reviews")).status_code == 204


@pytest.mark.parametrize("wrong", [{}, {"rude_tone": 4}, {"rude_tone": "good"}, {"kind": 2}])
def test_marks_are_whole_and_of_the_scale(judged, program, supervisor, wrong):
    api = program(supervisor)
    row = api.post(of("reviews")).json()
    refused = api.post(of("review_marks", row["id"]), {"marks": wrong}, format="json")
    assert refused.status_code == 400
    whole = {"marks": {one["code"]: 2 for one in row["criteria"]}, "score": 100}
    assert api.post(of("review_marks", row["id"]), whole, format="json").status_code == 400
    assert Review.objects.get(pk=row["id"]).done_at is None


def test_the_same_key_finishes_once_another_is_told_that_it_is_finished(
    judged, program, supervisor
):
    api = program(supervisor)
    row = api.post(of("reviews")).json()
    body = {"marks": {one["code"]: 2 for one in row["criteria"]}}
    page = of("review_marks", row["id"])
    for _time in range(2):
        answer = api.post(page, body, format="json", headers={"Idempotency-Key": "one"})
        assert answer.status_code == 201
    assert api.post(page, body, format="json").status_code == 409


def test_a_review_is_its_reviewers_alone(judged, program, supervisor, admin, alice):
    row = program(supervisor).post(of("reviews")).json()
    assert program(admin).get(of("review", row["id"])).status_code == 404
    assert program(admin).post(of("review_marks", row["id"])).status_code == 404
    assert program(alice).post(of("reviews")).status_code == 403


def test_what_moved_out_of_sight_is_not_told(judged, program, bob, billing):
    bob.user_permissions.add(Permission.objects.get(codename="review_inspection"))
    row = program(bob).post(of("reviews")).json()
    bob.teams.set([billing])
    api = program(User.objects.get(pk=bob.pk))
    assert api.get(of("review", row["id"])).status_code == 404
    assert api.get(of("reviews")).json()["results"] == []
