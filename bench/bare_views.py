"""The ceilings: the same rows by the same engine, with nothing around them.

No middleware, session, sign-in, permission, counter, validation, search index, reaction or live
signal. Names and words are opened and sealed, since nobody may have them otherwise.
"""

import json
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path

from core import fulltext
from core.clock import now
from core.fields import warm_keys
from core.ids import new_id
from core.models import Event
from core.search import BlindQuery
from customers.models import Customer
from helpdesk.volume.lives import make_event
from tickets.models import Message, MessageIndex, Status, Ticket

ROWS = 50
HITS = 20


def rows(request: HttpRequest) -> HttpResponse:
    found = list(
        Ticket.objects.unresolved()
        .select_related("customer", "status")
        .order_by("-last_at", "-id")[:ROWS]
    )
    warm_keys(found)
    return render(request, "bench/rows.html", {"rows": found})


def ticket(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = Ticket.objects.select_related("customer").get(pk=pk)
    messages = list(Message.objects.filter(ticket=found).select_related("author").order_by("seq"))
    for message in messages:
        message.ticket = found
    events = list(Event.objects.filter(ticket_id=pk).order_by("seq"))
    warm_keys([found], messages)
    context = {"ticket": found, "messages": messages, "events": events}
    return render(request, "bench/ticket.html", context)


def search(request: HttpRequest) -> HttpResponse:
    query = fulltext.tsquery(request.GET["q"]) or ""
    matches = MessageIndex.objects.filter(tsv=BlindQuery(query)).order_by("-at")
    messages = list(
        Message.objects.filter(pk__in=list(matches.values_list("pk", flat=True)[:HITS]))
        .select_related("ticket")
        .order_by("-at")
    )
    warm_keys(messages)
    return render(request, "bench/hits.html", {"messages": messages})


def create(request: HttpRequest) -> HttpResponse:
    """Ticket, message and event in one transaction."""
    given = json.loads(request.body)
    found = Ticket(
        id=new_id(),
        customer=Customer.objects.get(pk=given["customer"]),
        subject=given["subject"],
        status=Status.objects.get(category="new", is_default=True),
        category="new",
        **_place_of(given),
    )
    with transaction.atomic():
        event = make_event("ticket.opened", found, now(), ticket=found)
        found.save(force_insert=True)
        event.save(force_insert=True)
        _say(found, given["body"])
    return JsonResponse({"id": str(found.pk)}, status=201)


def reply(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Message, event and the ticket's number in one transaction."""
    given = json.loads(request.body)
    with transaction.atomic():
        found = Ticket.objects.select_for_update().get(pk=pk)
        event = make_event("message.replied", found, now(), ticket=found)
        event.save(force_insert=True)
        Ticket.objects.filter(pk=pk).update(seq=F("seq") + 1, last_at=now())
        message = _say(found, given["body"])
    return JsonResponse({"id": str(message.pk)}, status=201)


def _say(found: Ticket, body: str) -> Message:
    message = Message(
        id=new_id(), ticket=found, body=body, seq=found.seq, touched_seq=found.seq, direction="out"
    )
    message.save(force_insert=True)
    return message


def _place_of(given: dict[str, Any]) -> dict[str, Any]:
    return {"inbox_id": given["inbox"], "team_id": given["team"]}


def some_place(request: HttpRequest) -> HttpResponse:
    """Where ``create`` may put a ticket."""
    found = Ticket.objects.exclude(team=None).values("customer", "inbox", "team").first()
    return JsonResponse({name: str(pk) for name, pk in (found or {}).items()})


urlpatterns = [
    path("rows/", rows),
    path("tickets/<uuid:pk>/", ticket),
    path("tickets/<uuid:pk>/replies/", reply),
    path("search/", search),
    path("tickets/", create),
    path("place/", some_place),
]
