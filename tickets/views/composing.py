"""What the composer asks for while somebody writes: small answers, each to one question."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Team, User
from connectors.queries import markdown_to_html
from core import here
from tickets import actions
from tickets.emoji import EMOJI
from tickets.forms import DraftForm, ForwardForm
from tickets.models import Draft, Ticket
from tickets.queries.drafts import describe_drafts, drafts_on
from tickets.queries.schedule import later_choices
from tickets.queries.thread import messages_of
from tickets.views.access import changes_ticket, reads, require, visible_message
from tickets.views.pages import render_changes

MAX_PREVIEW = 200_000


# Drafts


@login_required
@require_http_methods(["GET", "POST"])
def drafts(request: HttpRequest, pk: UUID) -> HttpResponse:
    ticket = get_object_or_404(
        Ticket.objects.visible_to(request.user).select_related("customer"), pk=pk
    )
    require(request, "tickets.note_ticket")
    return _keep_draft(request, ticket) if request.method == "POST" else _drafts(request, ticket)


def _drafts(request: HttpRequest, ticket: Ticket) -> JsonResponse:
    found = drafts_on(ticket, user=request.user)
    return _private(
        {
            "mine": describe_drafts(d for d in found if d.author_id == request.user.pk),
            "shared": describe_drafts(d for d in found if d.author_id != request.user.pk),
        }
    )


def _keep_draft(request: HttpRequest, ticket: Ticket) -> JsonResponse:
    """An empty one is dropped. Answers are kept for those who may answer."""
    asked = DraftForm(request.POST).checked()
    if asked["kind"] == Draft.Kind.REPLY:
        require(request, "tickets.reply_ticket")
    copies = {name: asked[name].replace(",", " ").split() for name in ("to", "cc", "bcc")}
    if not asked["body"].strip() and not asked["files"] and not any(copies.values()):
        actions.drop_draft(
            ticket, actor=request.user, kind=asked["kind"], version=asked["version"] or 0
        )
        return _private({"version": 0})
    kept = actions.save_draft(
        ticket,
        actor=request.user,
        kind=asked["kind"],
        body=asked["body"],
        copies={name: found for name, found in copies.items() if found},
        files=asked["files"],
        is_shared=asked["is_shared"],
        version=asked["version"] or 0,
    )
    return _private({"version": kept.version})


@login_required
@require_POST
def take_draft(request: HttpRequest, pk: UUID) -> JsonResponse:
    visible = Ticket.objects.visible_to(request.user)
    draft = get_object_or_404(Draft.objects.filter(is_shared=True, ticket__in=visible), pk=pk)
    is_reply = draft.kind == Draft.Kind.REPLY
    require(request, "tickets.reply_ticket" if is_reply else "tickets.note_ticket")
    [taken] = describe_drafts([actions.take_over_draft(draft, actor=request.user)])
    return _private(taken)


def _private(data: dict[str, Any]) -> JsonResponse:
    response = JsonResponse(data)
    response["Cache-Control"] = "no-store, private"
    return response


# Others


@reads
def people_here(request: HttpRequest, pk: UUID) -> JsonResponse:
    """Who has the ticket open, by name; the socket tells only ids."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user).only("pk"), pk=pk)
    states = here.people_at(str(ticket.pk))
    found = User.objects.filter(pk__in=states, is_active=True).exclude(pk=request.user.pk)
    people = [
        {"id": str(u.pk), "name": u.name, "initials": u.initials, "state": states[str(u.pk)]}
        for u in found.order_by("name")
    ]
    return _private({"people": people})


@reads
def mentionable(request: HttpRequest) -> HttpResponse:
    """Colleagues and teams for the menu behind @."""
    context = {
        "people": User.objects.filter(is_active=True).order_by("name"),
        "teams": Team.objects.order_by("name"),
    }
    return render(request, "tickets/_mentionable.html", context)


# Words


@reads
def emoji(request: HttpRequest) -> HttpResponse:
    return render(request, "tickets/_emoji.html", {"emoji": EMOJI})


@reads
def later(request: HttpRequest) -> HttpResponse:
    context = {"choices": later_choices(), "zone": timezone.get_current_timezone_name()}
    return render(request, "tickets/_later.html", context)


@changes_ticket("tickets.note_ticket")
def preview(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """The text as it will look; made here, so that it looks the same as in the thread."""
    text = request.POST.get("body", "")[:MAX_PREVIEW]
    own = ticket.attachments.filter(uploaded_by=request.user, message=None)
    shown = {
        pk: reverse("tickets:attachment", args=[pk]) for pk in own.values_list("pk", flat=True)
    }
    html = markdown_to_html(text, picture=lambda pk: shown.get(pk, ""))
    return HttpResponse(html)


# Forwarding


@login_required
@require_http_methods(["GET", "POST"])
def forward(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = visible_message(request, pk)
    require(request, "tickets.reply_ticket")
    if request.method == "POST":
        asked = ForwardForm(request.POST).checked()
        actions.forward(message, actor=request.user, **asked)
        return render_changes(request, message.ticket_id, status=201)
    [found] = messages_of(message.ticket, only=message.pk) or [message]
    return render(request, "tickets/_forward.html", {"m": found, "ticket": message.ticket})
