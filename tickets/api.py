"""The API's door to tickets. Each view finds its object first, so that a stranger learns
nothing from a complaint about the body, and calls one action."""

import base64
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError
from rest_framework.views import APIView

from accounts.models import Team, User
from connectors.messages import InboundMessage
from connectors.models import Inbox, RawDelivery
from connectors.queries import list_deliveries, list_deliveries_behind
from core import events
from core.api import demand, read_body, read_number
from core.errors import HelpdeskError, Invalid
from core.fields import warm_keys
from core.idempotency import Claim, once
from core.models import Event
from tickets import actions, queries, shapes
from tickets.models import Delivery, Message, Priority, Ticket
from tickets.queries.lists import SORTS
from tickets.queries.sending import describe_outgoing, page_of_outgoing, search_outgoing
from tickets.queries.thread import find_ticket, messages_of

AFTER_SEQ = OpenApiParameter("after", int, description="Only what is newer than this seq.")
AFTER = OpenApiParameter("after", str, description="The next of the page before.")
VIEW_NAMES = f"{', '.join(queries.VIEWS)}, team-<id> or saved-<id>"
KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)


class HelpdeskView(APIView):
    def once(self, request: Request) -> Any:
        """Carry a POST out once per ``Idempotency-Key``; without one, each time."""
        return once(
            principal=request.user.pk,
            key=request.headers.get("Idempotency-Key", "").strip(),
            path=request.path,
            body=request._request.body,
        )


class TicketListView(HelpdeskView):
    @extend_schema(
        operation_id="tickets_list",
        parameters=[
            OpenApiParameter("q", str, description="Words, phrases, people, a number."),
            OpenApiParameter("status", str),
            OpenApiParameter("view", str, description=VIEW_NAMES),
            OpenApiParameter("filter", str, description="As JSON; see docs/workspace.md."),
            OpenApiParameter("sort", str, enum=list(SORTS)),
            AFTER,
        ],
        responses=shapes.TicketListShape,
    )
    def get(self, request: Request) -> Response:
        wanted = {"view": "all"} | request.query_params.dict()
        page = queries.list_tickets(request.user, queries.ListRequest.from_query(wanted))
        rows = shapes.TicketShape(page.rows, many=True).data
        return Response({"results": rows, "next": page.next or None})

    @extend_schema(parameters=[KEY], request=shapes.NewTicket, responses={201: shapes.TicketShape})
    def post(self, request: Request) -> Response:
        demand(request, "tickets.add_ticket")
        body = read_body(shapes.NewTicket, request)
        inbox = _inbox_for(request.user, body.get("inbox"))
        with self.once(request) as claim:
            if not claim.known:
                ticket = actions.open_ticket(
                    inbox,
                    actor=request.user,
                    customer_email=body["customer"]["email"],
                    customer_name=body["customer"]["name"],
                    subject=body["subject"],
                    body=body["body"],
                )
                claim.made = ticket.pk
        ticket = Ticket.objects.select_related(*_RELATED).get(pk=claim.known or claim.made)
        return Response(shapes.TicketShape(ticket).data, status=201)


_RELATED = ("customer__tier", "status", "assignee", "inbox", "team")


def _inbox_for(user: User, pk: UUID | None) -> Inbox:
    inboxes = Inbox.objects.filter(is_active=True).order_by("pk")
    if not user.may("tickets.view_all_ticket"):
        access = user.access
        inboxes = inboxes.filter(Q(team__in=access.teams) | Q(pk__in=access.inboxes))
    inbox = inboxes.filter(pk=pk).first() if pk else inboxes.filter(kind="mail").first()
    if inbox is None:
        raise Invalid("There is no such inbox among yours.", field="inbox")
    return inbox


class TicketView(HelpdeskView):
    @extend_schema(responses=shapes.TicketShape)
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(shapes.TicketShape(find_ticket(request.user, pk)).data)

    @extend_schema(request=shapes.TicketChange, responses=shapes.TicketShape)
    def patch(self, request: Request, pk: UUID) -> Response:
        ticket = find_ticket(request.user, pk)
        demand(request, "tickets.change_ticket")
        body = read_body(shapes.TicketChange, request)
        with transaction.atomic():
            _change(ticket, request.user, body)
        # Handing a ticket over may end one's own access; the change is answered all the same.
        ticket = Ticket.objects.select_related(*_RELATED).get(pk=pk)
        return Response(shapes.TicketShape(ticket).data)


def _change(ticket: Ticket, user: User, body: dict[str, Any]) -> None:
    if "team" in body and body["team"] != ticket.team_id:
        team = _find(Team, body["team"], "team")
        ticket = actions.move_to_team(ticket, actor=user, team=team)
    if "assignee" in body and body["assignee"] != ticket.assignee_id:
        actions.assign(ticket, actor=user, assignee=_find(User, body["assignee"], "assignee"))
    if "priority" in body:
        actions.set_priority(ticket, actor=user, priority=Priority[body["priority"].upper()])
    if "tags" in body:
        actions.set_tags(ticket, actor=user, tags=body["tags"])


def _find(model: Any, pk: UUID | None, name: str) -> Any:
    if pk is None:
        return None
    found = model.objects.filter(pk=pk).first()
    if found is None:
        raise ValidationError({name: ["There is no such one."]})
    return found


class ChangesView(HelpdeskView):
    @extend_schema(parameters=[AFTER_SEQ], responses=shapes.ChangesShape)
    def get(self, request: Request, pk: UUID) -> Response:
        changes = queries.load_changes(request.user, pk, read_number(request, "after"))
        return Response(shapes.ChangesShape(changes).data)


class MessagesView(HelpdeskView):
    @extend_schema(parameters=[AFTER_SEQ], responses=shapes.MessageListShape)
    def get(self, request: Request, pk: UUID) -> Response:
        ticket = find_ticket(request.user, pk)
        messages = messages_of(ticket, said_after=read_number(request, "after"))
        warm_keys([ticket], messages, [file for m in messages for file in m.files])
        rows = shapes.MessageShape(messages, many=True).data
        return Response({"results": rows, "head": ticket.seq})


class RepliesView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=shapes.NewReply, responses={201: shapes.MessageShape})
    def post(self, request: Request, pk: UUID) -> Response:
        ticket = find_ticket(request.user, pk)
        demand(request, "tickets.reply_ticket")
        body = read_body(shapes.NewReply, request)
        with self.once(request) as claim:
            if not claim.known:
                claim.made = actions.reply(ticket, actor=request.user, **body).pk
        return _message_response(ticket, claim)


class NotesView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=shapes.NewNote, responses={201: shapes.MessageShape})
    def post(self, request: Request, pk: UUID) -> Response:
        ticket = find_ticket(request.user, pk)
        demand(request, "tickets.note_ticket")
        body = read_body(shapes.NewNote, request)
        with self.once(request) as claim:
            if not claim.known:
                claim.made = actions.add_note(ticket, actor=request.user, **body).pk
        return _message_response(ticket, claim)


def _message_response(ticket: Ticket, claim: Claim) -> Response:
    [message] = messages_of(ticket, only=claim.known or claim.made)
    return Response(shapes.MessageShape(message).data, status=201)


class WithdrawalView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=None, responses={201: shapes.MessageShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Take back an answer of one's own that has not left yet."""
        visible = Ticket.objects.visible_to(request.user)
        message = get_object_or_404(Message, pk=pk, ticket__in=visible)
        demand(request, "tickets.reply_ticket")
        with self.once(request) as claim:
            if not claim.known:
                claim.made = actions.withdraw(message, actor=request.user).pk
        return _message_response(find_ticket(request.user, message.ticket_id), claim)


class TransitionsView(HelpdeskView):
    @extend_schema(
        parameters=[KEY], request=shapes.NewTransition, responses={201: shapes.TicketShape}
    )
    def post(self, request: Request, pk: UUID) -> Response:
        ticket = find_ticket(request.user, pk)
        demand(request, "tickets.change_ticket")
        body = read_body(shapes.NewTransition, request)
        with self.once(request) as claim:
            if not claim.known:
                actions.move_to_status(ticket, actor=request.user, status=body["status"])
                claim.made = ticket.pk
        return Response(shapes.TicketShape(find_ticket(request.user, pk)).data, status=201)


class EventsView(HelpdeskView):
    @extend_schema(
        parameters=[
            AFTER,
            OpenApiParameter("limit", int, description="At most, 200 without it."),
            OpenApiParameter("name", str, description="Only events of these names, with commas."),
        ],
        responses=shapes.EventListShape,
    )
    def get(self, request: Request) -> Response:
        """Everything that happened, in an order in which nothing is missed; tickets' events for
        those who see the ticket, all others for those who may see the audit. Per ticket the
        order is the seq. The last page's next stays valid."""
        after = request.query_params.get("after", "")
        feed = events.read_in_order(_position(after))
        visible = Ticket.objects.visible_to(request.user).filter(pk=OuterRef("ticket_id"))
        condition = Q(Exists(visible))
        if request.user.may("core.view_event"):
            condition |= Q(ticket_id=None)
        if names := [name for name in request.query_params.get("name", "").split(",") if name]:
            condition &= Q(name__in=names[:100])
        limit = min(read_number(request, "limit") or _EVENTS, _EVENTS)
        rows = list(feed.filter(condition)[:limit])
        cursor = _cursor(rows[-1]) if rows else after
        return Response(
            {"results": shapes.EventShape(rows, many=True).data, "next": cursor or None}
        )


_EVENTS = 200


class OutgoingView(HelpdeskView):
    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=Delivery.State.values),
            OpenApiParameter("ambiguous", bool, description="What may have arrived twice."),
            AFTER,
        ],
        responses=shapes.OutgoingListShape,
    )
    def get(self, request: Request) -> Response:
        """Everything that left or shall leave, newest first; for those who watch over it."""
        demand(request, "tickets.view_delivery")
        found = search_outgoing(
            request.user,
            state=_choice(request, "state", Delivery.State.values),
            is_ambiguous=_TRUTH[_choice(request, "ambiguous", ["true", "false"])],
        )
        rows = page_of_outgoing(found, after=_read_id(request, "after"), size=_OUTGOING_PAGE)
        data = shapes.OutgoingShape([describe_outgoing(row) for row in rows], many=True).data
        is_full = len(rows) == _OUTGOING_PAGE
        return Response({"results": data, "next": str(rows[-1].pk) if is_full else None})


_OUTGOING_PAGE = 200
_TRUTH = {"": None, "true": True, "false": False}


def _choice(request: Request, name: str, choices: list[str]) -> str:
    value: str = request.query_params.get(name, "")
    if value and value not in choices:
        raise ValidationError({name: [f"One of {', '.join(choices)}."]})
    return value


def _read_id(request: Request, name: str) -> UUID | None:
    value = request.query_params.get(name, "")
    try:
        return UUID(value) if value else None
    except ValueError:
        raise ValidationError({name: ["This is no id."]}) from None


def _cursor(event: Event) -> str:
    return base64.urlsafe_b64encode(f"{event.xid}.{event.pk}".encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[int, UUID] | None:
    if not cursor:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        xid, _, pk = text.partition(".")
        position = int(xid), UUID(pk)
    except ValueError:
        position = None
    if position is None or not 0 <= position[0] < 2**63:
        raise ValidationError({"after": ["This is no cursor of ours."]})
    return position


# What arrived and was set aside


class DeliveriesView(HelpdeskView):
    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=RawDelivery.State.values),
            AFTER,
        ],
        responses=shapes.RawDeliveryListShape,
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        demand(request, "connectors.view_rawdelivery")
        state = request.query_params.get("state", "")
        if state and state not in RawDelivery.State.values:
            raise ValidationError({"state": ["There is no such state."]})
        page = list_deliveries_behind(
            request.user, state=state, after=request.query_params.get("after", "")
        )
        rows = shapes.RawDeliveryShape(page.rows, many=True).data
        return Response({"results": rows, "next": page.next or None})


class _DeliveryActionView(HelpdeskView):
    """One of an admin's decisions about a mail in quarantine; the mail itself is not shown."""

    def act(self, request: Request, delivery: RawDelivery, inbound: InboundMessage) -> None:
        raise NotImplementedError

    def decide(self, request: Request, pk: UUID) -> Response:
        demand(request, "connectors.change_rawdelivery")
        delivery = get_object_or_404(list_deliveries(request.user), pk=pk)
        # Reading may take seconds, so it happens before the transaction; of a repeated request
        # there is nothing left to read.
        held: InboundMessage | HelpdeskError
        try:
            held = actions.read_held(delivery)
        except HelpdeskError as refusal:
            held = refusal
        with self.once(request) as claim:
            if not claim.known:
                if isinstance(held, HelpdeskError):
                    raise held
                self.act(request, delivery, held)
                claim.made = delivery.pk
        delivery = list_deliveries(request.user).get(pk=pk)
        return Response(shapes.RawDeliveryShape(delivery).data, status=201)


class ReleaseView(_DeliveryActionView):
    @extend_schema(parameters=[KEY], request=None, responses={201: shapes.RawDeliveryShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Let it in as if its check had been passed."""
        return self.decide(request, pk)

    def act(self, request: Request, delivery: RawDelivery, inbound: InboundMessage) -> None:
        actions.release_delivery(delivery, actor=request.user, inbound=inbound)


class RefilingView(_DeliveryActionView):
    @extend_schema(
        parameters=[KEY], request=shapes.NewRefiling, responses={201: shapes.RawDeliveryShape}
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Put it into the ticket it belongs to."""
        return self.decide(request, pk)

    def act(self, request: Request, delivery: RawDelivery, inbound: InboundMessage) -> None:
        body = read_body(shapes.NewRefiling, request)
        ticket = Ticket.objects.visible_to(request.user).filter(pk=body["ticket"]).first()
        if ticket is None:
            raise ValidationError({"ticket": ["There is no such one."]})
        actions.refile_delivery(delivery, ticket=ticket, actor=request.user, inbound=inbound)


class BlockView(_DeliveryActionView):
    @extend_schema(parameters=[KEY], request=None, responses={201: shapes.RawDeliveryShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Block its sender; mail from there goes to the spam folder from now on."""
        return self.decide(request, pk)

    def act(self, request: Request, delivery: RawDelivery, inbound: InboundMessage) -> None:
        actions.block_sender_of(delivery, actor=request.user, inbound=inbound)
