"""Answers and notes. Each answers with what changed, so that the page needs no second request."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from tickets import actions
from tickets.forms import NoteForm, ReplyForm
from tickets.models import Ticket
from tickets.views.access import changes_ticket, require, visible_message
from tickets.views.pages import render_changes


@changes_ticket("tickets.reply_ticket")
@transaction.atomic
def reply(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    asked = ReplyForm(request.POST).checked()
    later: datetime | None = asked["not_before"]
    actions.reply(
        ticket,
        actor=request.user,
        body=asked["body"],
        seen_seq=asked["seen_seq"],
        client_id=asked["client_id"],
        attachments=asked["attachments"],
        to=asked["to"],
        cc=asked["cc"],
        bcc=asked["bcc"],
        mentions=asked["mentions"],
        status=asked["status"],
        not_before=later,
    )
    actions.drop_draft(ticket, actor=request.user, kind="reply")
    return render_changes(request, ticket.pk, status=201)


@changes_ticket("tickets.note_ticket")
@transaction.atomic
def note(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    asked = NoteForm(request.POST).checked()
    actions.add_note(
        ticket,
        actor=request.user,
        body=asked["body"],
        client_id=asked["client_id"],
        attachments=asked["attachments"],
        mentions=asked["mentions"],
    )
    actions.drop_draft(ticket, actor=request.user, kind="note")
    return render_changes(request, ticket.pk, status=201)


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = visible_message(request, pk)
    require(request, "tickets.reply_ticket")
    actions.withdraw(message, actor=request.user)
    return render_changes(request, message.ticket_id)


@login_required
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = visible_message(request, pk)
    require(request, "tickets.reply_ticket")
    actions.retry_delivery(message, actor=request.user)
    return render_changes(request, message.ticket_id)


@login_required
@require_POST
def send_now(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = visible_message(request, pk)
    require(request, "tickets.reply_ticket")
    actions.send_now(message, actor=request.user)
    return render_changes(request, message.ticket_id)
