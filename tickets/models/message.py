from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from connectors.models import Inbox
from core.clock import now
from core.fields import EncryptedJSONField, EncryptedTextField
from core.ids import new_id
from customers.models import Customer
from tickets.models.ticket import Thread, Ticket

if TYPE_CHECKING:
    from tickets.models.files import Attachment


class SideConversation(models.Model):
    """A third party asked by mail inside a ticket; the customer sees nothing of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="side_conversations")
    subject = EncryptedTextField()
    people = EncryptedJSONField(default=list)  # their addresses
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    is_awaited = models.BooleanField(default=True)  # they have not answered our last
    closed_at = models.DateTimeField(null=True)

    privacy = {
        "contact": "people",
        "content": "subject",
        "behaviour": "created_at is_awaited closed_at",
        "staff": "opened_by",
        "not_personal": "id ticket",
    }

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.ticket.customer_id


class Message(models.Model):
    """Something said about a ticket: by the customer, by us, or among us (a note)."""

    class Kind(models.TextChoices):
        PUBLIC = "public"
        NOTE = "note"
        SIDE = "side"  # said in a side conversation

    class Direction(models.TextChoices):
        IN = "in"
        OUT = "out"

    class Classification(models.TextChoices):
        PERSON = "person", _("from a person")
        AUTO_REPLY = "auto_reply", _("automatic reply")
        BULK = "bulk", _("mass mail")
        BOUNCE = "bounce", _("not delivered")
        OWN = "own", _("from one of our own addresses")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages")
    thread = models.ForeignKey(Thread, models.SET_NULL, null=True, related_name="messages")
    side = models.ForeignKey(SideConversation, models.CASCADE, null=True, related_name="messages")
    seq = models.PositiveIntegerField()  # the ticket's seq when it was said
    touched_seq = models.PositiveIntegerField()  # … when it last changed (delivery, withdrawal)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PUBLIC)
    direction = models.CharField(max_length=4, choices=Direction)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="messages",
        db_index=False,  # see message_of_author
    )
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, related_name="messages"
    )  # who wrote it, if no user did
    body = EncryptedTextField()
    html = EncryptedTextField(default="")
    addresses = EncryptedJSONField(default=dict)  # {"from": …, "to": […], "cc": […]}
    language = models.CharField(max_length=10, blank=True)
    classification = models.CharField(
        max_length=10, choices=Classification, default=Classification.PERSON
    )
    sender_problem = models.CharField(max_length=200, blank=True)  # why not to trust the sender
    # The right token, the right address, but no server vouches for it.
    is_unverified = models.BooleanField(default=False)
    verdicts = models.JSONField(default=dict, blank=True)  # of its raw delivery
    # {"forwarded_by": address, "protection": "pgp-signed", "invitations": [...]}; of answers that
    # came by a merge {"written_in": ticket, "written_for": customer}
    extras = EncryptedJSONField(null=True)  # rows from before it was kept have none
    external_id = EncryptedTextField(default="")  # Message-ID of a mail, for our References
    external_index = models.BinaryField(null=True)
    client_id = models.UUIDField(null=True, unique=True)
    at = models.DateTimeField(default=now)
    withdrawn_at = models.DateTimeField(null=True)  # undone before it was sent
    redacted_at = models.DateTimeField(null=True)  # its words were removed; that it was stays

    # Read along by ``queries.thread.messages_of``.
    files: "list[Attachment]"
    delivery_or_none: "Delivery | None"
    is_others = False  # by or for another customer, whose ticket was merged into this one

    privacy = {
        "content": "body html addresses external_id external_index extras",
        "behaviour": "customer at language classification sender_problem is_unverified verdicts "
        "withdrawn_at redacted_at",
        "staff": "author",
        "not_personal": "id ticket thread side seq touched_seq kind direction client_id",
    }

    class Meta:
        indexes = [
            # The thread, and what is new in it.
            models.Index(fields=["ticket", "seq"], name="message_thread"),
            models.Index(fields=["ticket", "touched_seq"], name="message_touched"),
            # What somebody said lately.
            models.Index(fields=["author", "-at"], name="message_of_author"),
            # Which message an incoming References header speaks of.
            models.Index(
                fields=["external_index"],
                name="message_external",
                condition=Q(external_index__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="note") | Q(direction="out"), name="notes_are_ours"
            ),
            models.CheckConstraint(
                condition=Q(kind="side", side__isnull=False) | (~Q(kind="side") & Q(side=None)),
                name="side_messages_have_a_conversation",
            ),
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.ticket.customer_id

    @property
    def is_note(self) -> bool:
        return self.kind == self.Kind.NOTE

    @property
    def is_inbound(self) -> bool:
        return self.direction == self.Direction.IN

    @property
    def is_automatic(self) -> bool:
        return self.classification != self.Classification.PERSON


class Delivery(models.Model):
    """The sending of one message."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("Waiting to be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not delivered")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message = models.OneToOneField(Message, models.CASCADE, related_name="delivery")
    state = models.CharField(max_length=10, choices=State, default=State.SCHEDULED)
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    provider_code = models.CharField(max_length=20, blank=True)
    problem = models.CharField(max_length=200, blank=True)
    is_retriable = models.BooleanField(default=True)
    # The connection or the worker went away between our last line and the server's answer: it may
    # have arrived already. A repeat carries the same Message-ID.
    ambiguous_at = models.DateTimeField(null=True)
    refused = EncryptedJSONField(null=True)  # recipients the server would not take
    bounced_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    privacy = {
        "contact": "refused",
        "behaviour": "not_before sent_at bounced_at",
        "not_personal": "id message state attempts provider_code problem is_retriable ambiguous_at",
    }

    class Meta:
        indexes = [
            models.Index(
                fields=["-ambiguous_at"],
                name="delivery_ambiguous",
                condition=Q(ambiguous_at__isnull=False),
            ),
            # The admin's page of what has not arrived.
            models.Index(
                fields=["state", "-not_before"],
                name="delivery_unsent",
                condition=Q(state__in=["scheduled", "sending", "failed"]),
            ),
            models.Index(
                fields=["-bounced_at"],
                name="delivery_bounced",
                condition=Q(bounced_at__isnull=False),
            ),
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.message.ticket.customer_id


class MessageAlias(models.Model):
    """Another Message-ID a relay gave to a message of ours."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="aliases")
    external_index = models.BinaryField()

    privacy = {"content": "external_index", "not_personal": "id message"}

    class Meta:
        indexes = [models.Index(fields=["external_index"], name="message_alias")]


class Tombstone(models.Model):
    """A message that was deleted here: it does not come back when its mailbox is read again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    inbox = models.ForeignKey(Inbox, models.CASCADE, related_name="+")
    external_index = models.BinaryField()
    at = models.DateTimeField(default=now)

    privacy = {"content": "external_index", "behaviour": "at", "not_personal": "id inbox"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inbox", "external_index"], name="one_tombstone")
        ]


class Suggestion(models.Model):
    """Another ticket this one may belong to; weak evidence that only a person may follow."""

    class Reason(models.TextChoices):
        SUBJECT = "subject", _("same sender and subject")
        NUMBER = "number", _("its number stands in the subject")
        REFERENCE = "reference", _("it refers to a message of it")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="suggestions")
    other = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=10, choices=Reason)
    at = models.DateTimeField(default=now)
    dismissed_at = models.DateTimeField(null=True)

    privacy = {"behaviour": "reason at dismissed_at", "not_personal": "id ticket other"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other"], name="one_suggestion_per_pair")
        ]
