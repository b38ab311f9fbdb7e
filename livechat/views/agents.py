"""What agents do with chats. Answers and notes go the way of every ticket."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Team, User
from core.errors import Invalid
from livechat import actions
from livechat.models import Chat
from tickets.models import Ticket
from tickets.views.access import number, require

Act = Callable[[HttpRequest, Chat], Any]


def acts_on_chat(act: Act) -> Callable[..., HttpResponse]:
    """On a chat whose ticket they may see, by somebody who answers customers."""

    @wraps(act)
    def check(request: HttpRequest, pk: UUID) -> HttpResponse:
        visible = Ticket.objects.visible_to(request.user)
        # A merged ticket's chat is seen by those who see where it went.
        found = Chat.objects.filter(ticket__in=visible) | Chat.objects.filter(
            ticket__merged_into__in=visible
        )
        chat = get_object_or_404(found.select_related("ticket", "visitor", "widget"), pk=pk)
        require(request, "tickets.reply_ticket")
        act(request, chat)
        return HttpResponse(status=204)

    return login_required(require_POST(check))


@acts_on_chat
def accept(request: HttpRequest, chat: Chat) -> None:
    actions.accept(chat, actor=request.user)


@acts_on_chat
def decline(request: HttpRequest, chat: Chat) -> None:
    actions.decline(chat, actor=request.user, reason=request.POST.get("reason", ""))


@acts_on_chat
def transfer(request: HttpRequest, chat: Chat) -> None:
    kind, _colon, pk = request.POST.get("to", "").partition(":")
    model: Any = {"user": User, "team": Team}.get(kind)
    actions.transfer(
        chat, actor=request.user, to=_find(model, pk), note=request.POST.get("note", "")
    )


@acts_on_chat
def invite(request: HttpRequest, chat: Chat) -> None:
    pk = request.POST.get("user", "").removeprefix("user:")
    actions.invite(chat, actor=request.user, user=_find(User, pk))


def _find(model: Any, pk: str) -> Any:
    try:
        found = model.objects.filter(pk=UUID(pk)).first() if model else None
    except ValueError:
        found = None
    if found is None:
        raise Invalid(_("Choose somebody first."), field="to")
    return found


@acts_on_chat
def leave(request: HttpRequest, chat: Chat) -> None:
    actions.leave(chat, actor=request.user)


@acts_on_chat
def end(request: HttpRequest, chat: Chat) -> None:
    actions.end_chat(chat, actor=request.user, disposition=request.POST.get("disposition", ""))


@acts_on_chat
def ban(request: HttpRequest, chat: Chat) -> None:
    days = number(request, "days", 1)
    actions.ban_from_chat(
        chat, actor=request.user, days=days, reason=request.POST.get("reason", "")
    )
