"""For load balancers and monitoring."""

from pathlib import Path
from secrets import compare_digest

import redis
from django.conf import settings
from django.db import connection, models
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from connectors.models import Inbox, RawDelivery
from core import keyring
from core.clock import now
from core.errors import HelpdeskError
from core.models import AuditSeal, Event, Reaction
from tickets.models import Delivery, Ticket


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; says nothing of its services."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """What we cannot do without is there: the database, the keys, the data folder. A lost
    Valkey only slows hints and live signals, so it is named but does not make us unready."""
    checks = {"database": _database(), "keys": _keys(), "files": _files(), "valkey": _valkey()}
    needed = all(checks[name] == "ok" for name in ("database", "keys", "files"))
    return JsonResponse({"ready": needed, "checks": checks}, status=200 if needed else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:  # noqa: BLE001  whatever it is, we are not ready
        return type(error).__name__
    return "ok"


def _keys() -> str:
    try:
        keyring.load()
    except HelpdeskError as error:
        return error.code
    except OSError as error:
        return type(error).__name__
    return "ok"


def _files() -> str:
    return "ok" if Path(settings.DATA_DIR).is_dir() else "missing"


def _valkey() -> str:
    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1
        )
        client.ping()
    except (redis.RedisError, OSError) as error:
        return type(error).__name__
    return "ok"


def metrics(request: HttpRequest) -> HttpResponse:
    """Counts read from the tables, so that every process tells the same.

    For this machine, and elsewhere for whoever knows ``METRICS_TOKEN``.
    """
    if not _may_measure(request):
        return HttpResponse("Send the METRICS_TOKEN as a bearer token.\n", status=403)
    registry = CollectorRegistry()
    _count(registry, "helpdesk_tickets", "Tickets by category.", "category", Ticket)
    _count(registry, "helpdesk_raw_deliveries", "What arrived, by state.", "state", RawDelivery)
    _count(registry, "helpdesk_deliveries", "Answers by state of sending.", "state", Delivery)
    _count(registry, "helpdesk_reactions", "Work that waits or has failed.", "state", Reaction)
    events = Gauge("helpdesk_events", "Events recorded.", registry=registry)
    events.set(Event.objects.count())
    seals = Gauge("helpdesk_events_sealed", "Events sealed.", registry=registry)
    seals.set(AuditSeal.objects.count())
    _inboxes(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_measure(request: HttpRequest) -> bool:
    is_local = request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")
    if is_local and "X-Forwarded-For" not in request.headers:
        return True
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and compare_digest(given.encode(), wanted.encode())


def _count(
    registry: CollectorRegistry, name: str, text: str, label: str, model: type[models.Model]
) -> None:
    gauge = Gauge(name, text, [label], registry=registry)
    for row in model._default_manager.values(label).annotate(n=Count("pk")):
        gauge.labels(row[label]).set(row["n"])


def _inboxes(registry: CollectorRegistry) -> None:
    """0 where a door works; where it does not, for how long."""
    name, text = "helpdesk_inbox_failing_seconds", "For how long an inbox has been failing."
    gauge = Gauge(name, text, ["inbox", "name"], registry=registry)
    for inbox in Inbox.objects.filter(is_active=True).defer("credentials"):
        since = inbox.failing_since
        gauge.labels(str(inbox.pk), inbox.name).set((now() - since).total_seconds() if since else 0)
