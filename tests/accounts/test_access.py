"""Who sees which ticket: roles, teams, inboxes, assignments."""

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm, remove_perm

from accounts.actions import ROLES, add_user, set_up_roles
from accounts.models import User
from tickets import actions
from tickets.models import Ticket


def again(user):
    """As at the next request: nothing is remembered."""
    return User.objects.get(pk=user.pk)


def sees(user, ticket):
    return Ticket.objects.visible_to(again(user)).filter(pk=ticket.pk).exists()


def test_roles_have_exactly_their_rights(db):
    for name, rights in ROLES.items():
        group = Group.objects.get(name=name)
        held = {
            f"{label}.{code}"
            for label, code in group.permissions.values_list("content_type__app_label", "codename")
        }
        assert held == rights, name


def test_setting_roles_up_again_takes_back_what_they_should_not_have(db):
    agents, admins = Group.objects.get(name="agent"), Group.objects.get(name="admin")
    agents.permissions.set(admins.permissions.all())
    set_up_roles()

    test_roles_have_exactly_their_rights(None)


ADMIN = {"admin"}
LEADING = ADMIN | {"supervisor"}
ANSWERING = LEADING | {"agent"}
EVERYONE = ANSWERING | {"light agent"}


@pytest.mark.parametrize(
    ("right", "holders"),
    [
        ("tickets.view_ticket", EVERYONE),
        ("tickets.note_ticket", EVERYONE),
        ("customers.view_customer", EVERYONE),
        ("tickets.add_ticket", ANSWERING),
        ("tickets.reply_ticket", ANSWERING),
        ("tickets.change_ticket", ANSWERING),
        ("customers.change_customer", ANSWERING),
        ("tickets.view_all_ticket", LEADING),
        ("tickets.reopen_closed_ticket", LEADING),
        ("connectors.view_rawdelivery", LEADING),
        ("core.view_event", LEADING),
        ("connectors.change_rawdelivery", ADMIN),
        ("connectors.change_inbox", ADMIN),
        ("customers.change_tier", ADMIN),
        ("accounts.change_user", ADMIN),
    ],
)
def test_who_holds_a_right(db, right, holders):
    for role in ROLES:
        user = add_user(f"{role.replace(' ', '.')}@x.org", name=role, role=role)
        assert user.may(right) == (role in holders), role


def test_tickets_are_seen_by_team_and_by_those_who_see_everything(
    ticket, alice, light, wei, mallory, supervisor, admin
):
    seen = {user.name: sees(user, ticket) for user in (alice, light, wei, mallory)}
    assert seen == {alice.name: True, light.name: True, wei.name: False, mallory.name: False}
    assert sees(supervisor, ticket)
    assert sees(admin, ticket)


def test_whoever_left_sees_nothing(ticket, alice, supervisor):
    User.objects.update(is_active=False)
    assert not sees(alice, ticket)
    assert not sees(supervisor, ticket)


def test_leaving_the_team_ends_access(ticket, alice, support):
    alice.teams.remove(support)
    assert not sees(alice, ticket)


def test_losing_the_role_ends_access(ticket, alice):
    alice.groups.clear()
    assert not sees(alice, ticket)


def test_a_right_on_a_team_or_inbox_gives_its_tickets_and_no_more(
    ticket, billing_ticket, billing, billing_inbox, mallory, support, inbox
):
    for thing, right in ((support, "accounts.work_in_team"), (inbox, "connectors.work_in_inbox")):
        assign_perm(right, mallory, thing)
        assert sees(mallory, ticket), right
        assert not sees(mallory, billing_ticket)
        remove_perm(right, mallory, thing)
        assert not sees(mallory, ticket)


def test_a_right_of_a_group_on_a_team_counts_for_its_members(ticket, mallory, support):
    group = Group.objects.create(name="night shift")
    assign_perm("accounts.work_in_team", group, support)
    assert not sees(mallory, ticket)
    mallory.groups.add(group)
    assert sees(mallory, ticket)


def test_another_right_on_the_same_team_gives_nothing(ticket, mallory, support):
    assign_perm("accounts.view_team", mallory, support)
    assert not sees(mallory, ticket)


def test_rights_left_over_from_a_deleted_team_open_nothing(ticket, mallory, billing):
    assign_perm("accounts.work_in_team", mallory, billing)
    billing.delete()
    assert not sees(mallory, ticket)


def test_the_assignee_sees_the_ticket(ticket, alice, mallory):
    actions.assign(ticket, actor=alice, assignee=mallory)
    assert sees(mallory, ticket)


def test_rights_are_read_in_one_query(alice, django_assert_num_queries):
    user = again(alice)
    with django_assert_num_queries(1):
        assert user.may("tickets.view_ticket")
        assert user.access.teams
        assert not user.may("core.view_event")
