"""The API's door to the clocks of a ticket."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from automation.models import Clock
from automation.queries.clocks import clocks_of
from tickets.models import Ticket


class ClockShape(serializers.Serializer[Clock]):
    metric = serializers.CharField()
    cycle = serializers.IntegerField()
    policy = serializers.CharField(source="version.policy.name")
    version = serializers.IntegerField(source="version.number")
    state = serializers.ChoiceField(choices=Clock.State)
    target_seconds = serializers.IntegerField(source="target")
    elapsed_seconds = serializers.IntegerField(source="elapsed")
    started_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    warn_at = serializers.DateTimeField(allow_null=True)
    pauses = serializers.JSONField()
    steps = serializers.JSONField()
    as_of = serializers.DateTimeField(source="folded_at")


class ClocksShape(serializers.Serializer[Any]):
    results = ClockShape(many=True)


class ClocksView(APIView):
    @extend_schema(responses=ClocksShape)
    def get(self, request: Request, pk: UUID) -> Response:
        """Service levels of the ticket: how each clock stands, and every step that made it so."""
        ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
        return Response(ClocksShape({"results": clocks_of(ticket)}).data)
