"""Many tickets at once: what is changed, what is refused and why, and taking it back."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core import clock
from core.models import Event
from tests.conftest import write_in
from tickets import actions
from tickets.models import Ticket

FOREIGN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def three(inbox) -> list[Ticket]:
    return [write_in(inbox, f"c{n}@example.org", f"No {n}", "x").ticket for n in range(3)]


@pytest.fixture
def desk(alice, sign_in) -> Client:
    return sign_in(alice)


def change(client: Client, tickets: list[Any], do: str, value: str) -> Any:
    ids = [str(getattr(ticket, "pk", ticket)) for ticket in tickets]
    answer = client.post("/tickets/bulk/", {"ids": ids, "do": do, "value": value})
    assert answer.status_code == 200, answer.content
    return answer.json()


def undo(client: Client, token: str, *, status: int = 200) -> Any:
    answer = client.post("/tickets/bulk/undo/", {"token": token}, headers={"HX-Request": "true"})
    assert answer.status_code == status, answer.content
    return answer.json()


def values(tickets: list[Ticket], *names: str) -> list[Any]:
    found = Ticket.objects.in_bulk([ticket.pk for ticket in tickets])
    return [tuple(getattr(found[t.pk], name) for name in names) for t in tickets]


STATE = ("category", "reopen_count", "waiting_since", "resolved_at", "closed_at", "status_id")


@pytest.mark.parametrize(
    ("do", "value", "column", "expected"),
    [
        ("status", "resolved", "category", "resolved"),
        ("assignee", "?bob", "assignee", "?bob"),
        ("assignee", "", "assignee", None),
        ("team", "?support", "team", "?support"),
        ("priority", "40", "priority", 40),
        ("tag", "Late", "tags", ["lamp", "late"]),
        ("untag", "Lamp", "tags", []),
        ("spam", "yes", "is_spam", True),
    ],
)
def test_each_change_is_made_to_all_and_taken_back(
    three, desk, alice, bob, support, do, value, column, expected
):
    people = {"?bob": bob.pk, "?support": support.pk}
    for ticket in three:
        actions.set_tags(ticket, actor=alice, tags=["lamp"])
        if do == "assignee" and not value:
            actions.assign(ticket, actor=alice, assignee=alice)
        if do == "team":
            actions.move_to_team(ticket, actor=alice, team=None)
            actions.assign(ticket, actor=alice, assignee=alice)
    every = (*STATE, "assignee_id", "team_id", "priority", "tags", "spam_at")
    before = values(three, *every)
    answer = change(desk, three, do, str(people.get(value, value)))
    assert len(answer["done"]) == 3
    assert answer["refused"] == []
    for ticket in Ticket.objects.filter(pk__in=[t.pk for t in three]):
        shown = {
            "assignee": ticket.assignee_id,
            "team": ticket.team_id,
            "is_spam": ticket.spam_at is not None,
        }.get(column, getattr(ticket, column, None))
        assert shown == people.get(expected, expected) if isinstance(expected, str) else True
        if not isinstance(expected, str):
            assert shown == expected
    taken_back = undo(desk, answer["undo"])
    assert len(taken_back["done"]) == 3
    assert values(three, *every) == before


def test_what_is_refused_is_said_and_does_not_stop_the_others(three, desk, alice):
    actions.move_to_status(three[1], actor=alice, status="resolved")
    answer = change(desk, three, "status", "resolved")
    assert sorted(answer["done"]) == sorted(str(three[n].pk) for n in (0, 2))
    [refused] = answer["refused"]
    assert refused["number"] == three[1].number
    assert "already" in refused["reason"]
    actions.move_to_status(three[0], actor=alice, status="closed")
    [closed] = change(desk, [three[0]], "status", "open")["refused"]
    assert "role" in closed["reason"]
    assert values(three, "category") == [("closed",), ("resolved",), ("resolved",)]


def test_what_one_cannot_see_stays_as_it_is_and_unnamed(
    three, billing_ticket, desk, mallory, sign_in
):
    answer = change(desk, [three[0], billing_ticket, FOREIGN], "priority", "40")
    assert answer["done"] == [str(three[0].pk)]
    assert [refused["number"] for refused in answer["refused"]] == [None]
    assert values([billing_ticket], "priority") == [(20,)]
    assert change(sign_in(mallory), three, "priority", "10")["done"] == []
    assert values(three, "priority") == [(40,), (20,), (20,)]


def test_it_needs_the_right_to_change_tickets(three, light, sign_in):
    client = sign_in(light)
    said = {"ids": [str(three[0].pk)], "do": "priority", "value": "40"}
    assert client.post("/tickets/bulk/", said).status_code == 403
    assert client.post("/tickets/bulk/undo/", {"token": "x"}).status_code == 403


@pytest.mark.parametrize(
    "said",
    [
        {"do": "delete", "value": "x"},
        {"do": "priority", "value": "x"},
        {"do": "tag", "value": " "},
        {"do": "priority", "value": "40", "ids": ["x"]},
        {"do": "priority", "value": "40", "ids": [f"{FOREIGN[:-3]}{n:03}" for n in range(201)]},
    ],
)
def test_what_makes_no_sense_changes_nothing(three, desk, said):
    said = {"ids": [str(ticket.pk) for ticket in three]} | said
    assert desk.post("/tickets/bulk/", said).status_code == 400
    assert values(three, "priority", "tags") == [(20, [])] * 3


def test_undo_leaves_alone_what_somebody_has_changed_since(three, desk, bob):
    answer = change(desk, three, "priority", "40")
    actions.set_priority(three[0], actor=bob, priority=30)
    actions.set_tags(three[1], actor=bob, tags=["other"])  # another thing altogether
    taken_back = undo(desk, answer["undo"])
    assert [refused["number"] for refused in taken_back["refused"]] == [three[0].number]
    assert "since" in taken_back["refused"][0]["reason"]
    assert values(three, "priority") == [(30,), (20,), (20,)]
    assert values(three, "tags") == [([],), (["other"],), ([],)]


def test_undoing_twice_changes_nothing_more(three, desk, alice):
    answer = change(desk, three, "status", "resolved")
    undo(desk, answer["undo"])
    seqs = values(three, "seq")
    again = undo(desk, answer["undo"])
    assert again["done"] == []
    assert values(three, "seq") == seqs
    assert values(three, "category", "reopen_count") == [("new", 0)] * 3


def test_undo_is_for_its_author_alone_and_not_forever(three, desk, bob, sign_in):
    token = change(desk, three, "priority", "40")["undo"]
    undo(sign_in(bob), token, status=403)
    undo(desk, f"{token[:-2]}xx", status=400)
    undo(desk, "", status=400)
    assert values(three, "priority") == [(40,)] * 3


def test_a_right_that_was_taken_away_stops_the_undo(three, desk, alice):
    token = change(desk, three, "priority", "40")["undo"]
    alice.groups.clear()
    undo(desk, token, status=403)
    assert values(three, "priority") == [(40,)] * 3


def test_what_went_to_another_team_comes_back_and_nothing_else_does(
    three, desk, alice, billing, supervisor
):
    answer = change(desk, three, "team", str(billing.pk))
    assert not Ticket.objects.visible_to(User.objects.get(pk=alice.pk)).exists()
    assert len(undo(desk, answer["undo"])["done"]) == 3
    priority = change(desk, three, "priority", "40")["undo"]
    for ticket in three:
        actions.move_to_team(ticket, actor=supervisor, team=billing)
    refused = undo(desk, priority)
    assert refused["done"] == []
    assert values(three, "priority") == [(40,)] * 3


def test_the_story_tells_each_change_and_its_undo(three, desk, alice):
    answer = change(desk, three, "status", "resolved")
    undo(desk, answer["undo"])
    for ticket in three:
        told = list(
            Event.objects.filter(ticket_id=ticket.pk, actor_id=alice.pk)
            .order_by("seq")
            .values_list("name", flat=True)
        )
        assert told == ["ticket.resolved", "ticket.status_changed"]


@pytest.mark.slow
def test_two_hundred_tickets_are_changed_at_once(inbox, carol, desk, status):
    made = Ticket.objects.bulk_create(
        Ticket(
            number=n,
            customer=carol,
            inbox=inbox,
            team=inbox.team,
            subject="",
            status_id=status("open"),
            category="open",
            last_at=clock.now(),
        )
        for n in range(1000, 1200)
    )
    answer = change(desk, made, "priority", "30")
    assert len(answer["done"]) == 200
    assert Ticket.objects.filter(priority=30).count() == 200
    assert len(undo(desk, answer["undo"])["done"]) == 200
