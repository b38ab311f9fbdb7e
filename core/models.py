from typing import Any

from django.db import models
from django.db.models.functions import Now

from core.clock import now
from core.ids import new_id


class XidField(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's 64-bit transaction number, filled in by the database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None or hasattr(value, "resolve_expression") else str(value)


class CurrentTransaction(models.Func):
    function = "pg_current_xact_id"
    arity = 0


class DataKey(models.Model):
    """The key of one subject (a customer, a file, an inbox), wrapped by a key of the key ring.

    Destroying it makes everything sealed with it unreadable, in back-ups too.
    """

    kid = models.AutoField(primary_key=True)
    scope = models.CharField(max_length=12)
    scope_id = models.UUIDField()
    kek = models.IntegerField(db_index=True)  # `keys rewrap` looks for the old ones
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=now)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    privacy = {
        "not_personal": "kid scope scope_id kek created_at destroyed_at",
        "credential": "wrapped",
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "scope_id"], name="one_data_key_per_owner")
        ]


class Event(models.Model):
    """What happened: audit entry, timeline entry, live signal and source of every reaction.

    Written by ``core.events.record`` alone. The application's login may not change or delete
    rows; details hold ids and commitments, never personal values, and nothing cascades here.
    """

    class ActorKind(models.TextChoices):
        USER = "user"
        CUSTOMER = "customer"
        SYSTEM = "system"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    actor_id = models.UUIDField(null=True)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    ticket_id = models.UUIDField(null=True)
    seq = models.PositiveIntegerField(null=True)  # gap-free per ticket, in order of commit
    via = models.CharField(max_length=12, blank=True)
    details = models.JSONField(default=dict)
    xid = XidField(db_default=CurrentTransaction())
    mac = models.BinaryField()  # made with a key the database never sees

    append_only = True
    privacy = {
        "behaviour": "name at actor_kind actor_id subject_kind subject_id ticket_id details",
        "not_personal": "id seq via xid mac",
    }

    class Meta:
        indexes = [
            # The API's event feed and the sealer read in order of commit.
            models.Index(fields=["xid", "id"], name="event_commit_order"),
            # The profile's and the admin's history of one thing.
            models.Index(fields=["subject_id", "id"], name="event_of_subject"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["ticket_id", "seq"], name="one_event_per_ticket_seq"),
            models.CheckConstraint(
                condition=models.Q(ticket_id=None, seq=None)
                | models.Q(ticket_id__isnull=False, seq__isnull=False),
                name="ticket_events_are_numbered",
            ),
        ]


class Reaction(models.Model):
    """Work that follows an event; deleted in the transaction that holds its effect."""

    class State(models.TextChoices):
        PENDING = "pending"
        FAILED = "failed"  # gave up; an admin sees it and may retry

    event = models.ForeignKey(Event, models.PROTECT, related_name="reactions")
    xid = XidField(db_default=CurrentTransaction())
    name = models.CharField(max_length=120)
    lane = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    hint_after = models.DateTimeField(db_default=Now())  # when the sweep may hint at it again
    hints = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)

    privacy = {
        "not_personal": "id event xid name lane state attempts next_at hint_after hints "
        "lease_until fence error"
    }

    class Meta:
        indexes = [
            # `drain` after a commit.
            models.Index(fields=["xid"], name="reaction_of_transaction"),
            # The sweep's look for what is due.
            models.Index(
                fields=["next_at"],
                name="reaction_due",
                condition=models.Q(state="pending"),
            ),
        ]


class AuditSeal(models.Model):
    """One link of the hash chain over all events, in order of sealing."""

    seq = models.BigIntegerField(primary_key=True)
    event_id = models.UUIDField(unique=True)
    leaf = models.BinaryField()
    chain = models.BinaryField()

    append_only = True
    privacy = {"not_personal": "seq event_id leaf chain"}


class IdempotencyKey(models.Model):
    """An API request already carried out: the object it made, never what was said in it."""

    principal = models.UUIDField()
    key = models.CharField(max_length=200)
    path = models.CharField(max_length=200)
    body_hash = models.BinaryField()
    object_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=now, db_index=True)  # tidied by age

    privacy = {"not_personal": "id principal key path body_hash object_id created_at"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["principal", "key"], name="one_use_of_an_idempotency_key"
            )
        ]
