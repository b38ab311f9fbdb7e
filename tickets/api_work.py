"""The API's door to merging, splitting and side conversations."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import StrictSerializer, demand, read_body
from core.errors import Invalid
from tickets import actions
from tickets.api import KEY, HelpdeskView
from tickets.models import Move, SideConversation, Ticket
from tickets.queries.thread import find_ticket


class NewMerge(StrictSerializer):
    target = serializers.UUIDField(help_text="The ticket that goes on.")


class NewSplit(StrictSerializer):
    messages = serializers.ListField(child=serializers.UUIDField(), max_length=500)
    subject = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class NewSide(StrictSerializer):
    people = serializers.ListField(child=serializers.EmailField(), max_length=10)
    subject = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    body = serializers.CharField(max_length=200_000, trim_whitespace=False)
    waits = serializers.BooleanField(required=False, default=False)


class MoveShape(serializers.Serializer[Move]):
    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="merge or split")
    origin = serializers.UUIDField(source="source_id")
    target = serializers.UUIDField(source="target_id")
    messages = serializers.ListField(child=serializers.UUIDField())
    at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


class SideShape(serializers.Serializer[SideConversation]):
    id = serializers.UUIDField()
    ticket = serializers.UUIDField(source="ticket_id")
    subject = serializers.CharField()
    people = serializers.ListField(child=serializers.CharField())
    is_awaited = serializers.BooleanField()
    closed_at = serializers.DateTimeField(allow_null=True)


class MergeView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=NewMerge, responses={201: MoveShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Put the ticket into another one; it is closed and leads there."""
        ticket = find_ticket(request.user, pk)
        demand(request, "tickets.change_ticket")
        wanted = read_body(NewMerge, request)["target"]
        target = Ticket.objects.visible_to(request.user).filter(pk=wanted).first()
        if target is None:
            raise Invalid("There is no such ticket.", field="target")
        with self.once(request) as claim:
            if not claim.known:
                claim.made = actions.merge(ticket, target=target, actor=request.user).pk
        return _moved(claim.known or claim.made)


class SplitView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=NewSplit, responses={201: MoveShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Make messages a ticket of their own, linked with this one."""
        ticket = find_ticket(request.user, pk)
        demand(request, "tickets.change_ticket")
        body = read_body(NewSplit, request)
        with self.once(request) as claim:
            if not claim.known:
                claim.made = actions.split(ticket, actor=request.user, **body).pk
        return _moved(claim.known or claim.made)


class UndoMoveView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=None, responses={201: MoveShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Take a merge or a split back."""
        visible = Ticket.objects.visible_to(request.user)
        move = get_object_or_404(Move, pk=pk, source__in=visible, target__in=visible)
        demand(request, "tickets.change_ticket")
        with self.once(request) as claim:
            if not claim.known:
                claim.made = actions.undo_move(move, actor=request.user).pk
        return _moved(claim.known or claim.made)


def _moved(pk: Any) -> Response:
    return Response(MoveShape(Move.objects.get(pk=pk)).data, status=201)


class SidesView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=NewSide, responses={201: SideShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask a third party by mail; the customer sees nothing of it."""
        ticket = find_ticket(request.user, pk)
        demand(request, "tickets.reply_ticket")
        body = read_body(NewSide, request)
        with self.once(request) as claim:
            if not claim.known:
                claim.made = actions.open_side(ticket, actor=request.user, **body).pk
        found = SideConversation.objects.select_related("ticket").get(pk=claim.known or claim.made)
        return Response(SideShape(found).data, status=201)
