"""Ticket types and the fields each asks for."""

import pytest
from django.urls import reverse

from core.errors import Invalid
from core.models import Event
from customers.actions import add_field
from tickets.actions import add_type, set_custom_fields
from tickets.models import Ticket, TicketType
from tickets.queries.types import active_types, fields_of_ticket, offered_types


@pytest.fixture
def fields(admin):
    def make(name, **values):
        return add_field(owner="ticket", kind="text", name=name, actor=admin, **values)

    return [make("Order"), make("Device", is_for_customers=True), make("Everywhere")]


@pytest.fixture
def repair(admin, fields):
    return add_type(name="Repair", fields=fields[:2], actor=admin)


def codes(found):
    """Besides the type that every installation begins with."""
    return [one.code for one in found if one.code != "complaint"]


def test_a_type_asks_for_its_fields_and_those_of_no_type(repair, fields):
    assert codes(fields_of_ticket("repair")) == ["order", "device", "everywhere"]
    assert codes(fields_of_ticket("")) == ["everywhere"]
    assert codes(fields_of_ticket("repair", for_customers=True)) == ["device"]


def test_the_portal_offers_what_is_offered_and_in_use(admin, repair):
    add_type(name="Inner", is_offered=False, actor=admin)
    add_type(name="Old", is_active=False, actor=admin)
    assert codes(offered_types()) == ["repair"]
    assert codes(active_types()) == ["repair", "inner"]
    assert codes(offered_types()[0].fields.all()) == ["order", "device"]


def test_types_and_their_fields_take_two_queries(repair, django_assert_num_queries):
    with django_assert_num_queries(2):
        for row in active_types():
            list(row.fields.all())


def test_an_admin_makes_a_type_and_its_code_stays(admin, fields, sign_in):
    client = sign_in(admin)
    form = {"name": "投诉", "fields_": [str(fields[0].pk)], "is_active": "on", "is_offered": "on"}
    assert client.post(reverse("tickets:add_type"), form).status_code == 302
    made = TicketType.objects.exclude(code="complaint").get()
    assert made.code
    page = reverse("tickets:type", args=[made.pk])
    assert client.post(page, {"name": "Complaint", "is_active": "on"}).status_code == 302
    changed = TicketType.objects.get(pk=made.pk)
    assert (changed.name, changed.code, changed.is_offered) == ("Complaint", made.code, False)
    told = Event.objects.get(name="ticket_type.changed").details
    assert told["fields_taken"] == ["order"]


def test_types_are_put_in_order(admin, repair, sign_in):
    second = add_type(name="Second", actor=admin)
    sign_in(admin).post(reverse("tickets:move_type", args=[second.pk]), {"way": "up"})
    assert codes(active_types()) == ["second", "repair"]


# Values on a ticket


def test_values_of_a_ticket_are_set_and_recorded_by_code(ticket, alice, fields):
    set_custom_fields(ticket, {"order": "A-17"}, actor=alice)
    assert Ticket.objects.get().custom == {"order": "A-17"}
    told = Event.objects.get(name="ticket.fields_changed")
    assert (told.details, told.ticket_id) == ({"fields": ["order"]}, ticket.pk)
    with pytest.raises(Invalid):
        set_custom_fields(ticket, {"unknown": "x"}, actor=alice)


def test_the_side_panel_shows_and_changes_them(ticket, alice, light, mallory, repair, sign_in):
    page = reverse("tickets:custom_fields", args=[ticket.pk])
    client = sign_in(alice)
    assert "Everywhere" in client.get(page).content.decode()
    assert sign_in(mallory).get(page).status_code == 404
    assert sign_in(light).post(page, {}).status_code == 403

    asked = client.post(page, {"type": "repair"}).content.decode()
    assert 'name="custom_device"' in asked
    body = {"type": "repair", "custom_device": "<b>Lamp</b>", "custom_order": ""}
    shown = client.post(page, body).content.decode()
    assert "&lt;b&gt;Lamp" in shown
    ticket = Ticket.objects.get()
    assert (ticket.type, ticket.custom) == ("repair", {"device": "<b>Lamp</b>"})
    assert client.post(page, {"type": "nonsense"}).status_code == 400
