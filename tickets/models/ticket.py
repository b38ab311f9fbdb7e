from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from connectors.models import Inbox
from core.clock import now
from core.fields import EncryptedJSONField, EncryptedTextField
from core.ids import new_id
from customers.models import Customer, CustomField, Identity


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


NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def or_never(column: str) -> Coalesce:
    """What nobody waits for and what is not due comes last; as the indexes of the lists keep it."""
    return Coalesce(column, models.Value(NEVER))


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


class TicketType(models.Model):
    """What kind of request it is; asks for fields of its own, in the portal as a form."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(max_length=20, unique=True)  # what tickets keep
    name = models.CharField(_("name for agents"), max_length=60)
    customer_name = models.CharField(_("name for customers"), max_length=80, blank=True)
    description = models.CharField(_("help for customers"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_offered = models.BooleanField(_("offered in the portal"), default=True)
    is_active = models.BooleanField(_("in use"), default=True)
    fields: "models.ManyToManyField[CustomField, models.Model]" = models.ManyToManyField(
        CustomField, related_name="ticket_types", blank=True
    )

    privacy = {
        "not_personal": "id code name customer_name description position is_offered is_active "
        "fields"
    }

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("ticket type")

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
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="tickets",
        db_index=False,  # see ticket_of_assignee
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
    next_due_at = models.DateTimeField(null=True)  # the nearest promise
    # Likely to be broken, by the pace of the team; an estimate, made anew every few minutes.
    is_at_risk = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    custom = models.JSONField(default=dict, blank=True)  # values by the codes of custom fields
    custom_private = EncryptedJSONField(null=True, blank=True)  # … of those that are personal

    objects = TicketQuerySet.as_manager()
    numbers_events = True  # `seq` is checked against the events by `verify_audit`
    privacy = {
        "content": "subject tags type custom_private",
        "behaviour": "customer created_at last_at waiting_since first_replied_at resolved_at "
        "closed_at reopen_count language spam_at next_due_at is_at_risk custom",
        "staff": "assignee",
        "not_personal": "id number seq inbox status category priority team last_message_seq "
        "merged_into",
    }

    class Meta:
        permissions = [
            ("view_all_ticket", "Can see the tickets of all teams"),
            ("reply_ticket", "Can answer customers"),
            ("note_ticket", "Can write notes"),
            ("reopen_closed_ticket", "Can reopen closed tickets"),
            ("curate_tags", "Can rename, merge and delete tags"),
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
            # The other orders, of what is unresolved and of all.
            models.Index(
                or_never("waiting_since"),
                "id",
                name="ticket_by_waiting",
                condition=Q(
                    category__in=["new", "open", "waiting_customer", "waiting_third_party"],
                    spam_at=None,
                ),
            ),
            models.Index(
                or_never("next_due_at"),
                "id",
                name="ticket_by_due",
                condition=Q(
                    category__in=["new", "open", "waiting_customer", "waiting_third_party"],
                    spam_at=None,
                ),
            ),
            models.Index(
                fields=["-priority", "-last_at", "-id"],
                name="ticket_by_priority",
                condition=Q(
                    category__in=["new", "open", "waiting_customer", "waiting_third_party"],
                    spam_at=None,
                ),
            ),
            models.Index(or_never("waiting_since"), "id", name="ticket_all_by_waiting"),
            models.Index(or_never("next_due_at"), "id", name="ticket_all_by_due"),
            models.Index(fields=["-priority", "-last_at", "-id"], name="ticket_all_by_priority"),
            # What saved views mostly ask of unresolved tickets: thirty of them are counted from it.
            models.Index(
                fields=["team", "assignee"],
                include=[
                    "inbox",
                    "category",
                    "id",
                    "customer",
                    "status",
                    "priority",
                    "type",
                    "language",
                    "created_at",
                    "last_at",
                    "last_message_seq",
                    "waiting_since",
                    "next_due_at",
                    "reopen_count",
                    "merged_into",
                ],
                name="ticket_saved_counts",
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
            # What somebody resolved lately.
            models.Index(fields=["assignee", "-resolved_at"], name="ticket_of_assignee"),
            # What was resolved lately, whoever did it.
            models.Index(
                fields=["resolved_at"],
                name="ticket_resolved",
                condition=Q(resolved_at__isnull=False),
            ),
            # Few at any time.
            models.Index(fields=["id"], name="ticket_at_risk", condition=Q(is_at_risk=True)),
            # What comes due, the nearest first.
            models.Index(
                fields=["next_due_at", "id"],
                name="ticket_due",
                condition=Q(next_due_at__isnull=False),
            ),
            models.Index(
                fields=["merged_into"],
                name="ticket_merged",
                condition=Q(merged_into__isnull=False),
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
