"""The API's door to rules: kept, tried, switched and ordered as on their pages, and what they
did."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automation.actions import rules as actions
from automation.actions.rule_replay import DAYS, Hit, replay_rule
from automation.models import Rule, RuleRun, RuleVersion
from automation.queries.rules import list_rules, live_version, newest_version, runs_of
from automation.rules.reading import KINDS, Unreadable
from core.api import StrictSerializer, demand, read_body, read_number
from core.errors import Invalid
from tickets.api import KEY, HelpdeskView
from tickets.models import Ticket

READ, CHANGE = "automation.view_rule", "automation.change_rule"
LENGTHS = (7, 14, 30)
_RUNS, _HITS = 100, 200


class SaidShape(serializers.Serializer[RuleVersion]):
    version = serializers.IntegerField(source="number")
    trigger = serializers.DictField()
    conditions = serializers.DictField()
    steps = serializers.ListField(child=serializers.DictField())
    stops = serializers.BooleanField()


class RuleShape(serializers.Serializer[Rule]):
    """What is in force, else its newest version; ``draft`` is what would be switched on."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    is_on = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField()
    trigger = serializers.SerializerMethodField()
    conditions = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()
    stops = serializers.SerializerMethodField()
    draft = serializers.SerializerMethodField()
    ran = serializers.IntegerField(help_text="On how many tickets in the last 30 days.")
    stopped = serializers.IntegerField(help_text="How often it was cut off in these.")

    def get_is_on(self, rule: Rule) -> bool:
        return live_version(rule) is not None

    def get_version(self, rule: Rule) -> int | None:
        return getattr(_shown(rule), "number", None)

    def get_trigger(self, rule: Rule) -> dict[str, Any]:
        return dict(getattr(_shown(rule), "trigger", {}))

    def get_conditions(self, rule: Rule) -> dict[str, Any]:
        return dict(getattr(_shown(rule), "conditions", {}))

    def get_steps(self, rule: Rule) -> list[dict[str, Any]]:
        return list(getattr(_shown(rule), "steps", []))

    def get_stops(self, rule: Rule) -> bool:
        return bool(getattr(_shown(rule), "stops", False))

    @extend_schema(responses=SaidShape(allow_null=True))
    def get_draft(self, rule: Rule) -> Any:
        newest = newest_version(rule)
        return SaidShape(newest).data if newest and newest.is_draft else None


def _shown(rule: Rule) -> RuleVersion | None:
    return live_version(rule) or newest_version(rule)


class RulesShape(serializers.Serializer[Any]):
    results = RuleShape(many=True)


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


class RuleRunsShape(serializers.Serializer[Any]):
    results = RuleRunShape(many=True)
    next = serializers.IntegerField(allow_null=True)


class ForeseenShape(serializers.Serializer[Any]):
    do = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    changes = serializers.DictField(help_text="By fact: what it was, what it would be.")
    acts = serializers.BooleanField(help_text="Somebody would be told, or something sent.")
    code = serializers.CharField(help_text="Why it would be refused; empty: it would not.")


class HitShape(serializers.Serializer[Hit]):
    ticket = serializers.UUIDField(source="ticket.pk")
    number = serializers.IntegerField(source="ticket.number")
    at = serializers.DateTimeField()
    event = serializers.CharField(help_text="Its name; empty: a time.")
    seen = serializers.SerializerMethodField()
    steps = ForeseenShape(many=True)

    def get_seen(self, hit: Hit) -> list[dict[str, Any]]:
        return [one.as_json() for one in hit.seen]


class BackTestShape(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    tickets = serializers.IntegerField(help_text="Gone through.")
    asked = serializers.IntegerField(help_text="How often.")
    ran = serializers.IntegerField(help_text="How often it would have run.")
    changed = serializers.IntegerField(help_text="Tickets that would be otherwise.")
    is_cut = serializers.BooleanField(help_text="There were more tickets.")
    todays = serializers.ListField(
        child=serializers.CharField(), help_text="Facts taken as they are today."
    )
    hits = HitShape(many=True, help_text="The newest 200, on tickets the asker may see.")


class RuleTrigger(StrictSerializer):
    """``events`` with event; ``since``, ``minutes``, ``working`` with time; ``days``, ``at``,
    ``zone`` with schedule."""

    kind = serializers.ChoiceField(choices=KINDS)
    events = serializers.ListField(child=serializers.CharField(), required=False)
    since = serializers.CharField(required=False)
    minutes = serializers.IntegerField(required=False)
    working = serializers.BooleanField(required=False)
    days = serializers.ListField(child=serializers.CharField(), required=False)
    at = serializers.CharField(required=False)
    zone = serializers.CharField(required=False)


class NewRule(StrictSerializer):
    name = serializers.CharField(max_length=80)
    trigger = RuleTrigger()
    conditions = serializers.DictField(default=dict)
    steps = serializers.ListField(child=serializers.DictField())
    stops = serializers.BooleanField(default=False)


class RuleChange(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    trigger = RuleTrigger(required=False)
    conditions = serializers.DictField(required=False)
    steps = serializers.ListField(child=serializers.DictField(), required=False)
    stops = serializers.BooleanField(required=False)


class RuleSwitch(StrictSerializer):
    on = serializers.BooleanField()


class RuleOrder(StrictSerializer):
    rules = serializers.ListField(child=serializers.UUIDField(), max_length=2000)


class RulesView(HelpdeskView):
    @extend_schema(operation_id="rules_list", responses=RulesShape)
    def get(self, request: Request) -> Response:
        """Rules in their order: what each says, and whether it is on."""
        demand(request, READ)
        return Response(RulesShape({"results": list_rules()}).data)

    @extend_schema(parameters=[KEY], request=NewRule, responses={201: RuleShape})
    def post(self, request: Request) -> Response:
        """Keep a rule as a draft; it does nothing until it is switched on."""
        demand(request, CHANGE)
        body = read_body(NewRule, request)
        with self.once(request) as claim:
            if not claim.known:
                claim.made = actions.save_rule(None, actor=request.user, **body).rule_id
        return _answer(claim.known or claim.made, status=201)


def _answer(pk: UUID | None, *, status: int = 200) -> Response:
    return Response(RuleShape(get_object_or_404(list_rules(), pk=pk)).data, status=status)


class RuleView(HelpdeskView):
    @extend_schema(operation_id="rules_get", responses=RuleShape)
    def get(self, request: Request, pk: UUID) -> Response:
        demand(request, READ)
        return _answer(pk)

    @extend_schema(request=RuleChange, responses=RuleShape)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Becomes its draft; what is in force stays until that is switched on. What is not named
        stays as its draft, else its newest version, says."""
        demand(request, CHANGE)
        rule = get_object_or_404(list_rules(), pk=pk)
        actions.save_rule(
            rule, actor=request.user, **(_said(rule) | read_body(RuleChange, request))
        )
        return _answer(pk)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """With its log; one that acts is switched off first."""
        demand(request, CHANGE)
        actions.delete_rule(get_object_or_404(Rule, pk=pk), actor=request.user)
        return Response(status=204)


def _said(rule: Rule) -> dict[str, Any]:
    newest = newest_version(rule)
    parts = ("trigger", "conditions", "steps", "stops")
    return {"name": rule.name} | {part: getattr(newest, part) for part in parts if newest}


class RuleSwitchView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=RuleSwitch, responses={201: RuleShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """On: its draft acts on what happens from now on. Off: its last version becomes a draft."""
        demand(request, CHANGE)
        rule = get_object_or_404(Rule, pk=pk)
        body = read_body(RuleSwitch, request)
        act = actions.enable_rule if body["on"] else actions.disable_rule
        with self.once(request) as claim:
            if not claim.known:
                act(rule, actor=request.user)
                claim.made = rule.pk
        return _answer(pk, status=201)


class RuleOrderView(HelpdeskView):
    @extend_schema(request=RuleOrder, responses={201: RulesShape})
    def post(self, request: Request) -> Response:
        """As named; what is not named stands behind."""
        demand(request, CHANGE)
        body = read_body(RuleOrder, request)
        actions.order_rules(body["rules"], actor=request.user)
        return Response(RulesShape({"results": list_rules()}).data, status=201)


class RuleBackTestView(HelpdeskView):
    @extend_schema(
        parameters=[OpenApiParameter("days", int, enum=list(LENGTHS))], responses=BackTestShape
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """What its draft, else its newest version, would have done; changes nothing."""
        demand(request, CHANGE)
        version = newest_version(get_object_or_404(list_rules(), pk=pk))
        days = read_number(request, "days") or DAYS
        if days not in LENGTHS:
            raise serializers.ValidationError({"days": [f"One of {LENGTHS}."]})
        if version is None:
            raise Invalid("This rule says nothing yet.")
        try:
            tried = replay_rule(version, days=days)
        except Unreadable as wrong:
            raise Invalid("This rule names what is gone.", field=wrong.place) from None
        visible = Ticket.objects.visible_to(request.user)
        seen = set(
            visible.filter(pk__in={hit.ticket.pk for hit in tried.hits}).values_list(
                "pk", flat=True
            )
        )
        told = {
            name: getattr(tried, name)
            for name in ("days", "tickets", "asked", "changed", "is_cut", "todays")
        }
        told["ran"] = len(tried.hits)
        told["hits"] = [hit for hit in tried.hits if hit.ticket.pk in seen][:_HITS]
        return Response(BackTestShape(told).data)


class RuleRunsView(HelpdeskView):
    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=RuleRun.State.values),
            OpenApiParameter("after", int, description="The next of the page before."),
        ],
        responses=RuleRunsShape,
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Its runs on tickets the asker may see, the newest first."""
        demand(request, READ)
        rule = get_object_or_404(Rule, pk=pk)
        visible = Ticket.objects.visible_to(request.user).values("pk")
        found = runs_of(rule).filter(ticket__in=visible)
        if state := request.query_params.get("state", ""):
            if state not in RuleRun.State.values:
                raise serializers.ValidationError({"state": ["There is no such state."]})
            found = found.filter(state=state)
        start = read_number(request, "after")
        rows = list(found[start:][: _RUNS + 1])
        more = start + _RUNS if len(rows) > _RUNS else None
        return Response(RuleRunsShape({"results": rows[:_RUNS], "next": more}).data)
