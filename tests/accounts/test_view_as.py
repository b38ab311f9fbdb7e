"""An admin sees what a colleague sees, and can do nothing with it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import actions
from accounts.models import User
from core import clock
from core.models import Event
from tickets.models import Message, Ticket

HTML = {"HTTP_ACCEPT": "text/html"}


@pytest.fixture
def looking(admin, alice, sign_in):
    client = sign_in(admin)
    answer = client.post(reverse("accounts:begin_viewing", args=[alice.pk]))
    assert answer.status_code == 302
    return client


def test_what_a_person_may_see_is_said_in_words(admin, alice, support, sign_in):
    page = sign_in(admin).get(reverse("accounts:view_as", args=[alice.pk])).content.decode()
    for words in ("Support", "Answer customers", "Look as Alice Moreau"):
        assert words in page
    assert "Make roles and give rights" not in page


def test_pages_are_shown_as_to_the_person(looking, ticket, billing_ticket):
    page = looking.get(reverse("tickets:ticket", args=[ticket.pk]))
    assert page.status_code == 200
    assert "You see what Alice Moreau sees" in page.content.decode()
    assert looking.get(reverse("tickets:ticket", args=[billing_ticket.pk])).status_code == 404
    assert looking.get(reverse("tickets:list")).status_code == 200
    assert looking.get(reverse("customers:list")).status_code == 200
    assert looking.get(reverse("accounts:people"), **HTML).status_code == 403


def test_nothing_can_be_done(looking, ticket, alice):
    told, said = Event.objects.count(), Message.objects.count()
    for name, body in (
        ("tickets:note", {"body": "I was here"}),
        ("tickets:reply", {"body": "I was here"}),
        ("tickets:status", {"value": "resolved"}),
    ):
        page = reverse(name, args=[ticket.pk])
        assert looking.post(page, body, **HTML).status_code == 403, name
    form = {"language": "en", "timezone": "UTC", "theme": "dark"}
    assert looking.post(reverse("accounts:preferences"), form).status_code == 403
    assert looking.post(reverse("account_logout")).status_code == 403

    assert (Event.objects.count(), Message.objects.count()) == (told, said)
    assert Ticket.objects.get(pk=ticket.pk).category == "new"
    assert User.objects.get(pk=alice.pk).theme == "auto"


def test_not_even_a_view_that_writes_when_read_can_write(looking, monkeypatch, ticket):
    """The database refuses it, whatever a view may do."""

    def write(*args, **kwargs):
        User.objects.update(name="Changed")
        raise AssertionError("The database let it through.")

    monkeypatch.setattr("tickets.views.search.search", write, raising=False)
    from tickets.views import search as view

    assert hasattr(view, "search")
    answer = looking.get(reverse("tickets:search"), {"q": "lamp"}, **HTML)
    assert answer.status_code == 403
    assert not User.objects.filter(name="Changed").exists()


@pytest.mark.parametrize(
    "name", ["mfa_index", "account_change_password", "admin:index", "api:tickets"]
)
def test_what_belongs_to_the_person_alone_is_not_shown(looking, name):
    assert looking.get(reverse(name), **HTML).status_code == 403


def test_it_ends_by_the_button_and_after_a_while(looking, admin):
    assert looking.post(reverse("accounts:end_viewing")).status_code == 302
    assert looking.get(reverse("accounts:people")).status_code == 200
    assert set(Event.objects.filter(actor_id=admin.pk).values_list("name", flat=True)) >= {
        "user.viewed_as",
        "user.viewing_ended",
    }


def test_it_ends_by_itself(looking):
    with clock.at(clock.now() + timedelta(minutes=31)):
        assert looking.get(reverse("accounts:people")).status_code == 200


def test_it_ends_with_the_right(looking, admin):
    admin.groups.clear()
    answer = looking.get(reverse("tickets:list"))
    assert "You see what" not in answer.content.decode()


def test_nobody_looks_as_who_may_do_more(admin, alice, bob, sign_in):
    role = actions.add_role("Watch", areas=["view_as", "read", "note"], actor=admin)
    bob.groups.set([role])
    client = sign_in(bob)
    page = reverse("accounts:begin_viewing", args=[admin.pk])
    assert client.post(page, **HTML).status_code == 403
    assert client.post(reverse("accounts:begin_viewing", args=[bob.pk])).status_code == 403
    assert sign_in(alice).post(page).status_code == 403
