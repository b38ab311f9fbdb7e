"""Every resolved conversation is judged once, and its evidence is shown to whom it concerns."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.translation import gettext, override

from core import clock
from core.models import Event
from quality.actions.inspecting import inspect_forgotten, judge, keep
from quality.actions.rubrics import publish, save_draft
from quality.models import Inspection, Rubric
from tickets import actions

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(ticket, alice, react):
    """Alice promised something, and resolved it with that."""
    react()
    actions.reply(ticket, actor=alice, body="Hello! I will call you tomorrow.")
    actions.move_to_status(ticket, actor=alice, status="resolved")
    react()
    return Inspection.objects.get(ticket=ticket)


def test_what_is_resolved_is_judged_with_its_evidence(judged, alice):
    assert judged.agent == alice
    assert "broken_promise" in judged.faults
    assert "no_greeting" not in judged.faults
    assert judged.score is not None
    (message, start, end), *_ = judged.results["broken_promise"]["evidence"]
    body = judged.ticket.messages.get(pk=message).body
    assert body[start:end] == "I will call you tomorrow."


def test_no_words_are_kept_with_the_score(judged):
    assert "call you" not in str(judged.results)
    told = Event.objects.get(name="inspection.made")
    assert "call you" not in str(told.details)


def test_each_resolution_is_judged_once(judged, ticket, alice, react):
    react()
    assert inspect_forgotten() == 0
    actions.move_to_status(ticket, actor=alice, status="open")
    actions.reply(ticket, actor=alice, body="I have just called you.")
    actions.move_to_status(ticket, actor=alice, status="resolved")
    react()

    again = Inspection.objects.filter(ticket=ticket).order_by("cycle")
    assert [one.cycle for one in again] == [0, 1]
    assert "broken_promise" not in again[1].faults


def test_judged_late_each_solution_has_its_own_end(ticket, alice, react):
    """As when all workers were down meanwhile."""
    began = clock.now()
    for hours, status in enumerate(("resolved", "open", "resolved")):
        with clock.at(began + timedelta(hours=hours)):
            actions.move_to_status(ticket, actor=alice, status=status)
    react()
    ticket.refresh_from_db()
    first, second = Inspection.objects.order_by("cycle")
    assert first.resolved_at - began < timedelta(minutes=1)
    assert second.resolved_at == ticket.resolved_at
    assert inspect_forgotten() == 0


def test_solved_anew_after_an_answer_was_taken_back_it_is_judged_anew(ticket, alice, react):
    answer = actions.reply(ticket, actor=alice, body="That is not my problem.", status="resolved")
    react()
    first = Inspection.objects.get()
    assert "rude_tone" in first.faults
    actions.withdraw(answer, actor=alice)
    actions.reply(ticket, actor=alice, body="Hello! We have put it right.")
    actions.move_to_status(ticket, actor=alice, status="resolved")
    react()

    ticket.refresh_from_db()
    again = Inspection.objects.get()
    assert (again.pk, again.cycle, again.resolved_at) == (first.pk, 0, ticket.resolved_at)
    assert "rude_tone" not in again.faults
    assert inspect_forgotten() == 0


def test_what_was_forgotten_is_found(ticket, alice):
    """As if its reaction had failed for good."""
    actions.reply(ticket, actor=alice, body="Hello!")
    actions.move_to_status(ticket, actor=alice, status="resolved")
    assert not Inspection.objects.exists()

    assert inspect_forgotten() == 1
    assert inspect_forgotten() == 0


def test_evidence_stands_beside_the_ticket(judged, ticket, alice, sign_in):
    page = sign_in(alice).get(reverse("quality:in_ticket", args=[ticket.pk])).content.decode()

    (message, *_), *_rest = judged.results["broken_promise"]["evidence"]
    assert f'href="#m-{message}"' in page
    assert "I will call you tomorrow." in page


def test_colleagues_see_no_score_of_hers(judged, ticket, bob, mallory, supervisor, sign_in):
    beside = reverse("quality:in_ticket", args=[ticket.pk])
    own = reverse("quality:inspection", args=[judged.pk])

    assert "call you tomorrow" not in sign_in(bob).get(beside).content.decode()
    assert sign_in(bob).get(own).status_code == 404
    assert sign_in(mallory).get(own).status_code == 404
    assert sign_in(supervisor).get(own).status_code == 200


def test_a_published_rubric_judges_what_comes_and_leaves_what_was(
    judged, ticket, admin, alice, react
):
    before = judged.score
    critical = {
        "code": "broken_promise",
        "name": "Promises kept",
        "weight": 5,
        "is_critical": True,
    }
    save_draft(criteria=[critical], actor=admin)
    actions.move_to_status(ticket, actor=alice, status="open")
    publish(actor=admin)
    actions.move_to_status(ticket, actor=alice, status="resolved")
    react()

    first, second = Inspection.objects.filter(ticket=ticket).order_by("cycle")
    assert (first.score, second.score) == (before, 0)
    assert second.rubric == Rubric.objects.get(state="live")


def test_the_rubric_is_written_as_a_draft_and_published(admin, supervisor, sign_in):
    page, client = reverse("quality:rubric"), sign_in(admin)
    live = Rubric.objects.get(state="live")
    form = {
        "form-TOTAL_FORMS": 2,
        "form-INITIAL_FORMS": 1,
        "form-0-code": "rude_tone",
        "form-0-name": "Friendly tone",
        "form-0-weight": 4,
        "form-1-code": "",
        "form-1-name": "Knows our products",
        "form-1-weight": 2,
    }

    assert client.post(page, form).status_code == 302
    assert Rubric.objects.get(state="live") == live
    assert client.post(reverse("quality:publish")).status_code == 302
    now_live = Rubric.objects.get(state="live")
    assert [(one["code"], one["way"]) for one in now_live.criteria] == [
        ("rude_tone", "auto"),
        ("knows_our_products", "human"),
    ]
    assert sign_in(supervisor).get(page).status_code == 403


def test_a_second_worker_keeps_nothing_besides(judged, ticket):
    """As after a kill: both had judged it before either could keep it."""
    ticket.refresh_from_db()
    again = judge(ticket.pk, seq=ticket.seq, resolved_at=ticket.resolved_at)

    assert keep(again) is None
    assert Inspection.objects.count() == Event.objects.filter(name="inspection.made").count() == 1


def test_the_names_that_ship_stay_translatable(admin):
    with override("zh-hans"):
        given = [{"code": "rude_tone", "name": gettext("Friendly tone"), "weight": 1}]
        save_draft(criteria=given, actor=admin)
    assert Rubric.objects.get(state="draft").criteria[0]["name"] == "Friendly tone"


def test_programs_read_what_was_judged(ticket, alice, bob, supervisor, react):
    from django.urls import reverse
    from rest_framework.test import APIClient

    actions.reply(ticket, actor=alice, body="That is not my problem.")
    actions.move_to_status(ticket, actor=alice, status="resolved")
    react()
    found = {}
    for user in (alice, bob, supervisor):
        api = APIClient()
        api.force_authenticate(user)
        found[user] = api.get(reverse("api:inspections")).json()["results"]
    assert [len(rows) for rows in found.values()] == [1, 0, 1]
    (row,) = found[alice]
    assert row["ticket"] == str(ticket.pk)
    assert "no_greeting" in row["faults"]
    assert row["results"]["no_greeting"]["evidence"]
    assert api.get(reverse("api:inspections"), {"fault": "wrong_language"}).json()["results"] == []
    assert api.get(reverse("api:inspection", args=[row["id"]])).json()["score"] == row["score"]
