"""From an empty installation to one that works: the first admin, step by step."""

import re

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.actions import finish_set_up
from accounts.models import Team, User, Workspace
from accounts.queries import make_first_link
from connectors.models import Brand, Inbox
from core.models import Event
from tests.connectors.imap_server import Mailbox, serving

ADMIN = {
    "name": "Ada First",
    "email": "ada@demo.test",
    "password": "a few plain words",
    "timezone": "Asia/Shanghai",
}


def step(code):
    return reverse("tickets:set_up_step", args=[code])


@pytest.fixture
def first(db):
    client = Client()
    page = reverse("accounts:first", args=[make_first_link()])
    assert client.get(page).status_code == 200
    assert not User.objects.exists()
    answer = client.post(page, ADMIN)
    assert answer.status_code == 302
    assert answer["Location"] == reverse("tickets:set_up")
    return client


def test_the_command_prints_the_link_only_while_there_is_no_admin(db, capsys, admin):
    with pytest.raises(CommandError):
        call_command("first_link")
    User.objects.all().delete()
    call_command("first_link")
    [path] = re.findall(r"/begin/\S+", capsys.readouterr().out)
    assert Client().get(path).status_code == 200


def test_the_first_admin_comes_in_once(first):
    user = User.objects.get()
    assert user.groups.get() == Group.objects.get(name="admin")
    assert user.timezone == "Asia/Shanghai"
    page = reverse("accounts:first", args=[make_first_link()])
    assert Client().post(page, ADMIN | {"email": "b@demo.test"}).status_code == 410
    assert User.objects.count() == 1


@pytest.mark.parametrize("token", ["x", "Imw:1:y"])
def test_a_made_up_link_opens_nothing(db, token):
    assert Client().post(reverse("accounts:first", args=[token]), ADMIN).status_code == 410
    assert not User.objects.exists()


def test_an_admin_is_led_to_the_set_up_after_signing_in(first, sign_in):
    login = {"login": ADMIN["email"], "password": ADMIN["password"]}
    answer = Client().post(reverse("account_login"), login)
    assert answer["Location"] == reverse("tickets:set_up")
    finish_set_up(actor=User.objects.get())
    assert Client().post(reverse("account_login"), login)["Location"] == reverse("tickets:list")


def test_each_step_is_kept_and_can_be_resumed(first):
    assert first.get(reverse("tickets:set_up"))["Location"] == step("house")
    refused = first.post(step("house"), {"name": "", "language": "en", "timezone": "UTC"})
    assert refused.status_code == 400
    assert refused.context["form"].errors.keys() == {"name"}

    house = {"name": "Perchwood", "language": "zh-hans", "timezone": "Asia/Shanghai"}
    assert first.post(step("house"), house)["Location"] == step("brand")
    brand = {"name": "Perchwood", "accent": "#2C5F4A"}
    assert first.post(step("brand"), brand)["Location"] == step("mailbox")
    assert first.post(step("mailbox"), {"do": "skip"})["Location"] == step("team")

    again = Client()
    again.force_login(User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    assert again.get(reverse("tickets:set_up"))["Location"] == step("team")
    assert again.get(step("brand")).context["form"]["name"].value() == "Perchwood"
    assert again.post(step("team"), {"name": "First line"})["Location"] == step("people")
    assert list(Team.objects.get().members.all()) == [User.objects.get()]

    people = "bob@demo.test Bob Berg\nwei@demo.test 陈伟\n"
    assert again.post(step("people"), {"people": people})["Location"] == step("tiers")
    bob = User.objects.get(email="bob@demo.test")
    assert (bob.name, bob.language, bob.groups.get().name) == ("Bob Berg", "zh-hans", "agent")
    assert Event.objects.filter(name="user.invited").count() == 2

    assert again.get(step("tiers")).status_code == 200
    assert again.post(step("tiers"))["Location"] == reverse("tickets:set_up")
    assert again.get(reverse("tickets:set_up"))["Location"] == reverse("tickets:set_up_end")
    assert "Connect a mailbox" in again.get(reverse("tickets:set_up_end")).content.decode()
    workspace = Workspace.objects.get()
    assert workspace.set_up_at
    assert (workspace.name, Brand.objects.get().accent) == ("Perchwood", "#2c5f4a")


def test_an_address_that_is_none_invites_nobody(first):
    lines = "bob@demo.test Bob\nnobody here\n"
    answer = first.post(step("people"), {"people": lines})
    assert answer.status_code == 400
    assert User.objects.count() == 1


def test_one_who_works_here_already_is_said_at_the_list(first):
    answer = first.post(step("people"), {"people": "new@demo.test\nADA@demo.test Ada"})
    assert answer.status_code == 400
    assert "works here already" in answer.content.decode()
    assert User.objects.count() == 1, "nobody is invited by half"


@pytest.mark.slow
def test_the_mailbox_is_tried_live_and_what_was_typed_is_kept(first):
    with serving(Mailbox()) as server:
        form = {
            "address": "Support@demo.test",
            "name": "Support",
            "host": "127.0.0.1",
            "port": server.server_address[1],
            "user": "box",
            "password": "wrong",
        }
        refused = first.post(step("mailbox"), form).content.decode()
        assert "refuses the user name or password" in refused
        assert Inbox.objects.get().address == "support@demo.test"
        page = first.get(step("mailbox"))
        assert page.context["form"]["host"].value() == "127.0.0.1"
        assert "wrong" not in page.content.decode()
        assert "mailbox" not in Workspace.objects.get_or_create()[0].steps_done

        done = first.post(step("mailbox"), form | {"password": "secret"})
        assert done["Location"] == step("team")
    tried = Event.objects.filter(name="inbox.tried").order_by("at")
    assert [event.details["ok"] for event in tried] == [False, True]
    assert "secret" not in str([event.details for event in Event.objects.all()])


def test_a_server_to_send_through_is_tried_too(first):
    form = {
        "address": "support@demo.test",
        "name": "Support",
        "host": "127.0.0.1",
        "port": 1,
        "user": "box",
        "smtp_host": "127.0.0.1",
        "smtp_port": 1,
    }
    page = first.post(step("mailbox"), form)
    assert [ok for _what, ok, _words in page.context["results"]] == [False, False]


def test_all_of_it_can_be_left_for_later(first):
    assert first.post(reverse("tickets:set_up_leave"))["Location"] == reverse("tickets:set_up_end")
    assert Workspace.objects.get().set_up_at


def test_it_is_for_admins(alice, supervisor, sign_in):
    for user in (alice, supervisor):
        assert sign_in(user).get(step("house")).status_code == 403
