"""How a customer is served."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core import clock
from core.models import Event
from customers.actions import add_customer, change_tier, set_up_tiers_and_purposes
from customers.models import Purpose, Tier


def test_customers_we_meet_first_are_new(db):
    assert add_customer(name="Dan", email="dan@example.org", actor=None).tier.code == "new"


def test_there_is_one_tier_for_customers_we_meet_first(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        Tier.objects.filter(code="vip").update(is_default=True)


def test_a_change_of_tier_says_from_where_to_where_and_why(carol, admin):
    until = clock.now() + timedelta(days=90)
    vip = Tier.objects.get(code="vip")
    change_tier(carol, actor=admin, tier=vip, reason="Ten years with us", until=until)

    carol.refresh_from_db()
    assert (carol.tier, carol.tier_reason, carol.tier_until) == (vip, "Ten years with us", until)
    told = Event.objects.get(name="customer.tier_changed")
    assert told.details == {"tier": "vip", "previous": "standard"}
    assert told.actor_id == admin.pk


def test_setting_up_again_keeps_what_an_admin_changed(db):
    Tier.objects.filter(code="vip").update(name="Friends of the house", priority=99)
    Purpose.objects.filter(code="surveys").update(name="Questions")
    set_up_tiers_and_purposes()

    assert Tier.objects.get(code="vip").name == "Friends of the house"
    assert Purpose.objects.get(code="surveys").notices.count() == 1
    assert list(Tier.objects.values_list("code", flat=True)) == ["vip", "new", "standard"]
