"""The API's words for tickets, messages and events: what goes out and what may come in."""

from typing import Any

from rest_framework import serializers

from connectors.models import RawDelivery
from core.api import StrictSerializer
from core.models import Event
from tickets.models import Attachment, Message, Priority, Ticket


class PersonShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class TicketShape(serializers.Serializer[Ticket]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="Rises by one with every event; see changes.")
    subject = serializers.CharField()
    status = serializers.CharField(source="status.code")
    category = serializers.CharField()
    priority = serializers.SerializerMethodField()
    type = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    customer = PersonShape()
    tier = serializers.CharField(source="customer.tier.code")
    team = PersonShape(allow_null=True)
    assignee = PersonShape(allow_null=True)
    inbox = PersonShape()
    language = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    waiting_since = serializers.DateTimeField(allow_null=True)
    first_replied_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    reopen_count = serializers.IntegerField()

    def get_priority(self, ticket: Ticket) -> str:
        return Priority(ticket.priority).name.lower()


class AttachmentShape(serializers.Serializer[Attachment]):
    id = serializers.UUIDField()
    filename = serializers.CharField()
    size = serializers.IntegerField()
    type = serializers.CharField(source="sniffed_type")
    url = serializers.SerializerMethodField()

    def get_url(self, attachment: Attachment) -> str:
        return f"/tickets/attachments/{attachment.pk}/"


class DeliveryShape(serializers.Serializer[Any]):
    state = serializers.CharField()
    not_before = serializers.DateTimeField()
    attempts = serializers.IntegerField()
    problem = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)


class OutgoingShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    ticket = serializers.UUIDField()
    message = serializers.UUIDField()
    message_id = serializers.CharField(help_text="The Message-ID it has at every try.")
    classification = serializers.CharField()
    state = serializers.CharField()
    attempts = serializers.IntegerField()
    problem = serializers.CharField()
    code = serializers.CharField(help_text="What the server answered, or suppressed.")
    ambiguous = serializers.BooleanField(help_text="It may have arrived more than once.")
    not_before = serializers.DateTimeField(help_text="When it leaves, or is tried again.")
    sent_at = serializers.DateTimeField(allow_null=True)


class OutgoingListShape(serializers.Serializer[Any]):
    results = OutgoingShape(many=True)
    next = serializers.CharField(allow_null=True)


class MessageShape(serializers.Serializer[Message]):
    id = serializers.UUIDField()
    ticket = serializers.UUIDField(source="ticket_id")
    seq = serializers.IntegerField()
    touched_seq = serializers.IntegerField()
    kind = serializers.CharField(help_text="public or note")
    direction = serializers.CharField(help_text="in or out")
    author = PersonShape(allow_null=True)
    customer = PersonShape(allow_null=True)
    body = serializers.SerializerMethodField()
    classification = serializers.CharField()
    at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    delivery = DeliveryShape(source="delivery_or_none", allow_null=True)
    attachments = AttachmentShape(source="files", many=True)

    def get_body(self, message: Message) -> str:
        return "" if message.withdrawn_at else message.body


class EventShape(serializers.Serializer[Event]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.SerializerMethodField()
    subject = serializers.SerializerMethodField()
    ticket = serializers.UUIDField(source="ticket_id", allow_null=True)
    seq = serializers.IntegerField(allow_null=True)
    via = serializers.CharField()
    details = serializers.JSONField()

    def get_actor(self, event: Event) -> dict[str, str | None]:
        return {"kind": event.actor_kind, "id": str(event.actor_id) if event.actor_id else None}

    def get_subject(self, event: Event) -> dict[str, str]:
        return {"kind": event.subject_kind, "id": str(event.subject_id)}


class ChangesShape(serializers.Serializer[Any]):
    head = serializers.IntegerField(help_text="Pass it as after next time.")
    ticket = TicketShape()
    events = EventShape(many=True)
    messages = MessageShape(many=True, help_text="Touched since, in their current state.")
    more = serializers.BooleanField()


class TicketListShape(serializers.Serializer[Any]):
    results = TicketShape(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it as after; null at the end.")


class MessageListShape(serializers.Serializer[Any]):
    results = MessageShape(many=True)
    head = serializers.IntegerField()


class EventListShape(serializers.Serializer[Any]):
    results = EventShape(many=True)
    next = serializers.CharField(allow_null=True)


class RawDeliveryShape(serializers.Serializer[RawDelivery]):
    """What arrived, without a word of it: its sender and text are for the pages alone."""

    id = serializers.UUIDField()
    inbox = PersonShape()
    via = serializers.CharField(source="source", help_text="The door it came by.")
    size = serializers.IntegerField()
    state = serializers.CharField()
    reason_code = serializers.CharField()
    reason = serializers.CharField()
    ticket = serializers.UUIDField(source="ticket_id", allow_null=True)
    message = serializers.UUIDField(source="message_id", allow_null=True)
    suspected_ticket = serializers.UUIDField(source="suspected_ticket_id", allow_null=True)
    verdicts = serializers.DictField(child=serializers.CharField())
    received_at = serializers.DateTimeField()


class RawDeliveryListShape(serializers.Serializer[Any]):
    results = RawDeliveryShape(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it as after; null at the end.")


class NewRefiling(StrictSerializer):
    ticket = serializers.UUIDField()


class NewCustomer(StrictSerializer):
    name = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    email = serializers.EmailField()


class NewTicket(StrictSerializer):
    subject = serializers.CharField(max_length=500)
    body = serializers.CharField(max_length=200_000, trim_whitespace=False)
    customer = NewCustomer()
    inbox = serializers.UUIDField(required=False)


class NewReply(StrictSerializer):
    body = serializers.CharField(max_length=200_000, trim_whitespace=False)
    seen_seq = serializers.IntegerField(
        min_value=0, required=False, help_text="The newest seq the author has seen."
    )
    client_id = serializers.UUIDField(required=False)
    to = serializers.EmailField(required=False, help_text="One of those who take part.")
    cc = serializers.ListField(child=serializers.EmailField(), max_length=20, required=False)
    bcc = serializers.ListField(child=serializers.EmailField(), max_length=20, required=False)
    mentions = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        help_text="Colleagues and teams called in the text: user:<id>, team:<id>.",
    )
    status = serializers.SlugField(required=False, help_text="Set after sending.")
    attachments = serializers.ListField(child=serializers.UUIDField(), required=False)
    not_before = serializers.DateTimeField(required=False)


class NewNote(StrictSerializer):
    body = serializers.CharField(max_length=200_000, trim_whitespace=False)
    client_id = serializers.UUIDField(required=False)
    attachments = serializers.ListField(child=serializers.UUIDField(), required=False)
    mentions = serializers.ListField(child=serializers.CharField(max_length=60), required=False)


class NewTransition(StrictSerializer):
    status = serializers.SlugField()


class TicketChange(StrictSerializer):
    assignee = serializers.UUIDField(required=False, allow_null=True)
    team = serializers.UUIDField(required=False, allow_null=True)
    priority = serializers.ChoiceField(
        choices=[priority.name.lower() for priority in Priority], required=False
    )
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False)
