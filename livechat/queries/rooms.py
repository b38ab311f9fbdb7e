"""The names of live rooms: made here from our ids, never from what a client says."""

import hmac
from uuid import UUID

from accounts.models import User
from core.crypto import derive
from livechat.models import Chat


def chat_room(ticket: UUID) -> str:
    """Where a visitor hears of the ticket they chat on. Keyed: who knows an id knows no room."""
    return f"chat:{_keyed('chat', ticket)}"


def seen_room(ticket: UUID) -> str:
    return f"chat-seen:{_keyed('seen', ticket)}"


def visitor_room(visitor: UUID) -> str:
    """Where a visitor's sockets hear that they must look again at who they are."""
    return f"chat-visitor:{_keyed('visitor', visitor)}"


def typing_room(ticket: UUID) -> str:
    """Where agents hear that the visitor is typing."""
    return f"chat-typing:{ticket}"


def _keyed(kind: str, pk: UUID) -> str:
    return hmac.digest(derive("chat.room"), kind.encode() + pk.bytes, "sha256")[:16].hex()


# The agents' panel


def panel_rooms(chat: Chat, *others: UUID | None) -> list[str]:
    """Whose panels change with this chat; ``others`` are people it was with before."""
    ticket = chat.ticket
    people = {chat.agent_id, chat.offered_to_id, ticket.assignee_id, *others} - {None}
    places = [f"chats-inbox:{ticket.inbox_id}", *(f"chats-user:{pk}" for pk in people)]
    if ticket.team_id:
        places.append(f"chats-team:{ticket.team_id}")
    return ["chats", *places]


def rooms_of_panel(user: User, _name: str) -> list[str]:
    own = [f"chats-user:{user.pk}"]
    if not user.may("tickets.view_ticket"):
        return []
    if user.may("tickets.view_all_ticket"):
        return ["chats", *own]
    access = user.access
    teams = [f"chats-team:{pk}" for pk in access.teams]
    return [*own, *teams, *(f"chats-inbox:{pk}" for pk in access.inboxes)]
