"""A door that is out of order is noticed, said once, and said again when it works."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from connectors.actions import note_health, note_silence
from connectors.models import Inbox
from core import clock
from core.models import Event, Reaction

pytestmark = pytest.mark.django_db


def fail_after(inbox, minutes, *, start=None):
    with clock.at((start or clock.now()) + timedelta(minutes=minutes)):
        note_health(inbox, ok=False, error="The mail server cannot be reached.")


def names():
    return list(
        Event.objects.filter(name__in=["inbox.alarmed", "inbox.recovered"])
        .order_by("at")
        .values_list("name", flat=True)
    )


@pytest.fixture
def outbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    return mail.outbox


def test_a_short_failure_wakes_nobody(inbox):
    start = clock.now()
    fail_after(inbox, 0, start=start)
    fail_after(inbox, 14, start=start)
    note_health(inbox, ok=True)
    assert names() == []
    inbox.refresh_from_db()
    assert (inbox.problem, inbox.failing_since) == ("", None)


def test_a_long_failure_alarms_once_and_its_end_is_told(inbox, admin, alice, outbox, react):
    start = clock.now()
    for minutes in (0, 14, 15, 16, 300):
        fail_after(inbox, minutes, start=start)
    react()
    assert names() == ["inbox.alarmed"]
    assert [message.to for message in outbox] == [[admin.email]]
    assert inbox.name in outbox[0].subject
    assert "cannot be reached" in outbox[0].body
    note_health(inbox, ok=True)
    assert sorted(names()) == ["inbox.alarmed", "inbox.recovered"]
    react()
    assert len(outbox) == 1


def test_each_failure_has_its_own_alarm(inbox):
    start = clock.now()
    for begin in (0, 60):
        fail_after(inbox, begin, start=start)
        fail_after(inbox, begin + 20, start=start)
        note_health(inbox, ok=True)
    assert names().count("inbox.alarmed") == 2


def test_an_alarm_that_is_over_before_it_is_sent_is_not(inbox, admin, outbox, react):
    start = clock.now()
    fail_after(inbox, 0, start=start)
    fail_after(inbox, 20, start=start)
    note_health(inbox, ok=True)
    react()
    assert outbox == []


def test_an_alarm_that_cannot_leave_is_tried_again(inbox, admin, settings, react):
    settings.EMAIL_BACKEND = "connectors.mail.staff.OutgoingBackend"
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    start = clock.now()
    fail_after(inbox, 0, start=start)
    fail_after(inbox, 20, start=start)
    react()
    assert Reaction.objects.get(name__endswith="wake_admins").attempts > 0


def test_a_mailbox_nobody_asks_is_a_failure(inbox):
    inbox.credentials = {"imap": {"host": "h"}}
    inbox.save()
    note_health(inbox, ok=True)
    with clock.at(clock.now() + timedelta(minutes=29)):
        note_silence()
    assert Inbox.objects.get(pk=inbox.pk).problem == ""
    with clock.at(clock.now() + timedelta(minutes=31)):
        note_silence()
    assert "Nobody has asked" in Inbox.objects.get(pk=inbox.pk).problem


def test_a_door_that_is_handed_its_mail_may_be_quiet(inbox):
    note_health(inbox, ok=True)
    with clock.at(clock.now() + timedelta(days=3)):
        note_silence()
    assert Inbox.objects.get(pk=inbox.pk).problem == ""


def test_monitoring_sees_for_how_long_a_door_fails(inbox):
    fail_after(inbox, -10)
    page = Client().get("/metrics").content.decode()
    [line] = [
        line
        for line in page.splitlines()
        if line.startswith("helpdesk_inbox_failing_seconds{") and str(inbox.pk) in line
    ]
    assert 590 < float(line.rpartition(" ")[2]) < 660
