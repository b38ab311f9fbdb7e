"""A second inbox, a second brand: added, tried and used from the settings alone."""

import pytest
from django.urls import reverse

from accounts import actions as accounts
from accounts.models import User
from connectors.actions import add_inbox
from connectors.models import Brand, Inbox
from connectors.queries import inbox_for_address
from core.errors import Invalid
from core.models import Event
from tests.connectors.imap_server import Mailbox, serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(inbox, support):
    return {
        "name": "Returns",
        "address": "Returns@demo.test",
        "brand": str(inbox.brand_id),
        "team": str(support.pk),
        "calendar": "",
        "undo_seconds": "10",
        "reopen_days": "14",
        "is_active": "on",
    }


def test_an_inbox_is_added_connected_and_tried(form, admin, sign_in):
    client = sign_in(admin)
    listed = client.get(reverse("connectors:inboxes")).content.decode()
    assert reverse("connectors:add_inbox") in listed

    added = client.post(reverse("connectors:add_inbox"), form)

    made = Inbox.objects.get(name="Returns")
    mailbox = reverse("connectors:mailbox", args=[made.pk])
    assert (added.status_code, added["Location"]) == (302, mailbox)
    assert (made.kind, made.address, made.is_active) == ("mail", "returns@demo.test", True)
    assert inbox_for_address("returns+r.x@demo.test") == made
    with serving(Mailbox()) as server:
        how = {"host": "127.0.0.1", "port": server.server_address[1], "user": "box"}
        tried = {}
        for password in ("wrong", "secret"):
            client.post(mailbox, how | {"password": password, "folder": "INBOX"})
            page = client.post(reverse("connectors:try_inbox", args=[made.pk]), follow=True)
            tried[password] = page.content.decode()
    assert "refuses the user name or password" in tried["wrong"]
    assert "We got in and found the folder." in tried["secret"]
    made.refresh_from_db()
    assert made.healthy_at and not made.problem
    assert Event.objects.filter(name="inbox.added", actor_id=admin.pk).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": "SUPPORT@demo.test"}, "address"),
        ({"address": ""}, "address"),
        ({"address": "no address"}, "address"),
        ({"address": "returns+old@demo.test"}, "address"),
        ({"name": ""}, "name"),
        ({"brand": ""}, "brand"),
    ],
)
def test_what_cannot_be_an_inbox_is_said_at_its_field(form, admin, sign_in, changes, field):
    answer = sign_in(admin).post(reverse("connectors:add_inbox"), form | changes)

    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {field}
    assert Inbox.objects.count() == 1


def test_what_an_inbox_is_called_and_where_it_leads_is_changed(
    form, inbox, billing, admin, sign_in
):
    page, client = reverse("connectors:inbox", args=[inbox.pk]), sign_in(admin)
    given = form | {"name": "Help", "address": "help@demo.test", "team": str(billing.pk)}

    assert client.post(page, given).status_code == 302
    inbox.refresh_from_db()
    assert (inbox.name, inbox.address, inbox.team) == ("Help", "help@demo.test", billing)

    del given["is_active"]
    client.post(page, given)
    assert inbox_for_address("help@demo.test") is None


def test_the_address_of_another_inbox_is_not_taken(form, inbox, billing_inbox, admin, sign_in):
    page = reverse("connectors:inbox", args=[inbox.pk])
    answer = sign_in(admin).post(page, form | {"address": "BILLING@demo.test"})
    assert answer.status_code == 400
    inbox.refresh_from_db()
    assert inbox.address == "support@demo.test"
    assert "support@demo.test" in answer.content.decode()


def test_an_address_is_taken_however_it_was_written(inbox, admin):
    Inbox.objects.filter(pk=inbox.pk).update(address="Support@Demo.test")
    with pytest.raises(Invalid) as refusal:
        add_inbox(
            brand=inbox.brand, kind="mail", name="x", address="support@demo.test", actor=admin
        )
    assert refusal.value.extra["field"] == "address"


def test_the_server_for_sending_is_set_on_the_page_of_the_mailbox(inbox, admin, sign_in):
    client = sign_in(admin)
    page = reverse("connectors:mailbox", args=[inbox.pk])
    sending = reverse("connectors:mailbox_sending", args=[inbox.pk])
    given = {"smtp_host": "mail.example", "smtp_port": "465", "smtp_user": "a@b"}

    assert client.post(sending, given | {"smtp_password": "hush"})["Location"] == page
    inbox.refresh_from_db()
    assert inbox.credentials["smtp_url"] == "smtps://a%40b:hush@mail.example:465"
    shown = client.get(page).content.decode()
    assert 'value="mail.example"' in shown and "hush" not in shown

    client.post(sending, given | {"smtp_password": ""})
    inbox.refresh_from_db()
    assert "hush" in inbox.credentials["smtp_url"], "an empty password leaves the present one"
    client.post(sending, {"smtp_host": ""})
    inbox.refresh_from_db()
    assert not inbox.credentials["smtp_url"]
    assert client.post(sending, given | {"smtp_port": "0"}).status_code == 400


@pytest.fixture
def keeper(admin, support):
    """Sets up inboxes and brands, and sees Support's tickets alone."""
    role = accounts.add_role("Doors", areas=["doors", "read"], actor=admin)
    user = accounts.add_user("keeper@demo.test", name="Kim", role="agent", teams=[support])
    user.groups.set([role])
    return User.objects.get(pk=user.pk)


def test_nobody_gives_an_inbox_to_or_takes_it_from_a_team_they_are_not_in(
    form, inbox, billing, billing_inbox, support, keeper, sign_in
):
    client = sign_in(keeper)
    theirs = form | {"address": "billing@demo.test", "team": str(support.pk)}
    taking = client.post(reverse("connectors:inbox", args=[billing_inbox.pk]), theirs)
    giving = client.post(
        reverse("connectors:add_inbox"), form | {"name": "Mine", "team": str(billing.pk)}
    )

    assert (taking.status_code, giving.status_code) == (400, 400)
    billing_inbox.refresh_from_db()
    assert billing_inbox.team == billing
    assert not Inbox.objects.filter(name="Mine").exists()
    assert client.post(reverse("connectors:add_inbox"), form).status_code == 302


def test_a_brand_is_added_with_its_look(inbox, admin, sign_in):
    client = sign_in(admin)
    assert (
        reverse("connectors:add_brand")
        in client.get(reverse("connectors:inboxes")).content.decode()
    )
    look = {"name": "Lindenhall", "accent": "#1d4e89", "languages": ["en"], "signature": "Bye"}

    added = client.post(reverse("connectors:add_brand"), look)

    made = Brand.objects.get(name="Lindenhall")
    assert added["Location"] == reverse("connectors:brand", args=[made.pk])
    assert (made.slug, made.accent, made.languages) == ("lindenhall", "#1d4e89", ["en"])
    assert made.signature == "Bye"
    assert client.get("/portal/lindenhall/").status_code == 200
    assert Event.objects.filter(name="brand.added", actor_id=admin.pk).exists()


@pytest.mark.parametrize("name", ["Perchwood", ""])
def test_a_brand_needs_a_name_of_its_own(inbox, admin, sign_in, name):
    form = {"name": name, "accent": "#1d4e89"}
    answer = sign_in(admin).post(reverse("connectors:add_brand"), form)
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {"name"}
    assert Brand.objects.count() == 1


def test_only_who_may_adds_doors(alice, supervisor, sign_in):
    for user in (alice, supervisor):
        for name in ("add_inbox", "add_brand"):
            assert sign_in(user).get(reverse(f"connectors:{name}")).status_code == 403
