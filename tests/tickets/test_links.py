"""Tickets that belong together, and problems that cause incidents."""

import pytest

from core.errors import Invalid
from tickets import actions
from tickets.errors import AlreadyThere
from tickets.models import Ticket, TicketLink
from tickets.queries.work import load_work


@pytest.fixture
def other(inbox, mail_in):
    return mail_in(inbox, "dora@example.org", "Lamp dark", "Mine, too.").ticket


def ways(ticket, user):
    return [(row.way, row.other.pk) for row in load_work(ticket, user).links]


@pytest.mark.parametrize(
    ("way", "here", "there"),
    [
        ("related", "related", "related"),
        ("duplicate", "original", "duplicate"),
        ("incident", "problem", "incident"),
        ("problem", "incident", "problem"),
    ],
)
def test_both_ends_say_what_the_other_one_is(ticket, other, alice, way, here, there):
    actions.link_tickets(ticket, other=other, way=way, actor=alice)
    assert ways(ticket, alice) == [(here, other.pk)]
    assert ways(other, alice) == [(there, ticket.pk)]


def test_a_pair_is_linked_once_and_nothing_with_itself(ticket, other, alice):
    actions.link_tickets(ticket, other=other, way="related", actor=alice)
    with pytest.raises(AlreadyThere):
        actions.link_tickets(other, other=ticket, way="incident", actor=alice)
    with pytest.raises(Invalid):
        actions.link_tickets(ticket, other=ticket, way="related", actor=alice)


def test_what_the_user_may_not_see_is_not_shown(ticket, billing_ticket, alice, supervisor):
    actions.link_tickets(ticket, other=billing_ticket, way="related", actor=supervisor)
    assert ways(ticket, alice) == []
    assert len(ways(ticket, supervisor)) == 1


def test_a_solved_problem_offers_its_open_incidents(ticket, other, alice, sign_in):
    actions.link_tickets(other, other=ticket, way="incident", actor=alice)
    desk = sign_in(alice)
    panel = f"/tickets/{ticket.pk}/work/"
    assert "still open" not in desk.get(panel).content.decode()
    actions.move_to_status(ticket, actor=alice, status="resolved")
    assert "1 incident is still open." in desk.get(panel).content.decode()
    desk.post(f"/tickets/{ticket.pk}/incidents/")
    assert Ticket.objects.get(pk=other.pk).category == "resolved"
    assert "still open" not in desk.get(panel).content.decode()


def test_incidents_are_answered_each_for_itself(ticket, other, alice):
    actions.link_tickets(other, other=ticket, way="incident", actor=alice)
    actions.move_to_status(ticket, actor=alice, status="resolved")
    assert actions.resolve_incidents(ticket, actor=alice, body="It works again.") == 1
    [answer] = other.messages.filter(direction="out")
    assert answer.addresses["to"] == ["dora@example.org"]
    assert Ticket.objects.get(pk=other.pk).category == "resolved"


def test_links_are_taken_away(ticket, other, alice, sign_in):
    link = actions.link_tickets(ticket, other=other, way="related", actor=alice)
    answer = sign_in(alice).post(f"/tickets/links/{link.pk}/remove/", {"here": str(ticket.pk)})
    assert answer.status_code == 200
    assert not TicketLink.objects.exists()
