"""Names over the fixed meanings of a status."""

import pytest
from django.urls import reverse

from core.models import Event
from tickets.actions import move_to_status
from tickets.models import Status, Ticket

FORM = {"category": "open", "name": "In the workshop", "customer_name": "Being repaired"}


@pytest.fixture
def workshop(admin, sign_in):
    assert sign_in(admin).post(reverse("tickets:add_status"), FORM).status_code == 302
    return Status.objects.get(code="in-the-workshop")


def test_a_status_of_ones_own_is_a_step_like_its_meaning(workshop, ticket, alice):
    move_to_status(ticket, actor=alice, status="in-the-workshop")
    ticket = Ticket.objects.select_related("status").get()
    assert (ticket.category, ticket.status.customer_name) == ("open", "Being repaired")


def test_names_change_and_the_meaning_does_not(workshop, admin, sign_in):
    page = reverse("tickets:status_settings", args=[workshop.pk])
    form = {"category": "closed", "name": "Repair", "customer_name": "In repair"}
    assert sign_in(admin).post(page, form).status_code == 302
    workshop.refresh_from_db()
    assert (workshop.name, workshop.category) == ("Repair", "open")
    assert Event.objects.get(name="status.changed").details["status"] == "in-the-workshop"


def test_each_meaning_keeps_a_usual_status(workshop, admin, sign_in):
    client = sign_in(admin)
    usual = Status.objects.get(category="open", is_default=True)
    page = reverse("tickets:status_settings", args=[usual.pk])
    refused = client.post(page, {"name": "Open", "customer_name": "Open"})
    assert refused.status_code == 400
    assert refused.context["form"].errors.keys() == {"is_default"}

    page = reverse("tickets:status_settings", args=[workshop.pk])
    form = {"name": "Repair", "customer_name": "Repair", "is_default": "on"}
    assert client.post(page, form).status_code == 302
    assert Status.objects.get(category="open", is_default=True) == workshop


def test_a_status_in_use_stays(workshop, ticket, alice, admin, sign_in):
    delete = reverse("tickets:delete_status", args=[workshop.pk])
    move_to_status(ticket, actor=alice, status=workshop.code)
    assert sign_in(admin).post(delete).status_code == 409
    move_to_status(ticket, actor=alice, status="resolved")
    assert sign_in(admin).post(delete).status_code == 302
    assert not Status.objects.filter(pk=workshop.pk).exists()


def test_the_table_says_what_may_follow(admin, sign_in):
    page = sign_in(admin).get(reverse("tickets:statuses"))
    table = {source.value: cells for source, cells in page.context["table"]}
    assert table["closed"] == ["", "right", "", "", "", "same"]
    assert table["resolved"][1:4] == ["reopens"] * 3
    assert "with the right" in page.content.decode()
