"""Nobody hands out, closes or takes over what lies beyond the teams and inboxes of their own."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts import actions
from accounts.errors import OutOfReach
from accounts.models import Team, User
from connectors.models import Inbox
from tickets.actions import hand_over_and_delete_team
from tickets.models import Ticket

OWN = ["people", "teams", "read", "answer", "note", "change", "open", "write_articles"]


def again(user):
    return User.objects.get(pk=user.pk)


@pytest.fixture
def lead(admin, support):
    """May manage people and teams, and sees Support's tickets alone."""
    role = actions.add_role("Lead", areas=[*OWN, "customers", "edit_customers"], actor=admin)
    user = actions.add_user("lead@demo.test", name="Lea Lead", role="agent", teams=[support])
    user.groups.set([role])
    return again(user)


@pytest.fixture
def night(admin):
    """A role with no right that the lead has not."""
    return actions.add_role("Night", areas=["read", "note"], actor=admin)


@pytest.mark.parametrize("place", ["billing", "billing_inbox"])
def test_a_role_that_opens_more_than_one_sees_is_not_given_to_somebody_new(
    place, request, lead, admin, support, night, sign_in
):
    actions.grant_work(request.getfixturevalue(place), to=night, actor=admin)
    form = {"email": "new@demo.test", "name": "New", "role": night.pk, "teams": [str(support.pk)]}
    page, client = reverse("accounts:invite"), sign_in(lead)

    refused = client.post(page, form)

    assert refused.status_code == 400
    assert "do not work yourself" in refused.content.decode()
    assert not User.objects.filter(email="new@demo.test").exists()
    assert sign_in(admin).post(page, form).status_code == 302


@pytest.mark.parametrize("place", ["billing", "billing_inbox"])
def test_nor_to_a_colleague(place, request, lead, admin, alice, night, billing_ticket, sign_in):
    actions.grant_work(request.getfixturevalue(place), to=night, actor=admin)
    page = reverse("accounts:person", args=[alice.pk])
    teams = [str(pk) for pk in alice.teams.values_list("pk", flat=True)]
    form = {"name": alice.name, "role": night.pk, "teams": teams}

    refused = sign_in(lead).post(page, form)

    assert refused.status_code == 400
    assert again(alice).groups.get() != night
    assert not Ticket.objects.visible_to(again(alice)).filter(pk=billing_ticket.pk).exists()


def test_a_role_that_opens_what_one_sees_oneself_is_given(
    lead, admin, alice, support, inbox, night, sign_in
):
    actions.grant_work(support, to=night, actor=admin)
    page = reverse("accounts:person", args=[alice.pk])
    form = {"name": alice.name, "role": night.pk, "teams": [str(support.pk)]}

    assert sign_in(lead).post(page, form).status_code == 302
    assert again(alice).groups.get() == night


def test_a_role_stays_with_whoever_has_it(lead, admin, alice, support, billing, sign_in):
    """Renaming somebody gives nothing, whatever their role opens by now."""
    light = Group.objects.get(name="light agent")
    alice.groups.set([light])
    form = {"name": "Alice M.", "role": light.pk, "teams": [str(support.pk)]}
    page = reverse("accounts:person", args=[alice.pk])

    assert sign_in(lead).post(page, form).status_code == 302
    assert again(alice).name == "Alice M."


def test_a_team_out_of_reach_is_not_deleted(lead, support, billing, billing_inbox, sign_in):
    page = reverse("tickets:delete_team", args=[billing.pk])

    assert sign_in(lead).post(page, {"to": str(support.pk)}).status_code == 400

    assert Team.objects.filter(pk=billing.pk).exists()
    assert Inbox.objects.get(pk=billing_inbox.pk).team == billing


def test_nothing_is_handed_over_to_a_team_out_of_reach(
    lead, support, billing, inbox, ticket, sign_in
):
    page = reverse("tickets:delete_team", args=[support.pk])
    client = sign_in(lead)

    assert "Billing" not in client.get(page).content.decode()
    assert client.post(page, {"to": str(billing.pk)}).status_code == 400
    with pytest.raises(OutOfReach):
        hand_over_and_delete_team(support, to=billing, actor=lead)

    assert Ticket.objects.get().team == support


def test_within_reach_a_team_is_closed(lead, admin, support, inbox, ticket, sign_in):
    second = actions.add_team("Second line")
    actions.set_members(second, [lead], actor=admin)
    page = reverse("tickets:delete_team", args=[support.pk])

    assert sign_in(again(lead)).post(page, {"to": str(second.pk)}).status_code == 302
    assert Ticket.objects.get().team == second
