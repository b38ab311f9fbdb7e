"""The API's door to the clocks of a ticket, and to rules and what they did."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from automation.models import Clock, Rule, RuleRun, RuleVersion
from automation.queries.clocks import clocks_of
from automation.queries.rules import list_rules, live_version, newest_version, runs_of
from core.errors import NotAllowed
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


class RuleShape(serializers.Serializer[Rule]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    is_on = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField()
    trigger = serializers.SerializerMethodField()
    conditions = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()

    def get_is_on(self, rule: Rule) -> bool:
        return live_version(rule) is not None

    def get_version(self, rule: Rule) -> int | None:
        return getattr(self._shown(rule), "number", None)

    def get_trigger(self, rule: Rule) -> dict[str, Any]:
        return dict(getattr(self._shown(rule), "trigger", {}))

    def get_conditions(self, rule: Rule) -> dict[str, Any]:
        return dict(getattr(self._shown(rule), "conditions", {}))

    def get_steps(self, rule: Rule) -> list[dict[str, Any]]:
        return list(getattr(self._shown(rule), "steps", []))

    def _shown(self, rule: Rule) -> RuleVersion | None:
        return live_version(rule) or newest_version(rule)


class RuleRunShape(serializers.Serializer[RuleRun]):
    id = serializers.UUIDField()
    ticket = serializers.UUIDField(source="ticket_id")
    version = serializers.IntegerField(source="version.number")
    event = serializers.UUIDField(source="event_id", allow_null=True)
    event_name = serializers.CharField()
    cause = serializers.UUIDField(source="root")
    depth = serializers.IntegerField()
    state = serializers.ChoiceField(choices=RuleRun.State)
    why = serializers.CharField()
    seen = serializers.JSONField()
    done = serializers.JSONField()
    at = serializers.DateTimeField()


class RulesShape(serializers.Serializer[Any]):
    results = RuleShape(many=True)


class RuleRunsShape(serializers.Serializer[Any]):
    results = RuleRunShape(many=True)


class RulesView(APIView):
    @extend_schema(responses=RulesShape)
    def get(self, request: Request) -> Response:
        """Rules in their order: what each says, and whether it is on."""
        _check_may_read(request)
        return Response(RulesShape({"results": list_rules()}).data)


class RuleRunsView(APIView):
    @extend_schema(responses=RuleRunsShape)
    def get(self, request: Request, pk: UUID) -> Response:
        """The newest 100 runs of a rule on tickets the asker may see."""
        _check_may_read(request)
        rule = get_object_or_404(Rule, pk=pk)
        visible = Ticket.objects.visible_to(request.user).values("pk")
        return Response(
            RuleRunsShape({"results": runs_of(rule).filter(ticket__in=visible)[:100]}).data
        )


def _check_may_read(request: Request) -> None:
    if not request.user.may("automation.view_rule"):
        raise NotAllowed("Your role does not allow this.")
