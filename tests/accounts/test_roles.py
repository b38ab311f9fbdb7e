"""Roles of the house's own, rights on teams and inboxes, and that what is taken away is gone."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.db import connection
from django.urls import reverse

from accounts import actions
from accounts.actions import ROLES
from accounts.errors import BuiltIn, InUse, OutOfReach
from accounts.models import User
from accounts.queries import AREAS
from core import live
from core.errors import Invalid
from core.models import Event
from tests.tickets.test_socket import Tab, run
from tickets.actions import assign
from tickets.consumers import NOT_SIGNED_IN
from tickets.models import Ticket


@pytest.fixture
def quiet_hub():
    live.hub.connected = False
    live.hub.rooms.clear()


def again(user):
    return User.objects.get(pk=user.pk)


def give(user, areas, admin, name="Desk"):
    role = actions.add_role(name, areas=areas, actor=admin)
    user.groups.set([role])
    return role


def test_every_right_of_our_roles_stands_in_the_table(db):
    in_words = {right for area in AREAS.values() for right in area.rights}
    held = {right for rights in ROLES.values() for right in rights}
    assert held <= in_words, f"Put these into an area: {sorted(held - in_words)}"


def test_the_table_says_who_may_do_what(admin, sign_in):
    page = sign_in(admin).get(reverse("accounts:roles")).content.decode()
    for words in ("Answer customers", "Make roles and give rights", "Light agent"):
        assert words in page


def test_an_admin_makes_a_role_and_changes_it(admin, alice, sign_in):
    client = sign_in(admin)
    form = {"name": "Night desk", "areas": ["read", "note"]}
    assert client.post(reverse("accounts:add_role"), form).status_code == 302
    role = Group.objects.get(name="Night desk")
    alice.groups.set([role])
    assert again(alice).may("tickets.note_ticket")
    assert not again(alice).may("tickets.reply_ticket")

    page = reverse("accounts:role", args=[role.pk])
    client.post(page, {"name": "Night desk", "areas": ["read", "answer"]})
    assert again(alice).may("tickets.reply_ticket")
    assert not again(alice).may("tickets.note_ticket")
    told = Event.objects.get(name="role.changed").details
    assert told == {"given": ["tickets.reply_ticket"], "taken": ["tickets.note_ticket"]}


def test_the_roles_we_ship_stay_as_they_are(admin, sign_in):
    role = Group.objects.get(name="agent")
    with pytest.raises(BuiltIn):
        actions.change_role(role, name="agent", areas=["people"], actor=admin)
    with pytest.raises(BuiltIn):
        actions.delete_role(role, actor=admin)
    page = sign_in(admin).get(reverse("accounts:role", args=[role.pk])).content.decode()
    assert "stays as it is" in page


def test_nobody_gives_or_takes_rights_they_do_not_have(admin, alice, bob):
    give(alice, ["roles", "read", "note"], admin, "Half")
    strong = give(bob, ["people", "read"], admin, "Strong")
    weak = again(alice)
    with pytest.raises(OutOfReach):
        actions.add_role("Mine", areas=["people"], actor=weak)
    with pytest.raises(OutOfReach):
        actions.change_role(strong, name="Strong", areas=["read"], actor=weak)
    with pytest.raises(OutOfReach):
        actions.delete_role(strong, actor=weak)
    assert again(bob).may("accounts.change_user")


def test_a_role_somebody_has_is_not_deleted(admin, alice, sign_in):
    role = give(alice, ["read"], admin)
    with pytest.raises(InUse):
        actions.delete_role(role, actor=admin)
    alice.groups.clear()
    assert sign_in(admin).post(reverse("accounts:delete_role", args=[role.pk])).status_code == 302
    assert not Group.objects.filter(pk=role.pk).exists()


def test_names_of_roles_are_told_apart(admin):
    with pytest.raises(Invalid) as refusal:
        actions.add_role("agent", actor=admin)
    assert refusal.value.extra["field"] == "name"


# Rights on one team or inbox


def test_a_right_on_an_inbox_lets_in_and_its_end_lets_out(
    admin, mallory, ticket, inbox, sign_in, api
):
    page = reverse("accounts:access", args=["inbox", inbox.pk])
    client, own = sign_in(admin), sign_in(mallory)
    address = reverse("tickets:ticket", args=[ticket.pk])
    program = api(mallory)
    assert own.get(address).status_code == 404

    assert client.post(page, {"holder": f"user:{mallory.pk}"}).status_code == 302
    assert own.get(address).status_code == 200
    assert program.get(reverse("api:ticket", args=[ticket.pk])).status_code == 200
    assert "Mallory" in client.get(page).content.decode()

    revoke = reverse("accounts:revoke_access", args=["inbox", inbox.pk])
    assert client.post(revoke, {"holder": f"user:{mallory.pk}"}).status_code == 302
    assert own.get(address).status_code == 404
    assert program.get(reverse("api:ticket", args=[ticket.pk])).status_code == 404
    names = set(Event.objects.values_list("name", flat=True))
    assert {"access.granted", "access.revoked"} <= names


def test_a_right_on_a_team_for_everybody_of_a_role(admin, mallory, support, ticket):
    actions.grant_work(support, to=Group.objects.get(name="agent"), actor=admin)
    assert Ticket.objects.visible_to(again(mallory)).filter(pk=ticket.pk).exists()


def test_nobody_opens_what_they_do_not_see(admin, mallory, support):
    give(mallory, ["roles", "read"], admin)
    with pytest.raises(OutOfReach):
        actions.grant_work(support, to=mallory, actor=again(mallory))


@pytest.mark.parametrize("holder", ["", "user:", "user:x", "role:x", "role:0"])
def test_only_people_and_roles_hold_rights(admin, support, sign_in, holder):
    page = reverse("accounts:revoke_access", args=["team", support.pk])
    assert sign_in(admin).post(page, {"holder": holder}).status_code == 404


# What is taken away is gone at once


def test_a_role_that_was_taken_away_holds_at_the_next_page(admin, alice, ticket, sign_in, api):
    own, program = sign_in(alice), api(alice)
    reply = reverse("api:replies", args=[ticket.pk])
    assert program.post(reply, {"body": "a"}, format="json").status_code == 201

    light = Group.objects.get(name="light agent")
    teams = list(alice.teams.all())
    actions.change_user(alice, name=alice.name, role=light, teams=teams, actor=admin)
    assert program.post(reply, {"body": "a"}, format="json").status_code == 403
    page = reverse("tickets:status", args=[ticket.pk])
    assert own.post(page, {"value": "resolved"}).status_code == 403

    assign(ticket, actor=admin, assignee=None)  # her answer had made it hers
    actions.change_user(alice, name=alice.name, role=light, teams=[], actor=admin)
    assert own.get(reverse("tickets:ticket", args=[ticket.pk])).status_code == 404


@pytest.mark.django_db(transaction=True)
class TestSockets:
    def test_a_socket_leaves_a_ticket_at_once_when_the_team_is_left(
        self, admin, alice, support, ticket, sign_in, quiet_hub
    ):
        client = sign_in(alice)

        def leave_the_team():
            actions.set_members(support, [], actor=admin)
            connection.close()

        async def scene():
            tab = Tab(client)
            await tab.open()
            assert await tab.watch(f"ticket:{ticket.pk}") == [f"ticket:{ticket.pk}"]
            await sync_to_async(leave_the_team)()
            assert await tab.hear() == {f"ticket:{ticket.pk}": -1}, "the page is to read again"
            assert await tab.watch(f"ticket:{ticket.pk}") == []
            await tab.close()

        run(scene())

    def test_a_socket_is_closed_at_once_when_somebody_is_deactivated(
        self, admin, alice, ticket, sign_in, quiet_hub
    ):
        client = sign_in(alice)

        def let_go():
            actions.deactivate_user(again(alice), actor=admin)
            connection.close()

        async def scene():
            tab = Tab(client)
            await tab.open()
            await tab.watch("list")
            await sync_to_async(let_go)()
            closed = await tab.socket.receive_output(timeout=5)
            assert closed == {"type": "websocket.close", "code": NOT_SIGNED_IN}

        run(scene())

    def test_a_beat_alone_drops_what_is_no_longer_allowed(
        self, alice, support, ticket, sign_in, quiet_hub, monkeypatch
    ):
        """The signal may be lost; here there is none, the row is changed behind our back."""
        monkeypatch.setattr("tickets.consumers.BEAT_SECONDS", 0.3)
        client = sign_in(alice)

        def change_the_row():
            alice.teams.clear()
            connection.close()

        async def scene():
            tab = Tab(client)
            await tab.open()
            await tab.watch(f"ticket:{ticket.pk}")
            await sync_to_async(change_the_row)()
            for _ in range(12):
                if (await tab.hear()).get(f"ticket:{ticket.pk}") == -1:
                    break
            else:
                raise AssertionError("The socket went on with a ticket that may not be seen.")
            await tab.close()

        run(scene())
