"""The API's door to reviewing: the next conversation of the sample, and one's marks."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import StrictSerializer, demand, read_body, read_number
from core.fields import warm_keys
from quality.actions.base import REVIEW
from quality.actions.reviewing import STEPS, finish_review, take_next
from quality.models import Review
from tickets.api import KEY, HelpdeskView
from tickets.models import Ticket

_PAGE = 100


class ToMarkShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    weight = serializers.IntegerField()
    is_critical = serializers.BooleanField()


class OwnReviewShape(serializers.Serializer[Review]):
    """What the checks found stays out of it: it would sway whoever marks."""

    id = serializers.UUIDField()
    inspection = serializers.UUIDField(source="inspection_id")
    ticket = serializers.UUIDField(source="inspection.ticket_id")
    week = serializers.DateField(help_text="The Monday of its sample.")
    criteria = ToMarkShape(source="inspection.rubric.criteria", many=True)
    marks = serializers.JSONField(
        help_text="By criterion: 0 poor to 3 very good; null: does not apply."
    )
    comment = serializers.CharField()
    score = serializers.IntegerField(allow_null=True, help_text="0 to 100.")
    taken_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)


class OwnReviewsShape(serializers.Serializer[Any]):
    results = OwnReviewShape(many=True)
    next = serializers.IntegerField(allow_null=True)


class ReviewMarks(StrictSerializer):
    marks = serializers.DictField(
        child=serializers.IntegerField(min_value=STEPS[0], max_value=STEPS[-1], allow_null=True),
        help_text="One for every criterion; null: does not apply.",
    )
    comment = serializers.CharField(default="", allow_blank=True, max_length=4000)


class ReviewsView(HelpdeskView):
    @extend_schema(
        operation_id="reviews_list",
        parameters=[OpenApiParameter("after", int, description="The next of the page before.")],
        responses=OwnReviewsShape,
    )
    def get(self, request: Request) -> Response:
        """One's own: what is begun first, then the newest."""
        start = read_number(request, "after")
        ordered = _own(request).order_by(F("done_at").desc(nulls_first=True), "pk")
        rows = list(ordered[start:][: _PAGE + 1])
        more = start + _PAGE if len(rows) > _PAGE else None
        warm_keys(rows[:_PAGE])
        return Response(OwnReviewsShape({"results": rows[:_PAGE], "next": more}).data)

    @extend_schema(
        parameters=[KEY],
        request=None,
        responses={201: OwnReviewShape, 204: None},
    )
    def post(self, request: Request) -> Response:
        """Take the next conversation; the one that is begun until it is finished. 204: none
        waits."""
        demand(request, REVIEW)
        with self.once(request) as claim:
            if not claim.known:
                row = take_next(actor=request.user)
                claim.made = row.pk if row else None
        pk = claim.known or claim.made
        return _show(request, pk, status=201) if pk else Response(status=204)


class ReviewView(HelpdeskView):
    @extend_schema(operation_id="reviews_get", responses=OwnReviewShape)
    def get(self, request: Request, pk: UUID) -> Response:
        return _show(request, pk)


class ReviewMarksView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=ReviewMarks, responses={201: OwnReviewShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Finish it; marks do not change afterwards."""
        row = _find(request, pk)
        body = read_body(ReviewMarks, request)
        with self.once(request) as claim:
            if not claim.known:
                finish_review(row.pk, actor=request.user, **body)
                claim.made = row.pk
        return _show(request, pk, status=201)


def _own(request: Request) -> "QuerySet[Review]":
    demand(request, REVIEW)
    visible = Ticket.objects.visible_to(request.user).values("pk")
    found = Review.objects.filter(reviewer=request.user, inspection__ticket__in=visible)
    return found.select_related("inspection__rubric", "inspection__ticket")


def _find(request: Request, pk: UUID) -> Review:
    return get_object_or_404(_own(request), pk=pk)


def _show(request: Request, pk: UUID, *, status: int = 200) -> Response:
    told: dict[str, Any] = dict(OwnReviewShape(_find(request, pk)).data)
    return Response(told, status=status)
