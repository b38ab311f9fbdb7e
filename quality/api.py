"""The API's door to conversations as they were judged."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import read_number
from quality.models import Inspection, Review
from tickets.api import HelpdeskView

_PAGE = 100


class ReviewShape(serializers.Serializer[Review]):
    reviewer = serializers.UUIDField(source="reviewer_id")
    marks = serializers.JSONField(
        help_text="By criterion: 0 poor to 3 very good; null: does not apply."
    )
    score = serializers.IntegerField(allow_null=True)
    done_at = serializers.DateTimeField()


class InspectionShape(serializers.Serializer[Inspection]):
    id = serializers.UUIDField()
    ticket = serializers.UUIDField(source="ticket_id")
    cycle = serializers.IntegerField(help_text="How often it had been reopened.")
    rubric = serializers.IntegerField(source="rubric.number")
    agent = serializers.UUIDField(source="agent_id", allow_null=True)
    is_bot = serializers.BooleanField()
    team = serializers.UUIDField(source="team_id", allow_null=True)
    channel = serializers.ChoiceField(choices=Inspection.Channel)
    score = serializers.IntegerField(allow_null=True, help_text="0 to 100.")
    faults = serializers.ListField(child=serializers.CharField())
    results = serializers.JSONField(
        help_text="By check: ok, fault or none, with message, begin and end of each evidence."
    )
    resolved_at = serializers.DateTimeField()
    reviews = serializers.SerializerMethodField()

    @extend_schema(responses=ReviewShape(many=True))
    def get_reviews(self, inspection: Inspection) -> list[dict[str, Any]]:
        done = [one for one in inspection.reviews.all() if one.done_at]
        return list(ReviewShape(done, many=True).data)


class InspectionsShape(serializers.Serializer[Any]):
    results = InspectionShape(many=True)
    next = serializers.IntegerField(allow_null=True)


def _rows(request: Request) -> "QuerySet[Inspection]":
    found = Inspection.objects.visible_to(request.user).select_related("rubric")
    return found.prefetch_related("reviews").order_by("-resolved_at", "-pk")


class InspectionsView(HelpdeskView):
    @extend_schema(
        operation_id="inspections_list",
        parameters=[
            OpenApiParameter("fault", str, description="Only with this check against them."),
            OpenApiParameter("after", int, description="The next of the page before."),
        ],
        responses=InspectionsShape,
    )
    def get(self, request: Request) -> Response:
        """Judged conversations the asker may see, the newest first; agents see their own."""
        found = _rows(request)
        if fault := request.query_params.get("fault", "")[:40]:
            found = found.filter(faults__contains=[fault])
        start = read_number(request, "after")
        rows = list(found[start:][: _PAGE + 1])
        more = start + _PAGE if len(rows) > _PAGE else None
        return Response(InspectionsShape({"results": rows[:_PAGE], "next": more}).data)


class InspectionView(HelpdeskView):
    @extend_schema(operation_id="inspections_get", responses=InspectionShape)
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(InspectionShape(get_object_or_404(_rows(request), pk=pk)).data)
