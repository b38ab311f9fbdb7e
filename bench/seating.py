"""Visitors at a widget, and an agent who has taken all their chats. Run by bench.inside."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from accounts.models import Presence, User
from connectors.models import Inbox
from core.clock import now
from core.events import history
from core.ids import new_id
from core.models import Reaction
from livechat.actions import Opening, add_widget, begin_chat
from livechat.models import Chat, ChatWidget, SocketTicket, Visitor
from livechat.queries.tokens import digest_of, new_secret
from tickets.models import Ticket

NAME = "Bench"
SITE = "https://shop.example"
_WORDS = "Good morning, my lamp flickers since yesterday. What can I do?"


def seat_visitors(user: str, visitors: int, sockets: int) -> dict[str, Any]:
    """Each with a chat that this agent has taken; tickets for the sockets are dealt out in turn,
    and hold for an hour, not for seconds."""
    agent = User.objects.get(pk=user)
    # Offered nothing, and at their desk whatever happens to their page.
    User.objects.filter(pk=agent.pk).update(chat_capacity=0)
    later = now() + timedelta(days=1)
    Presence.objects.update_or_create(user=agent, defaults={"state": "online", "seen_at": later})
    widget = _widget_for(agent)
    with history():  # or the worker would be busy with it for long
        seated = [_seat(widget, number) for number in range(visitors)]
    chats = Chat.objects.filter(pk__in=[chat.pk for _visitor, chat in seated])
    chats.update(
        state=Chat.State.ACTIVE, agent=agent, accepted_at=now(), ended_at=None, ended_by=""
    )
    Ticket.objects.filter(chats__in=chats).update(assignee=agent)
    heads = dict(Ticket.objects.filter(chats__in=chats).values_list("pk", "seq"))
    return {
        "key": widget.key,
        "site": SITE,
        "visitors": [
            {
                "token": secret_of(widget, number),
                "chat": str(chat.pk),
                "ticket": str(chat.ticket_id),
                "head": heads[chat.ticket_id],
            }
            for number, (_visitor, chat) in enumerate(seated)
        ],
        "openings": deal_tickets([visitor.pk for visitor, _chat in seated], sockets),
    }


def unseat_visitors() -> None:
    """All go, and nothing more is waited for because of them."""
    chats = Chat.objects.filter(widget__inbox__name=NAME)
    chats.exclude(state=Chat.State.ENDED).update(state=Chat.State.ENDED, ended_at=now())
    Reaction.objects.filter(event__name="chat.answer_waits", next_at__gt=now()).delete()


def _widget_for(agent: User) -> ChatWidget:
    found = ChatWidget.objects.filter(inbox__name=NAME).first()
    if found is None:
        near = Inbox.objects.filter(team__in=agent.teams.all()).select_related("brand", "team")
        inbox = near.first()
        assert inbox is not None  # noqa: S101 - furnished
        found = add_widget(inbox.brand, name=NAME, team=inbox.team, origins=[SITE])
    return ChatWidget.objects.select_related("inbox__brand", "inbox__calendar").get(pk=found.pk)


def secret_of(widget: ChatWidget, number: int) -> str:
    return f"bench-{widget.pk.hex}-{number}"


def _seat(widget: ChatWidget, number: int) -> tuple[Visitor, Chat]:
    digest = digest_of(secret_of(widget, number))
    visitor, _is_new = Visitor.objects.get_or_create(
        secret_digest=digest, defaults={"id": new_id(), "widget": widget, "locale": "en"}
    )
    visitor.widget = widget
    known = Chat.objects.filter(visitor=visitor).order_by("-began_at").first()
    opening = Opening(client_id=uuid4(), text=_WORDS)
    return visitor, known or begin_chat(visitor, opening, language="en")


def deal_tickets(visitors: list[UUID], sockets: int) -> list[str]:
    until = now() + timedelta(hours=1)
    secrets = [new_secret() for _ in range(sockets)]
    SocketTicket.objects.bulk_create(
        SocketTicket(
            digest=digest_of(secret),
            visitor_id=visitors[number % len(visitors)],
            expires_at=until,
        )
        for number, secret in enumerate(secrets)
    )
    return secrets
