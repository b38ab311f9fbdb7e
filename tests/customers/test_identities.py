"""By which addresses customers are known, and that nobody is met twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from core import clock
from core.models import Event
from customers.actions import (
    add_customer,
    add_identity,
    add_organisation,
    identify_by_email,
    rename_customer,
)
from customers.errors import IdentityTaken
from customers.models import Customer, Identity, Organisation
from customers.queries import find_by_email, search_customers


def test_a_first_mail_meets_its_sender_as_a_new_customer(db):
    customer, identity = identify_by_email("Dan@Example.org", name="Dan Brown")

    assert (customer.name, customer.tier.code, identity.value) == (
        "Dan Brown",
        "new",
        "Dan@Example.org",
    )
    added = Event.objects.get(name="customer.added")
    assert (added.subject_id, added.actor_kind) == (customer.pk, "system")


def test_the_same_address_however_written_is_the_same_customer(db):
    customer, _ = identify_by_email("dan@example.org", name="Dan")

    for written in ("DAN@EXAMPLE.ORG", " dan@Example.org "):
        assert identify_by_email(written, name="Other")[0] == customer
    assert Customer.objects.get().name == "Dan"


def test_whoever_gives_no_name_is_called_by_their_address(db):
    for given in ("", " \n "):
        assert add_customer(name=given, email=f"dan{len(given)}@x.org", actor=None).name.startswith(
            "dan"
        )


def test_an_address_has_one_holder_at_a_time(carol, alice):
    dan = add_customer(name="Dan", email="dan@example.org", actor=alice)
    with pytest.raises(IdentityTaken):
        add_identity(dan, kind="email", value="CAROL@example.org", actor=alice)
    with pytest.raises(IdentityTaken):
        add_identity(dan, kind="phone", value="+447700900123", actor=alice)
    assert dan.identities.count() == 1


def test_an_address_can_change_hands(carol, alice):
    carol.identities.filter(kind="email").update(valid_to=clock.now())
    dan = add_customer(name="Dan", email="carol@example.org", actor=alice)

    assert find_by_email("carol@example.org") == dan
    assert Identity.objects.filter(kind="email").count() == 2


def test_a_customer_is_found_by_a_new_address_at_once(carol, alice):
    add_identity(carol, kind="email", value="c.ashworth@work.example", actor=alice)

    assert find_by_email("c.ashworth@work.example") == carol
    assert [c.pk for c in search_customers(alice, "work.example").rows] == [carol.pk]


def test_an_address_that_was_verified_says_how(db):
    customer = add_customer(name="Dan", email="dan@x.org", actor=None, verified_by="host")
    identity = customer.identities.get()

    assert (identity.verified_by, bool(identity.verified_at)) == ("host", True)


def test_an_organisation_of_one_name_is_one(alice):
    first = add_organisation("Bright Homes", actor=alice)
    assert add_organisation("Bright Homes", actor=alice) == first
    assert Organisation.objects.count() == 1


def test_a_customer_is_renamed_in_one_line(carol, alice):
    rename_customer(carol, actor=alice, name=" Carol\nBrightwater ")
    carol.refresh_from_db()
    assert carol.name == "Carol Brightwater"


def test_no_address_is_in_the_table_in_clear(carol):
    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text, c::text FROM customers_identity i, customers_customer c")
        stored = str(cursor.fetchall())

    assert stored
    for word in ("carol", "example.org", "7700 900123", "7700900123", "Ashworth", b"carol".hex()):
        assert word not in stored


@pytest.mark.django_db(transaction=True)
def test_two_first_mails_at_one_instant_meet_one_customer():
    together = Barrier(2)

    def meet(name):
        try:
            together.wait(timeout=10)
            customer, identity = identify_by_email("twin@example.org", name=name)
            return customer.pk, identity.pk, customer.name
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        met = list(pool.map(meet, ("One", "Two")))

    assert met[0] == met[1]
    assert Customer.objects.count() == Identity.objects.count() == 1
    assert Event.objects.filter(name="customer.added").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_slower_of_two_first_mails_waits_and_finds_the_customer(monkeypatch):
    """The race made certain: both have looked and found nobody before either writes."""
    both_looked = Barrier(2)
    write = add_customer

    def write_together(**fields):
        both_looked.wait(timeout=10)
        return write(**fields)

    monkeypatch.setattr("customers.actions.add_customer", write_together)

    def meet(name):
        try:
            customer, _ = identify_by_email("twin@example.org", name=name)
            return customer.pk, customer.name
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        met = list(pool.map(meet, ("One", "Two")))

    assert met[0] == met[1]
    assert Customer.objects.count() == 1
