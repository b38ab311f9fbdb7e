"""The API's door to saved views; their lists are asked for as ``/tickets/?view=saved-<id>``."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import StrictSerializer, demand, read_body
from tickets import actions
from tickets.actions.saved_views import COLUMNS, scope_of
from tickets.api import HelpdeskView
from tickets.models import SavedView
from tickets.queries.condition_values import check_named, load_choices
from tickets.queries.conditions import Filter, read_filter
from tickets.queries.lists import SORTS
from tickets.queries.saved import key_of, load_menu

KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)


class ViewShape(serializers.Serializer[SavedView]):
    id = serializers.UUIDField()
    view = serializers.SerializerMethodField(help_text="What `view` is given to list it.")
    name = serializers.CharField()
    filter = serializers.JSONField()
    sort = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    scope = serializers.SerializerMethodField(help_text="me, everybody or the id of a team")

    def get_view(self, view: SavedView) -> str:
        return key_of(view)

    def get_scope(self, view: SavedView) -> str:
        return scope_of(view)


class ViewListShape(serializers.Serializer[Any]):
    results = ViewShape(many=True)


class NewView(StrictSerializer):
    name = serializers.CharField(max_length=60)
    filter = serializers.JSONField()
    sort = serializers.ChoiceField(choices=list(SORTS), default="newest")
    columns = serializers.ListField(
        child=serializers.ChoiceField(choices=list(COLUMNS)), required=False
    )
    scope = serializers.CharField(default="me")


class ViewsView(HelpdeskView):
    @extend_schema(operation_id="views_list", responses=ViewListShape)
    def get(self, request: Request) -> Response:
        demand(request, "tickets.view_ticket")
        views = load_menu(request.user).views
        return Response({"results": ViewShape(views, many=True).data})

    @extend_schema(parameters=[KEY], request=NewView, responses={201: ViewShape})
    def post(self, request: Request) -> Response:
        demand(request, "tickets.view_ticket")
        body = read_body(NewView, request)
        body["filter"] = _checked(body["filter"], request)
        with self.once(request) as claim:
            if not claim.known:
                claim.made = actions.create_view(actor=request.user, **body).pk
        made = SavedView.objects.get(pk=claim.known or claim.made)
        return Response(ViewShape(made).data, status=201)


class ViewView(HelpdeskView):
    @extend_schema(operation_id="views_get", responses=ViewShape)
    def get(self, request: Request, pk: UUID) -> Response:
        found = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
        return Response(ViewShape(found).data)


def _checked(raw: Any, request: Request) -> Filter:
    kept = read_filter(raw)
    check_named(kept, load_choices(request.user, kept))
    return kept
