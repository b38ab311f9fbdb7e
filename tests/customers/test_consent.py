"""What a customer's data may be used for."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.db.utils import ProgrammingError

from core import clock
from core.models import Event
from customers.actions import publish_notice, record_consent
from customers.errors import UnknownPurpose
from customers.models import ConsentEvent, Notice, Purpose
from customers.queries import consent_allows, consent_history, list_consents


def decide(customer, purpose, action, actor=None, **fields):
    return record_consent(
        customer, purpose=purpose, action=action, channel="phone", actor=actor, **fields
    )


@pytest.mark.parametrize(
    ("purpose", "never_asked", "granted", "denied", "withdrawn"),
    [
        ("service", True, True, True, True),  # a contract: it is what the customer asked for
        ("marketing", False, True, False, False),
        ("ai_training", False, True, False, False),
        ("surveys", True, True, False, False),  # our interest, until the customer objects
    ],
)
def test_what_each_ground_allows(carol, purpose, never_asked, granted, denied, withdrawn):
    assert consent_allows(carol, purpose) is never_asked
    for action, allowed in (("granted", granted), ("denied", denied), ("withdrawn", withdrawn)):
        decide(carol, purpose, action)
        assert consent_allows(carol, purpose) is allowed, action


def test_the_last_decision_counts(carol):
    for action, allowed in (("granted", True), ("withdrawn", False), ("granted", True)):
        decide(carol, "marketing", action)
        assert consent_allows(carol, "marketing") is allowed
    assert [event.action for event in consent_history(carol)] == ["granted", "withdrawn", "granted"]


def test_of_two_decisions_at_one_instant_the_later_written_counts(carol):
    with clock.at(clock.now()):
        decide(carol, "marketing", "granted")
        decide(carol, "marketing", "withdrawn")
    assert not consent_allows(carol, "marketing")


def test_consent_ends_when_it_expires(carol):
    ends = clock.now() + timedelta(days=30)
    decide(carol, "marketing", "granted", expires_at=ends)

    assert consent_allows(carol, "marketing")
    with clock.at(ends - timedelta(seconds=1)):
        assert consent_allows(carol, "marketing")
    with clock.at(ends):
        assert not consent_allows(carol, "marketing")


def test_consent_for_one_purpose_or_customer_is_none_for_another(carol, ticket, mail_in, inbox):
    other = mail_in(inbox, "dan@example.org", "Hello", "Hi").customer
    decide(carol, "marketing", "granted")

    assert not consent_allows(carol, "ai_training")
    assert not consent_allows(other, "marketing")


def test_an_unknown_purpose_is_never_allowed(carol):
    assert not consent_allows(carol, "selling")
    with pytest.raises(UnknownPurpose):
        decide(carol, "selling", "granted")


def test_a_word_that_is_no_decision_is_refused(carol):
    with pytest.raises(UnknownPurpose):
        decide(carol, "marketing", "maybe")
    assert not ConsentEvent.objects.exists()


def test_nothing_is_allowed_with_somebody_who_was_erased(carol):
    decide(carol, "marketing", "granted")
    carol.erased_at = clock.now()
    assert not any(consent_allows(carol, p.code) for p in Purpose.objects.all())


def test_the_profile_lists_every_purpose(carol):
    decide(carol, "marketing", "granted")
    listed = {c.purpose: (c.action, c.is_allowed) for c in list_consents(carol)}

    assert listed == {
        "service": ("", True),
        "marketing": ("granted", True),
        "surveys": ("", True),
        "ai_training": ("", False),
    }


def test_a_decision_keeps_the_very_words_that_were_shown(carol, alice):
    marketing = Purpose.objects.get(code="marketing")
    first = decide(carol, "marketing", "granted").notice
    carol.locale = "zh-hans"
    chinese = publish_notice(marketing, locale="zh-hans", text="我们会发送优惠信息。", actor=None)
    english = publish_notice(marketing, locale="en", text="Other words.", actor=None)

    assert decide(carol, "marketing", "granted").notice == chinese
    carol.locale = "fr"
    assert decide(carol, "marketing", "granted").notice == english
    assert (first.version, english.version, chinese.version) == (1, 2, 1)


def test_a_decision_is_told_without_personal_values(carol, alice):
    decide(carol, "marketing", "granted", actor=alice, proof={"said": "Carol said yes"})
    told = Event.objects.get(name="consent.recorded")

    assert told.details == {"purpose": "marketing", "action": "granted"}
    assert (told.subject_id, told.actor_id) == (carol.pk, alice.pk)


def test_proof_is_kept_sealed(carol):
    event = decide(carol, "marketing", "granted", proof={"ip": "192.0.2.7"})
    assert ConsentEvent.objects.get(pk=event.pk).proof == {"ip": "192.0.2.7"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT proof FROM customers_consentevent")
        assert b"192.0.2.7" not in bytes(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customers_consentevent SET action = 'granted'",
        "DELETE FROM customers_consentevent",
        "TRUNCATE customers_consentevent",
        "UPDATE customers_notice SET text = 'other words'",
        "DELETE FROM customers_notice",
        "ALTER TABLE customers_consentevent DISABLE TRIGGER ALL",
        "GRANT UPDATE ON customers_consentevent TO CURRENT_USER",
    ],
)
def test_the_ledger_cannot_be_altered_by_the_application(carol, statement):
    decide(carol, "marketing", "denied")
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        # PostgreSQL only warns of a grant that gives nothing.
        cursor.execute("UPDATE customers_consentevent SET action = 'granted'")
    assert ConsentEvent.objects.get().action == "denied"


def test_the_ledger_cannot_be_altered_through_its_model_either(carol):
    event = decide(carol, "marketing", "denied")
    event.action = "granted"
    for change in (event.save, event.delete, Notice.objects.all().delete):
        with pytest.raises((ProgrammingError, ProtectedError)), transaction.atomic():
            change()
    assert ConsentEvent.objects.get().action == "denied"
