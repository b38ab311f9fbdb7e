"""Tiers by rule, tiers that end, and what is done for customers before they ask."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Presence
from automation.actions.looking_after import look_after
from automation.models import Reminder, TriageGuess
from core import clock
from core.clock import now
from customers.actions import change_tier, tend_tiers
from customers.models import Customer, CustomField, Tier, TierRule
from tickets import actions
from tickets.models import Notification, Ticket

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def tier_of(customer):
    return Customer.objects.get(pk=customer.pk).tier.code


def tier(code, **values):
    Tier.objects.filter(code=code).update(**values)
    return Tier.objects.get(code=code)


@pytest.fixture
def dora(mail_in, inbox):
    return mail_in(inbox, "dora@example.org", "Hello", "I am new here.").ticket.customer


@pytest.fixture
def orders():
    return CustomField.objects.create(
        owner="customer", code="orders", name="Orders", kind=CustomField.Kind.NUMBER
    )


@pytest.mark.slow
def test_who_fits_a_rule_has_its_tier_until_they_fit_no_more(dora, orders, admin, sign_in):
    vip, usual = tier("vip"), Tier.objects.get(is_default=True)
    web = sign_in(admin)
    add = reverse("customers:add_tier_rule", args=[vip.pk])
    assert web.post(add, {"field": "orders", "at_least": "10"}).status_code == 302
    assert tend_tiers() == 0 and tier_of(dora) == usual.code
    Customer.objects.filter(pk=dora.pk).update(custom={"orders": 12})
    assert (
        "One customer fits now."
        in web.get(reverse("customers:tier_settings", args=[vip.pk])).content.decode()
    )
    assert tend_tiers() == 1 and tend_tiers() == 0
    assert tier_of(dora) == "vip"
    Customer.objects.filter(pk=dora.pk).update(custom={"orders": 3})
    TierRule.objects.update(at_least=20)
    assert tend_tiers() == 1 and tier_of(dora) == usual.code


def test_age_and_requests_are_asked_together(dora, mail_in, inbox):
    TierRule.objects.create(tier=tier("vip"), tickets=2, older_than=30)
    mail_in(inbox, "dora@example.org", "Again", "Another thing.")
    assert tend_tiers() == 0
    with clock.at(now() + 31 * DAY):
        assert tend_tiers() == 1
    assert tier_of(dora) == "vip"


def test_what_somebody_gave_by_hand_no_rule_takes_and_it_ends_on_its_day(dora, admin):
    TierRule.objects.create(tier=tier("standard"), tickets=1)
    change_tier(dora, actor=admin, tier=tier("vip"), reason="A partner", until=now() + DAY)
    assert tend_tiers() == 0 and tier_of(dora) == "vip"
    with clock.at(now() + 2 * DAY):
        tend_tiers()
    # It is over, and now the rule holds as for everybody.
    assert tier_of(dora) in {"standard", Tier.objects.get(is_default=True).code}
    assert Customer.objects.get(pk=dora.pk).tier_until is None


def test_a_rule_that_asks_nothing_is_refused(admin, sign_in):
    web, vip = sign_in(admin), tier("vip")
    page = web.post(reverse("customers:add_tier_rule", args=[vip.pk]), {})
    assert page.status_code == 400 and not TierRule.objects.exists()
    assert "Say at least one thing that must hold." in page.content.decode()


def test_who_is_new_is_asked_once_how_they_are_getting_on(dora, bob):
    Presence.objects.update_or_create(user=bob, defaults={"state": "online", "seen_at": now()})
    Customer.objects.filter(pk=dora.pk).update(
        tier=tier("new", guided_onboarding=True, check_in_days=5)
    )
    assert look_after() == 0
    with clock.at(now() + 6 * DAY):
        Presence.objects.update(seen_at=now())
        assert look_after() == 1 and look_after() == 0
    task = Ticket.objects.get(pk=Reminder.objects.get(kind="check_in").ticket_id)
    assert dora.name in task.subject and task.waiting_since is None
    assert [m.kind for m in task.messages.all()] == ["note"]  # the customer is told nothing
    assert Notification.objects.get(kind="reminder").user == bob


def test_switched_off_nothing_is_done(dora):
    Customer.objects.filter(pk=dora.pk).update(
        tier=tier("new", guided_onboarding=False, check_in_days=5)
    )
    with clock.at(now() + 6 * DAY):
        assert look_after() == 0


def test_a_renewal_is_looked_after_before_it_comes(dora):
    soon = (now() + 10 * DAY).date().isoformat()
    vip = tier("vip", proactive_reminders=True, renewal_field="renews", renewal_days=14)
    Customer.objects.filter(pk=dora.pk).update(tier=vip, custom={"renews": soon})
    assert look_after() == 1 and look_after() == 0
    task = Ticket.objects.get(pk=Reminder.objects.get(kind="renewal").ticket_id)
    assert soon in task.subject


def test_somebody_unhappy_who_fell_silent_is_not_forgotten(dora, alice):
    vip = tier("vip", proactive_reminders=True, silence_days=3)
    Customer.objects.filter(pk=dora.pk).update(tier=vip)
    ticket = Ticket.objects.get(customer=dora)
    TriageGuess.objects.create(
        ticket=ticket, field="sentiment", value="unhappy", confidence=0.8, source="bots"
    )
    actions.reply(ticket, actor=alice, body="We are sorry.")
    assert look_after() == 0
    with clock.at(now() + 4 * DAY):
        assert look_after() == 1 and look_after() == 0
    assert Notification.objects.filter(kind="reminder", user=alice).count() == 1
    assert ticket.messages.filter(kind="note").count() == 1


def test_the_page_of_a_tier_says_what_is_done(admin, sign_in):
    tier("vip", proactive_reminders=True, silence_days=4)
    page = sign_in(admin).get(reverse("customers:tiers")).content.decode()
    assert "After 4 days of silence following an unhappy word" in page
