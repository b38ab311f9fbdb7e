"""The API's door to webhooks: what their pages do. A secret is told in the answer that made it, and
never again."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Team
from automation.actions import webhooks as actions
from automation.actions.webhook_news import RIGHT
from automation.models import Webhook, WebhookAttempt, WebhookDelivery
from automation.queries.webhooks import list_webhooks, search_log
from automation.webhooks.catalogue import EVENTS
from core.api import StrictSerializer, demand, read_body, read_number
from core.fields import warm_keys
from core.outside import LONGEST_URL
from tickets.api import KEY, HelpdeskView

_PAGE = 100
_State = WebhookDelivery.State


class WebhookShape(serializers.Serializer[Webhook]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField(), help_text="None: all of them.")
    teams = serializers.SerializerMethodField(help_text="None: the tickets of all.")
    state = serializers.CharField(help_text=", ".join(Webhook.State.values))
    old_secret_until = serializers.DateTimeField(source="old_until", allow_null=True)
    waiting = serializers.IntegerField()
    dead = serializers.IntegerField()
    ok_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    failures = serializers.IntegerField()
    retry_at = serializers.DateTimeField(allow_null=True)

    def get_teams(self, webhook: Webhook) -> list[UUID]:
        return [team.pk for team in webhook.teams.all()]


class WebhooksShape(serializers.Serializer[Any]):
    results = WebhookShape(many=True)


class ToldWebhookShape(WebhookShape):
    secret = serializers.CharField(
        allow_null=True,
        help_text="This once. None where the same request was carried out before: renew it.",
    )


class WebhookTryShape(serializers.Serializer[WebhookAttempt]):
    at = serializers.DateTimeField()
    code = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField()
    milliseconds = serializers.IntegerField()
    said = serializers.CharField(allow_null=True, help_text="The beginning of a refusal.")


class WebhookDeliveryShape(serializers.Serializer[WebhookDelivery]):
    id = serializers.UUIDField()
    event = serializers.UUIDField(source="event_id", help_text="Its webhook-id.")
    name = serializers.CharField()
    state = serializers.CharField(help_text=", ".join(_State.values))
    attempts = serializers.IntegerField()
    code = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField()
    made_at = serializers.DateTimeField()
    first_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class WebhookDeliveryDetailShape(WebhookDeliveryShape):
    webhook = serializers.UUIDField(source="webhook_id")
    payload = serializers.JSONField()
    tries = WebhookTryShape(many=True)


class WebhookDeliveriesShape(serializers.Serializer[Any]):
    results = WebhookDeliveryShape(many=True)
    next = serializers.IntegerField(allow_null=True)


class WebhookTriedShape(serializers.Serializer[Any]):
    problem = serializers.CharField(help_text="Empty: it was taken.")
    code = serializers.IntegerField(allow_null=True)
    milliseconds = serializers.IntegerField()
    said = serializers.CharField()


class ReplayedShape(serializers.Serializer[Any]):
    count = serializers.IntegerField(
        allow_null=True, help_text="None where the same request was carried out before."
    )


class NewWebhook(StrictSerializer):
    name = serializers.CharField(max_length=80)
    url = serializers.CharField(max_length=LONGEST_URL)
    events = serializers.ListField(child=serializers.ChoiceField(choices=EVENTS), default=list)
    teams = serializers.ListField(child=serializers.UUIDField(), default=list)


class WebhookChange(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    url = serializers.CharField(max_length=LONGEST_URL, required=False)
    events = serializers.ListField(child=serializers.ChoiceField(choices=EVENTS), required=False)
    teams = serializers.ListField(child=serializers.UUIDField(), required=False)


class WebhookSwitch(StrictSerializer):
    on = serializers.BooleanField()


class NewReplay(StrictSerializer):
    only = serializers.UUIDField(required=False, help_text="That delivery alone.")
    since = serializers.DateTimeField(
        required=False, help_text="Everything since then, delivered or not."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) > 1:
            raise serializers.ValidationError({"since": ["Not together with only."]})
        return attrs


class WebhooksView(HelpdeskView):
    @extend_schema(operation_id="webhooks_list", responses=WebhooksShape)
    def get(self, request: Request) -> Response:
        """Those that tell nothing the asker may not see."""
        demand(request, RIGHT)
        rows = list(list_webhooks(request.user).prefetch_related("teams"))
        warm_keys(rows)
        return Response(WebhooksShape({"results": rows}).data)

    @extend_schema(parameters=[KEY], request=NewWebhook, responses={201: ToldWebhookShape})
    def post(self, request: Request) -> Response:
        """On at once, and told of what happens from then on."""
        demand(request, RIGHT)
        body = read_body(NewWebhook, request)
        body["teams"] = _teams(body["teams"])
        secret = None
        with self.once(request) as claim:
            if not claim.known:
                made = actions.save_webhook(None, actor=request.user, **body)
                claim.made, secret = made.pk, str(made.secret)
        return _tell(request, claim.known or claim.made, secret)


def _teams(pks: list[UUID]) -> list[Team]:
    found = list(Team.objects.filter(pk__in=pks))
    if len(found) != len(set(pks)):
        raise serializers.ValidationError({"teams": ["There is no such one."]})
    return found


def _find(request: Request, pk: UUID | None) -> Webhook:
    demand(request, RIGHT)
    found: Webhook = get_object_or_404(list_webhooks(request.user), pk=pk)
    return found


def _show(request: Request, pk: UUID, *, status: int = 200) -> Response:
    return Response(WebhookShape(_find(request, pk)).data, status=status)


def _tell(request: Request, pk: UUID | None, secret: str | None) -> Response:
    found: Any = _find(request, pk)
    answer = Response({**WebhookShape(found).data, "secret": secret}, status=201)
    answer["Cache-Control"] = "no-store, private"
    return answer


class WebhookView(HelpdeskView):
    @extend_schema(operation_id="webhooks_get", responses=WebhookShape)
    def get(self, request: Request, pk: UUID) -> Response:
        return _show(request, pk)

    @extend_schema(request=WebhookChange, responses=WebhookShape)
    def patch(self, request: Request, pk: UUID) -> Response:
        found = _find(request, pk)
        body = read_body(WebhookChange, request)
        said = {"name": found.name, "url": str(found.url), "events": found.events}
        teams = _teams(body["teams"]) if "teams" in body else list(found.teams.all())
        given = said | body | {"teams": teams}
        actions.save_webhook(found, actor=request.user, **given)
        return _show(request, pk)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Its line and its log go with it."""
        actions.remove_webhook(_find(request, pk), actor=request.user)
        return Response(status=204)


class WebhookSwitchView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=WebhookSwitch, responses={201: WebhookShape})
    def post(self, request: Request, pk: UUID) -> Response:
        found = _find(request, pk)
        body = read_body(WebhookSwitch, request)
        with self.once(request) as claim:
            if not claim.known:
                actions.switch_webhook(found, is_on=body["on"], actor=request.user)
                claim.made = found.pk
        return _show(request, pk, status=201)


class WebhookSecretView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=None, responses={201: ToldWebhookShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """A new secret, told this once; the one before signs as well for 24 hours."""
        found, secret = _find(request, pk), None
        with self.once(request) as claim:
            if not claim.known:
                secret = actions.renew_secret(found, actor=request.user)
                claim.made = found.pk
        return _tell(request, pk, secret)


class WebhookOldSecretView(HelpdeskView):
    @extend_schema(request=None, responses={201: WebhookShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """The secret before signs nothing more."""
        actions.end_old_secret(_find(request, pk), actor=request.user)
        return _show(request, pk, status=201)


class WebhookTestView(HelpdeskView):
    @extend_schema(request=None, responses={201: WebhookTriedShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Sends something at once, past its line, and waits for at most ten seconds. Each time,
        whatever its key."""
        tried = actions.try_webhook(_find(request, pk), actor=request.user)
        return Response(WebhookTriedShape(tried).data, status=201)


class WebhookRetryView(HelpdeskView):
    @extend_schema(request=None, responses={201: WebhookShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """The head of its line is tried now, without waiting for the next try."""
        actions.retry_now(_find(request, pk), actor=request.user)
        return _show(request, pk, status=201)


class WebhookReplayView(HelpdeskView):
    @extend_schema(parameters=[KEY], request=NewReplay, responses={201: ReplayedShape})
    def post(self, request: Request, pk: UUID) -> Response:
        """Once more, behind what waits: one delivery, everything since a time, or without either
        all that were given up."""
        found, count = _find(request, pk), None
        body = read_body(NewReplay, request)
        with self.once(request) as claim:
            if not claim.known:
                count, claim.made = self._replay(request, found, body), found.pk
        return Response(ReplayedShape({"count": count}).data, status=201)

    def _replay(self, request: Request, found: Webhook, body: dict[str, Any]) -> int:
        if "since" in body:
            return actions.replay_since(found, body["since"], actor=request.user)
        rows = search_log(found, state=_State.DEAD)
        if "only" in body:
            rows = found.deliveries.filter(pk=body["only"])
            if not rows.exists():
                raise serializers.ValidationError({"only": ["There is no such one."]})
        return actions.replay(found, rows, actor=request.user)


class WebhookDeliveriesView(HelpdeskView):
    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=_State.values),
            OpenApiParameter("event", str, description="Only events of this name."),
            OpenApiParameter("after", int, description="The next of the page before."),
        ],
        responses=WebhookDeliveriesShape,
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The newest first."""
        found = _find(request, pk)
        state = request.query_params.get("state", "")
        if state and state not in _State.values:
            raise serializers.ValidationError({"state": ["There is no such state."]})
        log = search_log(found, state=state, event=request.query_params.get("event", ""))
        if before := read_number(request, "after"):
            log = log.filter(place__lt=before)
        rows = list(log[:_PAGE])
        more = rows[-1].place if len(rows) == _PAGE else None
        return Response(WebhookDeliveriesShape({"results": rows, "next": more}).data)


class WebhookDeliveryView(HelpdeskView):
    @extend_schema(operation_id="webhook_deliveries_get", responses=WebhookDeliveryDetailShape)
    def get(self, request: Request, pk: UUID) -> Response:
        """What was sent, and each try with its answer."""
        demand(request, RIGHT)
        known = WebhookDelivery.objects.filter(webhook__in=list_webhooks(request.user).values("pk"))
        found = get_object_or_404(known.prefetch_related("tries__delivery"), pk=pk)
        warm_keys(list(found.tries.all()))
        told: dict[str, Any] = dict(WebhookDeliveryDetailShape(found).data)
        return Response(told)
