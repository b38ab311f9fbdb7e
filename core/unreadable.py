"""A value that does not open was altered, moved or has lost its key: the audit must know."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import models, transaction

from core.clock import now
from core.crypto import DecryptionError, KeyDestroyed
from core.events import record
from core.models import Event

NAME = "value.unreadable"
# A damaged row on a busy list is asked for each second; one entry in this time tells enough.
ONCE_IN = timedelta(hours=1)

log = logging.getLogger("helpdesk.unreadable")


def note_unreadable(error: BaseException, *, actor: models.Model | None = None) -> Event | None:
    """Record where a read failed, if that is what ``error`` or its cause says."""
    failure = next((e for e in _causes(error) if isinstance(e, DecryptionError)), None)
    if failure is None or failure.place is None or isinstance(failure, KeyDestroyed):
        return None
    model, column, pk = failure.place
    log.error("%s.%s of %s cannot be opened.", model._meta.label, column, pk)
    known = Event.objects.filter(name=NAME, subject_id=pk, at__gt=now() - ONCE_IN)
    if known.filter(details__column=column).exists():
        return None
    with transaction.atomic():
        return record(NAME, subject=model(pk=pk), actor=actor, column=column)


def _causes(error: BaseException | None) -> Iterator[Any]:
    while error is not None:
        yield error
        error = error.__cause__
