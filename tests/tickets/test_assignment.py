"""Whose ticket it is: assignees, teams, and how far somebody has read."""

import pytest

from accounts.models import User
from core.models import Event
from tickets import actions
from tickets.errors import AlreadyThere, TransitionRefused
from tickets.models import ReadMark, Ticket


def sees(user, ticket):
    return Ticket.objects.visible_to(User.objects.get(pk=user.pk)).filter(pk=ticket.pk).exists()


def test_assigning_is_told_with_who_had_it_before(ticket, alice, bob):
    actions.assign(ticket, actor=alice, assignee=alice)
    actions.assign(ticket, actor=alice, assignee=bob)
    told = Event.objects.filter(name="ticket.assigned").latest("seq").details

    assert (told["assignee"], told["previous"]) == (str(bob.pk), str(alice.pk))


def test_assigning_twice_the_same_is_refused(ticket, alice):
    actions.assign(ticket, actor=alice, assignee=alice)
    with pytest.raises(AlreadyThere):
        actions.assign(ticket, actor=alice, assignee=alice)


def test_letting_go_of_a_ticket(ticket, alice):
    actions.assign(ticket, actor=alice, assignee=alice)
    actions.assign(ticket, actor=alice, assignee=None)

    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_who_does_not_answer_tickets_gets_none(ticket, alice, light, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    for colleague in (light, User.objects.get(pk=bob.pk)):
        with pytest.raises(TransitionRefused):
            actions.assign(ticket, actor=alice, assignee=colleague)
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_an_assignee_of_another_team_sees_this_ticket_and_no_other(
    ticket, inbox, mail_in, alice, wei
):
    other = mail_in(inbox, "dan@example.org", "Other", "Hello").ticket
    actions.assign(ticket, actor=alice, assignee=wei)

    assert sees(wei, ticket)
    assert not sees(wei, other)
    actions.assign(ticket, actor=alice, assignee=None)
    assert not sees(wei, ticket)


def test_a_ticket_moved_to_another_team_leaves_its_assignee(ticket, alice, billing, wei):
    actions.assign(ticket, actor=alice, assignee=alice)
    actions.move_to_team(ticket, actor=alice, team=billing)

    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee) == (billing, None)
    assert sees(wei, ticket)
    assert not sees(alice, ticket)


def test_an_assignee_who_works_in_the_new_team_keeps_the_ticket(ticket, alice, billing):
    alice.teams.add(billing)
    actions.assign(ticket, actor=alice, assignee=alice)
    actions.move_to_team(ticket, actor=alice, team=billing)

    ticket.refresh_from_db()
    assert ticket.assignee == alice


def test_moving_to_the_team_it_is_with_is_refused(ticket, alice, support):
    with pytest.raises(AlreadyThere):
        actions.move_to_team(ticket, actor=alice, team=support)


def test_a_ticket_without_a_team_is_seen_by_its_assignee_and_supervisors(
    ticket, alice, bob, supervisor
):
    actions.assign(ticket, actor=alice, assignee=bob)
    actions.move_to_team(ticket, actor=alice, team=None)

    assert [sees(user, ticket) for user in (alice, bob, supervisor)] == [False, True, True]


def test_the_tiers_dedicated_team_gets_its_customers_tickets(inbox, carol, billing, mail_in):
    carol.tier.team = billing
    carol.tier.save()

    assert mail_in(inbox, "carol@example.org", "Hello", "Hi").ticket.team == billing


# Rooms: who is told at once


@pytest.fixture
def told(monkeypatch, django_capture_on_commit_callbacks):
    """The rooms a change is signalled to."""

    def rooms_of(change):
        rooms = []
        monkeypatch.setattr("core.live.publish_all", rooms.extend)
        with django_capture_on_commit_callbacks(execute=True):
            change()
        return set(rooms)

    return rooms_of


def test_old_and_new_assignee_and_the_team_are_told(ticket, alice, bob, support, told):
    actions.assign(ticket, actor=alice, assignee=alice)
    rooms = told(lambda: actions.assign(ticket, actor=alice, assignee=bob))

    assert {f"ticket:{ticket.pk}", "tickets", f"team:{support.pk}"} <= rooms
    assert {f"user:{alice.pk}", f"user:{bob.pk}"} <= rooms


def test_the_old_and_the_new_team_are_told(ticket, alice, support, billing, told):
    actions.assign(ticket, actor=alice, assignee=alice)
    rooms = told(lambda: actions.move_to_team(ticket, actor=alice, team=billing))

    assert {f"team:{support.pk}", f"team:{billing.pk}", f"user:{alice.pk}"} <= rooms


# Reading


def test_reading_never_goes_backwards(ticket, alice, bob):
    for seq in (3, 7, 5):
        actions.mark_read(ticket, user=alice, seq=seq)
    actions.mark_read(ticket, user=bob, seq=1)

    assert ReadMark.objects.get(user=alice).seq == 7
    assert ReadMark.objects.get(user=bob).seq == 1
