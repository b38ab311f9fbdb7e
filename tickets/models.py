from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from connectors.models import Inbox
from core.clock import now
from core.fields import EncryptedJSONField, EncryptedTextField
from core.ids import new_id
from customers.models import Customer, Identity


class NextNumber(models.Func):
    template = "nextval('ticket_number')"
    output_field = models.BigIntegerField()


class Category(models.TextChoices):
    """What a status means to the machine; people may name several statuses per category."""

    NEW = "new", _("New")
    OPEN = "open", _("Open")
    WAITING_CUSTOMER = "waiting_customer", _("Waiting for the customer")
    WAITING_THIRD_PARTY = "waiting_third_party", _("Waiting for a third party")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")


UNRESOLVED = (
    Category.NEW,
    Category.OPEN,
    Category.WAITING_CUSTOMER,
    Category.WAITING_THIRD_PARTY,
)
WAITING = (Category.WAITING_CUSTOMER, Category.WAITING_THIRD_PARTY)
_UNRESOLVED_CODES = [str(category) for category in UNRESOLVED]  # as migrations keep them


class Priority(models.IntegerChoices):
    LOW = 10, _("Low")
    NORMAL = 20, _("Normal")
    HIGH = 30, _("High")
    URGENT = 40, _("Urgent")


class Status(models.Model):
    """A name admins give to a step in a ticket's life, over a fixed category."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(unique=True)
    category = models.CharField(_("category"), max_length=20, choices=Category)
    name = models.CharField(_("name for agents"), max_length=60)
    customer_name = models.CharField(_("name for customers"), max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    is_default = models.BooleanField(_("the usual one of its category"), default=False)

    privacy = {"not_personal": "id code category name customer_name position is_default"}

    class Meta:
        ordering = ["position"]
        verbose_name = _("status")
        verbose_name_plural = _("statuses")
        constraints = [
            models.UniqueConstraint(
                fields=["category"],
                condition=Q(is_default=True),
                name="one_default_status_per_category",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Thread(models.Model):
    """One transport conversation in one inbox: an e-mail chain, a chat session, a call."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    inbox = models.ForeignKey(Inbox, models.PROTECT, related_name="threads")
    identity = models.ForeignKey(Identity, models.SET_NULL, null=True, related_name="threads")
    last_in_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)

    privacy = {"behaviour": "identity last_in_at created_at", "not_personal": "id inbox"}


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: User) -> "TicketQuerySet":
        """Tickets this user may open. Every screen, API and socket starts here.

        A ticket is seen by those who work in its team or its inbox, and by its assignee.
        """
        if not user.is_authenticated or not user.may("tickets.view_ticket"):
            return self.none()
        if user.may("tickets.view_all_ticket"):
            return self
        access = user.access
        return self.filter(
            Q(team_id__in=access.teams) | Q(inbox_id__in=access.inboxes) | Q(assignee=user)
        )

    def visible_to_customer(self, customer: Customer) -> "TicketQuerySet":
        """What a customer may follow in the portal: their own, and their organisation's where it
        shares them. Spam is nobody's."""
        theirs = Q(customer=customer)
        if customer.organisation and customer.organisation.shares_requests:
            theirs |= Q(customer__organisation=customer.organisation)
        return self.filter(theirs, spam_at=None)

    def unresolved(self) -> "TicketQuerySet":
        return self.filter(category__in=UNRESOLVED)


class Ticket(models.Model):
    """One customer's request, from the first message to the last.

    Methods here answer questions. Changes go through ``tickets.actions``, which lock the row,
    record the event and tell open screens.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.BigIntegerField(unique=True, db_default=NextNumber(), editable=False)
    seq = models.PositiveIntegerField(default=0, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="tickets")
    inbox = models.ForeignKey(Inbox, models.PROTECT, related_name="tickets")
    subject = EncryptedTextField()
    status = models.ForeignKey(Status, models.PROTECT, related_name="tickets")
    category = models.CharField(max_length=20, choices=Category)  # of its status, for indexes
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    type = models.CharField(max_length=20, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="tickets")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="tickets"
    )
    language = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField(default=now)
    last_at = models.DateTimeField(default=now)  # last message or note
    last_message_seq = models.PositiveIntegerField(default=0)
    waiting_since = models.DateTimeField(null=True)  # since when the customer waits for us
    first_replied_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reopen_count = models.PositiveSmallIntegerField(default=0)
    spam_at = models.DateTimeField(null=True)  # since when it lies in the spam folder

    objects = TicketQuerySet.as_manager()
    numbers_events = True  # `seq` is checked against the events by `verify_audit`
    privacy = {
        "content": "subject tags type",
        "behaviour": "customer created_at last_at waiting_since first_replied_at resolved_at "
        "closed_at reopen_count language spam_at",
        "staff": "assignee",
        "not_personal": "id number seq inbox status category priority team last_message_seq",
    }

    class Meta:
        permissions = [
            ("view_all_ticket", "Can see the tickets of all teams"),
            ("reply_ticket", "Can answer customers"),
            ("note_ticket", "Can write notes"),
            ("reopen_closed_ticket", "Can reopen closed tickets"),
        ]
        indexes = [
            # The lists: newest activity first, by keyset, per door into them.
            models.Index(fields=["-last_at", "-id"], name="ticket_all"),
            models.Index(fields=["team", "-last_at", "-id"], name="ticket_of_team"),
            models.Index(
                fields=["-last_at", "-id"],
                name="ticket_open",
                condition=Q(
                    category__in=["new", "open", "waiting_customer", "waiting_third_party"],
                    spam_at=None,
                ),
            ),
            models.Index(
                fields=["assignee", "-last_at", "-id"],
                name="ticket_mine",
                condition=Q(
                    category__in=["new", "open", "waiting_customer", "waiting_third_party"],
                    spam_at=None,
                ),
            ),
            models.Index(
                fields=["-spam_at", "-id"],
                name="ticket_spam",
                condition=Q(spam_at__isnull=False),
            ),
            # The counts beside the views are read from this index alone.
            models.Index(
                fields=["team", "assignee", "inbox", "category"],
                name="ticket_counts",
                condition=Q(
                    category__in=["new", "open", "waiting_customer", "waiting_third_party"],
                    spam_at=None,
                ),
            ),
            # Earlier tickets in the customer panel.
            models.Index(fields=["customer", "-last_at"], name="ticket_of_customer"),
            GinIndex(fields=["tags"], name="ticket_tags"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=["resolved", "closed"], resolved_at__isnull=False)
                | (~Q(category__in=["resolved", "closed"]) & Q(resolved_at=None)),
                name="resolved_tickets_have_a_time",
            ),
            models.CheckConstraint(
                condition=Q(category="closed", closed_at__isnull=False)
                | (~Q(category="closed") & Q(closed_at=None)),
                name="closed_tickets_have_a_time",
            ),
        ]

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.customer_id

    @property
    def is_resolved(self) -> bool:
        return self.category in (Category.RESOLVED, Category.CLOSED)

    @property
    def is_waiting(self) -> bool:
        return self.category in WAITING


class Message(models.Model):
    """Something said about a ticket: by the customer, by us, or among us (a note)."""

    class Kind(models.TextChoices):
        PUBLIC = "public"
        NOTE = "note"

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
    seq = models.PositiveIntegerField()  # the ticket's seq when it was said
    touched_seq = models.PositiveIntegerField()  # … when it last changed (delivery, withdrawal)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PUBLIC)
    direction = models.CharField(max_length=4, choices=Direction)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="messages"
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
    # {"forwarded_by": address, "protection": "pgp-signed", "invitations": [...]}
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

    privacy = {
        "content": "body html addresses external_id external_index extras",
        "behaviour": "customer at language classification sender_problem is_unverified verdicts "
        "withdrawn_at redacted_at",
        "staff": "author",
        "not_personal": "id ticket thread seq touched_seq kind direction client_id",
    }

    class Meta:
        indexes = [
            # The thread, and what is new in it.
            models.Index(fields=["ticket", "seq"], name="message_thread"),
            models.Index(fields=["ticket", "touched_seq"], name="message_touched"),
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
            )
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


class Blob(models.Model):
    """The content of a file, kept once, sealed with a key of its own below ``BLOB_DIR``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    digest = models.BinaryField(unique=True)  # keyed, so that it confirms nobody's guess
    size = models.PositiveBigIntegerField()
    sniffed_type = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=now)

    holds_file = True  # `keys verify` reads it
    privacy = {"content": "digest", "not_personal": "id size sniffed_type created_at"}

    def data_key_owner(self) -> tuple[str, UUID]:
        return "blob", self.pk


class Attachment(models.Model):
    """A file of a message; without one while its answer is being written."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="attachments")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="attachments")
    filename = EncryptedTextField()
    content_type = models.CharField(max_length=100)
    disposition = models.CharField(max_length=10, default="attachment")
    cid = EncryptedTextField(default="")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)

    # Of its blob, read along by ``queries.thread.messages_of``.
    size: int
    sniffed_type: str

    privacy = {
        "content": "filename cid content_type",
        "staff": "uploaded_by",
        "not_personal": "id ticket message blob disposition created_at",
    }

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.ticket.customer_id


class ReadMark(models.Model):
    """How far somebody has read a ticket."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="read_marks")
    seq = models.PositiveIntegerField()

    privacy = {"staff": "user seq", "not_personal": "id ticket"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "ticket"], name="one_read_mark_per_reader")
        ]


class MessageIndex(models.Model):
    """Keyed hashes of a message's words for search: body, then subject and names.

    Derived: rebuilt by `manage.py rebuild_search`, left out of back-ups.
    """

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    tsv = SearchVectorField()

    privacy = {"content": "tsv", "behaviour": "at", "not_personal": "message ticket"}

    class Meta:
        indexes = [
            GinIndex(fields=["tsv"], name="message_search"),
            # Newest first, for frequent words.
            models.Index(fields=["-at"], name="message_search_newest"),
        ]
