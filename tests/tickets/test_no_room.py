"""A mail with a file, and no room on the disk for it, or nobody to read it."""

import errno
import os

import pytest

from connectors.actions import store_raw
from connectors.errors import ZygoteLost
from connectors.models import RawDelivery
from core import files
from core.clock import now
from core.lanes import run_lane
from core.models import Reaction
from tickets import reactions
from tickets.models import Message

RAW = b"""From: carol@example.org
To: support@demo.test
Message-ID: <lamp@example.org>
Subject: A lamp
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=part

--part
Content-Type: text/plain

See the file.
--part
Content-Type: application/octet-stream
Content-Disposition: attachment; filename=lamp.bin

light
--part--
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trouble", [ZygoteLost, TimeoutError])
def test_a_mail_waits_for_a_reader_and_is_not_set_aside(trouble, inbox, monkeypatch):
    def fail(delivery):
        raise trouble

    delivery = store_raw(inbox, raw=RAW, source="smtp", external_id="<lamp>", envelope={})
    reading = Reaction.objects.get(name__endswith=".read_delivery")
    monkeypatch.setattr(reactions, "read_inbound", fail)
    run_lane(reading.pk)
    delivery.refresh_from_db()
    reading.refresh_from_db()

    assert (delivery.state, reading.state) == ("received", "pending")


@pytest.mark.django_db(transaction=True)
def test_a_mail_waits_for_room_and_is_not_set_aside(inbox, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    delivery = store_raw(inbox, raw=RAW, source="smtp", external_id="<lamp>", envelope={})
    reading = Reaction.objects.get(name__endswith=".read_delivery")
    with monkeypatch.context() as full:
        full.setattr(files, "write", refuse)
        run_lane(reading.pk)
    delivery.refresh_from_db()
    reading.refresh_from_db()
    assert (delivery.state, reading.state) == ("received", "pending")
    assert not Message.objects.exists()

    Reaction.objects.update(next_at=now())
    run_lane(reading.pk)
    [message] = Message.objects.all()
    assert message.attachments.count() == 1
    assert RawDelivery.objects.get().state == "applied"
