"""Tags across all tickets."""

import pytest
from django.urls import reverse

from core.models import Event
from tickets import actions
from tickets.models import Ticket

PAGE = "tickets:tags_admin"


@pytest.fixture
def tagged(inbox, mail_in, alice):
    made = []
    for number, tags in enumerate((["refund", "vip"], ["refunds"], ["refund", "refunds"])):
        message = mail_in(inbox, f"c{number}@example.org", "s", "b")
        made.append(actions.set_tags(message.ticket, actor=alice, tags=tags))
    return made


def tags():
    return [row.tags for row in Ticket.objects.order_by("number")]


def test_all_tags_are_listed_with_their_counts(admin, tagged, sign_in):
    page = sign_in(admin).get(reverse(PAGE))
    assert page.context["tags"] == [("refund", 2), ("refunds", 2), ("vip", 1)]


def test_one_is_renamed_several_are_merged(admin, tagged, sign_in):
    form = {"tags": ["refund", "refunds"], "to": " Money BACK ", "do": "rename"}
    assert sign_in(admin).post(reverse(PAGE), form).status_code == 302
    assert tags() == [["money back", "vip"], ["money back"], ["money back"]]
    told = Event.objects.filter(name="ticket.tagged", actor_id=admin.pk)
    assert told.count() == 3
    assert Event.objects.get(name="tags.renamed").details["left"] == 3


def test_one_is_deleted_everywhere(admin, tagged, sign_in):
    assert (
        sign_in(admin).post(reverse(PAGE), {"tags": ["refund"], "do": "delete"}).status_code == 302
    )
    assert tags() == [["vip"], ["refunds"], ["refunds"]]


def test_a_rename_needs_a_name_and_a_tag(admin, tagged, sign_in):
    client = sign_in(admin)
    for body in ({"tags": ["refund"], "to": " ", "do": "rename"}, {"to": "x", "do": "rename"}):
        assert client.post(reverse(PAGE), body).status_code == 400
    assert client.post(reverse(PAGE), {"tags": ["unknown"], "to": "x"}).status_code == 400
    assert tags()[0] == ["refund", "vip"]


def test_many_tickets_are_changed_in_the_background(admin, tagged, sign_in, react, monkeypatch):
    monkeypatch.setattr("tickets.actions.tags.STEP", 1)
    client = sign_in(admin)
    form = {"tags": ["refund", "refunds"], "to": "money", "do": "rename"}
    assert client.post(reverse(PAGE), form).status_code == 302
    assert not any("money" in found for found in tags())
    [change] = client.get(reverse(PAGE)).context["changes"]
    assert (change.done, change.all) == (0, 3)

    react()
    assert tags() == [["money", "vip"], ["money"], ["money"]]
    assert client.get(reverse(PAGE)).context["changes"] == []


def test_it_is_for_those_who_may(supervisor, sign_in):
    assert sign_in(supervisor).get(reverse(PAGE)).status_code == 403
