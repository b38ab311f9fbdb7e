"""People who work here: invited once, changed, let go, and nobody reaches above themselves."""

import re

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import actions
from accounts.errors import InvitationOver, LastAdmin, OutOfReach
from accounts.models import ApiToken, User
from accounts.queries import invitation_of, read_invitation
from core.errors import Invalid
from core.models import Event
from customers.actions import change_tier_settings
from customers.models import Tier
from tickets import actions as tickets
from tickets.models import Ticket

PASSWORD = {"name": "Nora New", "password": "a few plain words", "timezone": "UTC"}


def again(user):
    return User.objects.get(pk=user.pk)


@pytest.fixture
def invited(admin, support):
    role = Group.objects.get(name="agent")
    return actions.invite_user(
        "New@Demo.test", name="Nora", role=role, teams=[support], actor=admin, language="en"
    )


@pytest.fixture
def manager(db, admin):
    """May manage people, but far from all that an admin may."""
    role = actions.add_role("People", areas=["people", "read", "answer", "note"], actor=admin)
    user = actions.add_user("manager@demo.test", name="Max Manager", role="agent")
    user.groups.set([role])
    return again(user)


def role(name):
    return Group.objects.get(name=name)


# Coming in


def test_an_invitation_leads_in_once(admin, support, sign_in, react, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    form = {
        "email": "new@demo.test",
        "name": "Nora New",
        "role": role("agent").pk,
        "teams": [str(support.pk)],
    }
    assert sign_in(admin).post(reverse("accounts:invite"), form).status_code == 302
    react()
    [sent] = mail.outbox
    [link] = re.findall(r"http\S+/invitation/\S+/", sent.body)
    path = "/" + link.split("/", 3)[3]
    assert sent.to == ["new@demo.test"]

    visitor = Client()
    assert visitor.get(path).status_code == 200
    assert visitor.get(path).status_code == 200, "opening the link uses nothing up"
    assert visitor.post(path, PASSWORD | {"password": "short"}).status_code == 400
    assert visitor.post(path, PASSWORD).status_code == 302
    assert visitor.get(reverse("tickets:list")).status_code == 200
    assert Client().get(path).status_code == 410
    assert Client().post(path, PASSWORD).status_code == 410

    user = User.objects.get(email="new@demo.test")
    assert user.check_password(PASSWORD["password"])
    assert list(user.teams.all()) == [support]
    assert not any("invitation/" in str(e.details) for e in Event.objects.all())


def test_a_newer_invitation_ends_the_older(invited, admin):
    old = invitation_of(invited)
    actions.invite_again(invited, actor=admin)
    with pytest.raises(InvitationOver):
        read_invitation(old)
    assert read_invitation(invitation_of(again(invited))) == invited


def test_an_invitation_grows_old(invited):
    import django.core.signing as signing

    token = invitation_of(invited)
    real = signing.time.time
    try:
        signing.time.time = lambda: real() + 8 * 24 * 3600
        with pytest.raises(InvitationOver):
            read_invitation(token)
    finally:
        signing.time.time = real


def test_who_was_deactivated_cannot_come_in(invited, admin):
    token = invitation_of(invited)
    actions.deactivate_user(invited, actor=admin)
    with pytest.raises(InvitationOver):
        actions.accept_invitation(token, name="x", password="a few plain words")


def test_a_forged_invitation_is_none(invited):
    token = invitation_of(invited)
    for forged in (token[:-1] + "x", "", "x:y:z"):
        with pytest.raises(InvitationOver):
            read_invitation(forged)


def test_the_link_is_shown_only_on_demand_and_noted(invited, admin, sign_in):
    client = sign_in(admin)
    page = reverse("accounts:person", args=[invited.pk])
    assert "/invitation/" not in client.get(page).content.decode()
    shown = client.post(reverse("accounts:show_link", args=[invited.pk]))
    assert "/invitation/" in shown.content.decode()
    assert Event.objects.filter(name="user.invitation_shown", subject_id=invited.pk).exists()


def test_two_people_cannot_share_an_address(admin, alice, sign_in):
    form = {"email": "ALICE@demo.test", "name": "Other", "role": role("agent").pk}
    answer = sign_in(admin).post(reverse("accounts:invite"), form)
    assert answer.status_code == 400
    assert "works here already" in answer.content.decode()


# Changing


def test_role_and_teams_change_and_are_recorded(admin, alice, support, billing, sign_in):
    form = {"name": "Alice M.", "role": role("supervisor").pk, "teams": [str(billing.pk)]}
    page = reverse("accounts:person", args=[alice.pk])
    assert sign_in(admin).post(page, form).status_code == 302

    assert list(again(alice).teams.all()) == [billing]
    assert again(alice).may("tickets.view_all_ticket")
    told = Event.objects.get(name="user.changed")
    assert told.details == {
        "was": "agent",
        "role": "supervisor",
        "joined": [str(billing.pk)],
        "left": [str(support.pk)],
        "renamed": True,
    }


def test_nobody_gives_a_role_above_their_own(manager, alice):
    with pytest.raises(OutOfReach):
        actions.change_user(alice, name="A", role=role("admin"), teams=[], actor=manager)
    with pytest.raises(OutOfReach):
        actions.invite_user(
            "x@demo.test", name="X", role=role("supervisor"), actor=manager, language="en"
        )
    assert not again(alice).may("accounts.change_user")


def test_nobody_changes_who_may_do_more(manager, admin, supervisor):
    for user in (admin, supervisor):
        with pytest.raises(OutOfReach):
            actions.deactivate_user(user, actor=manager)
        with pytest.raises(OutOfReach):
            actions.change_user(user, name="A", role=role("light agent"), teams=[], actor=manager)


def test_nobody_lets_others_into_teams_they_do_not_see(manager, billing):
    with pytest.raises(OutOfReach):
        actions.invite_user(
            "x@demo.test",
            name="X",
            role=manager.groups.get(),
            teams=[billing],
            actor=manager,
            language="en",
        )


def test_the_last_admin_stays(admin, alice, sign_in):
    with pytest.raises(LastAdmin):
        actions.deactivate_user(admin, actor=admin)
    with pytest.raises(LastAdmin):
        actions.change_user(admin, name="A", role=role("agent"), teams=[], actor=admin)
    page = reverse("tickets:deactivate", args=[admin.pk])
    refused = sign_in(admin).post(page, {"to": ""})
    assert refused.status_code == 400
    assert "last admin" in refused.content.decode()


def test_an_admin_who_never_came_in_is_none(admin, sign_in):
    actions.invite_user(
        "second@demo.test", name="S", role=role("admin"), actor=admin, language="en"
    )
    with pytest.raises(LastAdmin):
        actions.deactivate_user(admin, actor=admin)


# Leaving


def test_who_leaves_is_out_at_once_and_hands_over(admin, alice, bob, ticket, sign_in, api):
    tickets.assign(ticket, actor=admin, assignee=alice)
    own, program = sign_in(alice), api(alice)
    assert own.get(reverse("tickets:list")).status_code == 200

    page = reverse("tickets:deactivate", args=[alice.pk])
    assert "One open ticket" in sign_in(admin).get(page).content.decode()
    assert sign_in(admin).post(page, {"to": f"user:{bob.pk}"}).status_code == 302

    assert Ticket.objects.get().assignee == bob
    assert own.get(reverse("tickets:list")).status_code == 302
    assert program.get(reverse("api:tickets")).status_code == 401
    names = set(Event.objects.values_list("name", flat=True))
    assert {"user.deactivated", "ticket.assigned", "user.handed_over"} <= names

    actions.reactivate_user(again(alice), actor=admin)
    assert own.get(reverse("tickets:list")).status_code == 302, "old sessions stay ended"
    assert not ApiToken.objects.filter(user=alice, revoked_at=None).exists()


def test_tickets_go_to_a_team(admin, alice, billing, ticket):
    tickets.assign(ticket, actor=admin, assignee=alice)
    _user, count = tickets.hand_over_and_deactivate(alice, to=billing, actor=admin)

    ticket = Ticket.objects.get()
    assert (count, ticket.team, ticket.assignee) == (1, billing, None)


def test_tickets_go_to_nobody_who_does_not_answer(admin, alice, light, ticket):
    tickets.assign(ticket, actor=admin, assignee=alice)
    for to in (light, alice):
        with pytest.raises(Invalid):
            tickets.hand_over_and_deactivate(alice, to=to, actor=admin)
    assert again(alice).is_active


# Teams


def test_a_team_is_deleted_only_with_a_hand_over(admin, alice, support, billing, ticket, sign_in):
    tier = Tier.objects.get(code="standard")
    values = {key: getattr(tier, key) for key in ("name", "colour", "priority", "is_default")}
    change_tier_settings(tier, team=support, actor=admin, **values)
    page, client = reverse("tickets:delete_team", args=[support.pk]), sign_in(admin)
    refused = client.post(page, {"to": ""})
    assert refused.status_code == 400
    assert client.post(page, {"to": str(billing.pk)}).status_code == 302

    ticket = Ticket.objects.select_related("inbox").get()
    assert ticket.team == ticket.inbox.team == billing
    assert Tier.objects.get(code="standard").team == billing
    assert not Ticket.objects.visible_to(again(alice)).exists()


def test_members_are_set_on_the_page_of_a_team(admin, alice, bob, support, sign_in):
    page = reverse("accounts:team", args=[support.pk])
    form = {"name": "First line", "members": [str(bob.pk)], "signature": "Bye", "calendar": ""}
    assert sign_in(admin).post(page, form).status_code == 302

    support.refresh_from_db()
    assert (support.name, list(support.members.all())) == ("First line", [bob])
    told = Event.objects.get(name="team.members_changed")
    assert told.details["left"] == [str(alice.pk)]


def test_pages_about_people_are_for_those_who_may(supervisor, alice, sign_in):
    names = ("people", "invite", "teams", "add_team", "roles", "add_role", "calendars", "workspace")
    for name in names:
        assert sign_in(supervisor).get(reverse(f"accounts:{name}")).status_code == 403, name
    for name in ("person", "view_as"):
        page = reverse(f"accounts:{name}", args=[alice.pk])
        assert sign_in(supervisor).get(page).status_code == 403, name
