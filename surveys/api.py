"""The API's door to what customers answered, its figures, and low scores being worked."""

from typing import Any
from uuid import UUID

from django.db.models import TextChoices
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import StrictSerializer, demand, read_body, read_number
from core.fields import warm_keys
from surveys.actions import recovery as actions
from surveys.actions.recovery import RIGHT as RECOVER
from surveys.figures import Figure
from surveys.models import Answer, Cause, Invitation, RecoveryTask
from surveys.models.definitions import Metric
from surveys.queries.improvements import month_named, rank_month
from surveys.queries.report import CUTS, DAYS, build_report
from surveys.queries.tasks import visible_tasks, who_may_own
from tickets.api import KEY, HelpdeskView
from tickets.models import Ticket

FIGURES = "surveys.view_figures"
_PAGE = 100


class SurveyAnswerShape(serializers.Serializer[Answer]):
    id = serializers.UUIDField()
    ticket = serializers.UUIDField(source="invitation.ticket_id")
    customer = serializers.UUIDField(source="invitation.customer_id")
    metric = serializers.ChoiceField(choices=Metric, source="invitation.metric")
    score = serializers.IntegerField()
    parts = serializers.JSONField(help_text="Codes and numbers by question.")
    comment = serializers.CharField()
    language = serializers.CharField()
    mood = serializers.FloatField(allow_null=True, help_text="-1 very unhappy to 1 very happy.")
    theme = serializers.CharField()
    channel = serializers.CharField(source="invitation.channel")
    is_second = serializers.BooleanField(source="invitation.is_second")
    by_bot = serializers.BooleanField(source="invitation.by_bot")
    at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(allow_null=True)


class SurveyAnswersShape(serializers.Serializer[Any]):
    results = SurveyAnswerShape(many=True)
    next = serializers.IntegerField(allow_null=True)


class InvitationShape(serializers.Serializer[Invitation]):
    """A solved request that a survey is on for, asked or not."""

    id = serializers.UUIDField()
    survey = serializers.UUIDField(source="survey_id", allow_null=True)
    ticket = serializers.UUIDField(source="ticket_id")
    customer = serializers.UUIDField(source="customer_id")
    cycle = serializers.IntegerField(help_text="How often it had been reopened.")
    metric = serializers.ChoiceField(choices=Metric)
    origin = serializers.ChoiceField(choices=Invitation.Origin)
    state = serializers.ChoiceField(choices=Invitation.State)
    why = serializers.CharField(help_text="Why it was not asked; empty: it was, or will be.")
    channel = serializers.CharField()
    is_second = serializers.BooleanField()
    due_at = serializers.DateTimeField()
    offered_at = serializers.DateTimeField(allow_null=True)
    reminded_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class InvitationsShape(serializers.Serializer[Any]):
    results = InvitationShape(many=True)
    next = serializers.IntegerField(allow_null=True)


class FigureShape(serializers.Serializer[Figure]):
    """``low`` and ``high``: the interval of 95 %."""

    n = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class FiguresLineShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    figure = FigureShape()
    asked = serializers.IntegerField()
    response = FigureShape()


class SurveyFiguresShape(serializers.Serializer[Any]):
    """Percentages, but for CES (a mean) and NPS (points)."""

    days = serializers.IntegerField()
    by = serializers.CharField()
    metric = serializers.CharField()
    least = serializers.IntegerField(help_text="Below so many answers a figure says little.")
    score = FigureShape()
    weighted = FigureShape()
    coverage = FigureShape()
    coverage_without_cap = FigureShape()
    response = FigureShape()
    worked = FigureShape()
    saved = FigureShape()
    control = FigureShape()
    gap = FigureShape(help_text="Bot less people, on like cases.")
    lines = FiguresLineShape(many=True)


class RecoveryShape(serializers.Serializer[RecoveryTask]):
    id = serializers.UUIDField()
    ticket = serializers.UUIDField(source="answer.invitation.ticket_id")
    state = serializers.ChoiceField(choices=RecoveryTask.State)
    reason = serializers.CharField()
    score = serializers.IntegerField(source="answer.score")
    comment = serializers.CharField(source="answer.comment")
    owner = serializers.UUIDField(source="owner_id", allow_null=True)
    cause = serializers.UUIDField(source="cause_id", allow_null=True)
    remedy = serializers.CharField()
    told = serializers.CharField()
    is_control = serializers.BooleanField()
    due_at = serializers.DateTimeField()
    called_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class RecoveriesShape(serializers.Serializer[Any]):
    results = RecoveryShape(many=True)
    next = serializers.IntegerField(allow_null=True)


class RecoveryChange(StrictSerializer):
    cause = serializers.UUIDField(required=False, allow_null=True)
    remedy = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    owner = serializers.UUIDField(required=False, help_text="One of its team.")


class ImprovementRowShape(serializers.Serializer[Any]):
    """``cause`` is empty where nobody has found it yet; ``weight`` is frequency × harm."""

    cause = serializers.UUIDField(source="cause.pk", allow_null=True, default=None)
    name = serializers.CharField(source="named")
    count = serializers.IntegerField()
    complaints = serializers.IntegerField()
    before = serializers.IntegerField(help_text="In the month before.")
    harm = serializers.IntegerField()
    weight = serializers.IntegerField()


class ImprovementsShape(serializers.Serializer[Any]):
    month = serializers.DateField()
    results = ImprovementRowShape(many=True)


class RecoveryEnd(StrictSerializer):
    told = serializers.CharField(default="", allow_blank=True, max_length=5000)
    asks_again = serializers.BooleanField(default=False)


def _page(rows: Any, start: int) -> tuple[list[Any], int | None]:
    found = list(rows[start:][: _PAGE + 1])
    return found[:_PAGE], start + _PAGE if len(found) > _PAGE else None


def _in_state(request: Request, rows: Any, states: type[TextChoices]) -> Any:
    state = request.query_params.get("state", "")
    if state and state not in states.values:
        raise serializers.ValidationError({"state": ["There is no such state."]})
    return rows.filter(state=state) if state else rows


_AFTER = OpenApiParameter("after", int, description="The next of the page before.")


class SurveyAnswersView(HelpdeskView):
    @extend_schema(parameters=[_AFTER], responses=SurveyAnswersShape)
    def get(self, request: Request) -> Response:
        """What customers answered, on tickets the asker may see, the newest first."""
        demand(request, FIGURES)
        visible = Ticket.objects.visible_to(request.user).values("pk")
        found = Answer.objects.filter(invitation__ticket__in=visible)
        ordered = found.select_related("invitation__customer").order_by("-at", "-pk")
        rows, more = _page(ordered, read_number(request, "after"))
        warm_keys(rows)
        return Response(SurveyAnswersShape({"results": rows, "next": more}).data)


class InvitationsView(HelpdeskView):
    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=Invitation.State.values), _AFTER],
        responses=InvitationsShape,
    )
    def get(self, request: Request) -> Response:
        """Who was asked, and who was not and why, on tickets the asker may see, the newest
        first."""
        demand(request, FIGURES)
        visible = Ticket.objects.visible_to(request.user).values("pk")
        found = _in_state(request, Invitation.objects.filter(ticket__in=visible), Invitation.State)
        rows, more = _page(found.order_by("-created_at", "-pk"), read_number(request, "after"))
        return Response(InvitationsShape({"results": rows, "next": more}).data)


class SurveyFiguresView(HelpdeskView):
    @extend_schema(
        parameters=[
            OpenApiParameter("days", int, enum=list(DAYS)),
            OpenApiParameter("by", str, enum=list(CUTS)),
            OpenApiParameter("metric", str, enum=Metric.values),
        ],
        responses=SurveyFiguresShape,
    )
    def get(self, request: Request) -> Response:
        """As on the page *Satisfaction*, each figure with its n and its interval."""
        demand(request, FIGURES)
        asked = request.query_params
        report = build_report(
            request.user,
            days=asked.get("days", ""),
            by=asked.get("by", ""),
            metric=asked.get("metric", ""),
        )
        return Response(SurveyFiguresShape(report).data)


class RecoveriesView(HelpdeskView):
    @extend_schema(
        operation_id="recovery_list",
        parameters=[OpenApiParameter("state", str, enum=RecoveryTask.State.values), _AFTER],
        responses=RecoveriesShape,
    )
    def get(self, request: Request) -> Response:
        """Low scores that are worked or were, those due first before the rest."""
        demand(request, RECOVER)
        found = _in_state(request, visible_tasks(request.user), RecoveryTask.State)
        rows, more = _page(found.order_by("due_at", "pk"), read_number(request, "after"))
        warm_keys([task.answer for task in rows], rows)
        return Response(RecoveriesShape({"results": rows, "next": more}).data)


class RecoveryView(HelpdeskView):
    @extend_schema(operation_id="recovery_get", responses=RecoveryShape)
    def get(self, request: Request, pk: UUID) -> Response:
        return _answer(request, pk)

    @extend_schema(request=RecoveryChange, responses=RecoveryShape)
    def patch(self, request: Request, pk: UUID) -> Response:
        """What has been found out. What is not named stays."""
        task = _find(request, pk)
        body = read_body(RecoveryChange, request)
        cause = task.cause
        if "cause" in body:
            active = Cause.objects.filter(is_active=True)
            cause = active.filter(pk=body["cause"]).first() if body["cause"] else None
            if body["cause"] and cause is None:
                raise serializers.ValidationError({"cause": ["There is no such cause."]})
        remedy = body.get("remedy", task.remedy)
        owner = who_may_own(task).filter(pk=body["owner"]).first() if "owner" in body else None
        if "owner" in body and owner is None:
            raise serializers.ValidationError({"owner": ["There is nobody of the team by it."]})
        actions.work(task, cause=cause, remedy=remedy, owner=owner, actor=request.user)
        return _answer(request, pk)


class ImprovementsView(HelpdeskView):
    @extend_schema(
        parameters=[OpenApiParameter("month", str, description="For instance 2026-11.")],
        responses=ImprovementsShape,
    )
    def get(self, request: Request) -> Response:
        """What customers were unhappy about in a month, on tickets the asker may see, the worst
        first."""
        demand(request, RECOVER)
        month = month_named(request.query_params.get("month", ""))
        shown = {"month": month, "results": rank_month(request.user, month)}
        return Response(ImprovementsShape(shown).data)


class RecoveryCallView(HelpdeskView):
    @extend_schema(request=None, responses={201: RecoveryShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """The customer was called. Refused for those that are kept for comparison; the first call
        is the one that counts."""
        actions.note_call(_find(request, pk), actor=request.user)
        return _answer(request, pk, status=201)


class RecoveryEndView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=RecoveryEnd, responses={201: RecoveryShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Close it. Not without cause and remedy; ``told`` goes to the customer."""
        task = _find(request, pk)
        body = read_body(RecoveryEnd, request)
        with self.once(request) as claim:
            if not claim.known:
                actions.close(task, actor=request.user, **body)
                claim.made = task.pk
        return _answer(request, pk, status=201)


def _find(request: Request, pk: UUID) -> RecoveryTask:
    demand(request, RECOVER)
    return get_object_or_404(visible_tasks(request.user), pk=pk)


def _answer(request: Request, pk: UUID, *, status: int = 200) -> Response:
    return Response(RecoveryShape(_find(request, pk)).data, status=status)
