"""What is sent twice under one id is there once; an id used elsewhere is refused clearly."""

import sys

import pytest
from django.urls import reverse

from core.ids import new_id
from tickets import actions
from tickets.models import Message, SideConversation, Ticket

pytestmark = pytest.mark.django_db
WHOM = {"people": "claims@carrier.example", "subject": "Where is it?", "body": "Please look."}


@pytest.fixture
def used(ticket, alice):
    """An id under which Alice has answered in another ticket."""
    ident = new_id()
    actions.reply(ticket, actor=alice, body="We look into it.", client_id=ident)
    return ident


@pytest.fixture
def other(mail_in, inbox):
    return mail_in(inbox, "dora@example.org", "Parcel 4711", "Where is it?").ticket


@pytest.fixture
def side(other, alice):
    return actions.open_side(
        other, actor=alice, people=["claims@carrier.example"], subject="", body="Please look."
    )


@pytest.fixture(params=["found", "a moment later"])
def moment(request, monkeypatch):
    """Found out when asked for, or only when both are written at the same time."""
    if request.param == "found":
        return
    for module in ("side", "forward"):
        found = sys.modules[f"tickets.actions.{module}"]
        monkeypatch.setattr(found, "find_sent", lambda *given: None)


def refused(answer):
    assert answer.status_code == 400, answer.content[:300]
    assert answer.json()["field"] == "client_id"
    return True


def test_a_side_conversation(other, used, alice, sign_in, moment):
    page = reverse("tickets:side_start", args=[other.pk])

    assert refused(sign_in(alice).post(page, WHOM | {"client_id": str(used)}))

    assert not SideConversation.objects.exists()
    assert Message.objects.count() == 2 + 1


def test_asking_once_more(other, side, used, alice, sign_in, moment):
    before = Message.objects.count()
    page = reverse("tickets:side_ask", args=[side.pk])

    assert refused(sign_in(alice).post(page, {"body": "And now?", "client_id": str(used)}))

    assert Message.objects.count() == before


def test_a_forwarded_message(other, used, alice, sign_in, moment):
    page = reverse("tickets:forward", args=[other.messages.get().pk])
    before = Message.objects.count()

    form = {"to": "claims@carrier.example", "body": "", "client_id": str(used)}
    assert refused(sign_in(alice).post(page, form))

    assert Message.objects.count() == before


def test_sent_twice_each_is_there_once(other, side, alice, sign_in):
    client, before = sign_in(alice), Message.objects.count()
    ask = {"body": "And now?", "client_id": str(new_id())}
    show = {"to": "claims@carrier.example", "body": "", "client_id": str(new_id())}
    for _ in range(2):
        page = reverse("tickets:side_ask", args=[side.pk])
        assert client.post(page, ask).status_code == 201
        forwarded = client.post(reverse("tickets:forward", args=[first(other).pk]), show)
        assert forwarded.status_code < 300
    assert Message.objects.count() == before + 2


def first(ticket):
    return ticket.messages.order_by("seq").first()


def test_what_was_an_answer_is_no_forwarded_message(ticket, used, alice, sign_in):
    """In the same ticket, too: the page must not believe that it went out."""
    page = reverse("tickets:forward", args=[first(ticket).pk])
    form = {"to": "claims@carrier.example", "body": "", "client_id": str(used)}
    assert refused(sign_in(alice).post(page, form))


def test_an_id_of_somebody_elses_ticket_opens_nothing(ticket, billing_inbox, sign_in, alice, wei):
    """Nor does it tell anything about that ticket."""
    ident = new_id()
    theirs = actions.open_ticket(
        billing_inbox,
        actor=wei,
        customer_email="dora@example.org",
        subject="Invoice 4711",
        body="It is wrong.",
        client_id=ident,
    )
    form = {
        "customer_email": "carol@example.org",
        "subject": "x",
        "body": "y",
        "inbox": str(ticket.inbox_id),
        "client_id": str(ident),
    }
    page = reverse("tickets:new")

    answer = sign_in(alice).post(page, form)

    assert answer.status_code == 400
    assert str(theirs.pk) not in answer.content.decode()
    assert Ticket.objects.count() == 2
    form["client_id"] = str(new_id())
    opened = [sign_in(alice).post(page, form) for _ in range(2)]
    assert [one.status_code for one in opened] == [302, 302]
    assert opened[0]["Location"] == opened[1]["Location"], "one's own is opened once"
