"""The queue: who waits is offered to one agent after another until somebody takes them.

Locks are taken in one order: the visitor where one is needed, the ticket, the chat. What happens
without anybody's doing is in `offers`.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import note_seen
from accounts.models import Team, User
from core import registry
from core.clock import now
from core.errors import Invalid
from core.events import after_commit, is_history, record
from core.live import publish
from customers.models import Customer
from livechat.actions.visitors import ban_visitor
from livechat.errors import ChatEnded, NotYours, Taken
from livechat.models import Chat, ChatOffer
from livechat.queries.chats import known_address
from livechat.queries.rooms import panel_rooms
from livechat.queries.staff import back_at, is_after_hours, may_take, tends_now
from livechat.queries.thread import home_of
from tickets.actions.base import lock, record_on
from tickets.actions.change import assign, move_to_team
from tickets.actions.write import add_note
from tickets.models import Category, Ticket


def tell_panels(chat: Chat, *others: UUID | None) -> None:
    moment = int(now().timestamp() * 1000)
    for room in panel_rooms(chat, *others):
        after_commit(publish, room, moment)


def take(chat: Chat) -> tuple[Chat, Ticket]:
    """Both under their locks, as they are now."""
    ticket = lock(Ticket(pk=home_of(chat)))
    locked = Chat.objects.select_for_update(of=("self",)).select_related(
        "widget__inbox__calendar", "ticket", "visitor__customer"
    )
    found = locked.get(pk=chat.pk)
    if home_of(found) != ticket.pk:  # merged meanwhile
        ticket = lock(Ticket(pk=home_of(found)))
    return found, ticket


# In and out


def enter_queue(
    chat: Chat, ticket: Ticket, *, event: str, actor: Any = None, **details: Any
) -> None:
    """From now on it waits; both are locked. ``event`` says why."""
    before = chat.agent_id, chat.offered_to_id
    chat.state, chat.agent, chat.offered_to, chat.offered_until = (
        Chat.State.QUEUED,
        None,
        None,
        None,
    )
    chat.queued_at, chat.ended_at, chat.ended_by, chat.accepted_at = now(), None, "", None
    chat.save(
        update_fields=[
            "state",
            "agent",
            "offered_to",
            "offered_until",
            "queued_at",
            "ended_at",
            "ended_by",
            "accepted_at",
            "disposition",
        ]
    )
    if actor is not None:
        _ask_no_more(chat, before)
    record_on(ticket, event, actor=actor, chat=chat.pk, **details)
    record("chat.looks_for_somebody", subject=chat, actor=None)
    tell_panels(chat, *before)


def stay_with_bot(chat: Chat, ticket: Ticket, bot: User) -> None:
    """It waits for nobody: a bot answers until it hands the chat over. Both are locked."""
    before = chat.agent_id, chat.offered_to_id
    _answer_offer(chat, None, ChatOffer.Answer.GONE)
    chat.state, chat.agent, chat.offered_to, chat.offered_until = (
        Chat.State.BOT,
        bot,
        None,
        None,
    )
    chat.queued_at, chat.accepted_at, chat.ended_at, chat.ended_by = None, None, None, ""
    chat.disposition = ""
    chat.save()
    record_on(ticket, "chat.with_bot", actor=None, chat=chat.pk)
    tell_panels(chat, *before)


def call_people(chat: Chat, ticket: Ticket) -> None:
    """From the bot. Outside working hours it goes on as a ticket: nobody is made to wait for who
    is not there. Both are locked."""
    if not is_after_hours(chat.widget):
        enter_queue(chat, ticket, event="chat.queued")
        return
    back, by_mail = back_at(chat.widget), bool(known_address(chat.visitor))
    told = {"back_at": back.isoformat() if back else "", "by_mail": by_mail}
    end(
        chat,
        ticket,
        by=Chat.EndedBy.SYSTEM,
        actor=None,
        disposition=Chat.OFFLINE,
        told=told,
    )


def _ask_no_more(chat: Chat, users: Iterable[UUID | None]) -> None:
    """Whoever gave it up, or from whom somebody took it, is not the next to be asked."""
    moment, gone = now(), ChatOffer.Answer.GONE
    _answer_offer(chat, None, gone)
    ChatOffer.objects.bulk_create(
        ChatOffer(chat=chat, user_id=user, at=moment, until=moment, answer=gone)
        for user in set(users)
        if user is not None
    )


@transaction.atomic
def accept(chat: Chat, *, actor: User) -> Chat:
    """Take a chat that is offered to them, or that nobody is offered. The second of two who try
    learns who was faster."""
    chat, ticket = take(chat)
    if chat.state == Chat.State.ACTIVE and chat.agent_id == actor.pk:
        return chat
    _check_free(chat, actor)
    _check_there(actor)
    return give(chat, ticket, actor)


def _check_free(chat: Chat, actor: User) -> None:
    if chat.state == Chat.State.ENDED:
        raise ChatEnded(_("This chat has ended."))
    if chat.state == Chat.State.ACTIVE:
        name = chat.agent.name if chat.agent else ""
        raise Taken(_("%(name)s has taken this chat already.") % {"name": name}, name=name)
    is_others = chat.state == Chat.State.OFFERED and chat.offered_to_id != actor.pk
    if is_others and chat.offered_until and chat.offered_until > now():
        name = chat.offered_to.name if chat.offered_to else ""
        raise Taken(_("It is offered to %(name)s just now.") % {"name": name}, name=name)


def _check_there(actor: User) -> None:
    """Of who is away it would be taken again within a second."""
    if is_history():
        return
    note_seen(actor)  # whoever takes a chat has a page open, however its line is
    if not tends_now(actor):
        raise NotYours(_("You are away. Set yourself to online first."))


def give(chat: Chat, ticket: Ticket, agent: User) -> Chat:
    """It is theirs, and the ticket with it; both are locked."""
    _answer_offer(chat, agent, ChatOffer.Answer.ACCEPTED)
    previous = chat.agent_id, chat.offered_to_id
    chat.state, chat.agent, chat.accepted_at = Chat.State.ACTIVE, agent, now()
    chat.offered_to, chat.offered_until = None, None
    chat.save(update_fields=["state", "agent", "accepted_at", "offered_to", "offered_until"])
    chat.guests.remove(agent)
    record_on(ticket, "chat.joined", actor=agent, chat=chat.pk, agent=agent.pk)
    if ticket.assignee_id != agent.pk:
        ticket.assignee = assign(ticket, actor=agent, assignee=agent).assignee
    tell_panels(chat, *previous)
    return chat


@transaction.atomic
def decline(chat: Chat, *, actor: User, reason: str = "") -> Chat:
    """Not now: it goes to the next."""
    chat, _ticket = take(chat)
    if chat.state != Chat.State.OFFERED or chat.offered_to_id != actor.pk:
        raise NotYours(_("It is not offered to you any more."))
    take_back_offer(chat, ChatOffer.Answer.DECLINED, reason=reason)
    return chat


def take_back_offer(chat: Chat, answer: str, *, reason: str = "") -> None:
    """It waits on, from where it was; the chat is locked."""
    was = chat.offered_to_id
    _answer_offer(chat, chat.offered_to, answer, reason=reason)
    chat.state, chat.offered_to, chat.offered_until = Chat.State.QUEUED, None, None
    chat.save(update_fields=["state", "offered_to", "offered_until"])
    record("chat.looks_for_somebody", subject=chat, actor=None)
    tell_panels(chat, was)


def _answer_offer(chat: Chat, user: User | None, answer: str, *, reason: str = "") -> None:
    open_offers = ChatOffer.objects.filter(chat=chat, answer="")
    open_offers.filter(user=user).update(answer=answer, reason=reason[:40])
    open_offers.exclude(user=user).update(answer=ChatOffer.Answer.GONE)


def end(
    chat: Chat,
    ticket: Ticket,
    *,
    by: str,
    actor: User | Customer | None,
    disposition: str = "",
    told: Mapping[str, Any] | None = None,
) -> None:
    """Both are locked. The ticket stays as it is: what is to be done may not be done yet."""
    before = chat.agent_id, chat.offered_to_id
    _answer_offer(chat, None, ChatOffer.Answer.GONE)
    chat.state, chat.ended_at, chat.ended_by = Chat.State.ENDED, now(), by
    chat.offered_to, chat.offered_until = None, None
    chat.disposition = disposition[:40]
    chat.asks_rating = bool(chat.accepted_at) and all(
        may(ticket) for may in registry.rating_asks.values()
    )
    chat.save(
        update_fields=[
            "state",
            "ended_at",
            "ended_by",
            "offered_to",
            "offered_until",
            "disposition",
            "asks_rating",
        ]
    )
    details: dict[str, Any] = {"agent": chat.agent_id} if chat.agent_id else {}
    details |= told or {}
    record_on(ticket, "chat.ended", actor=actor, chat=chat.pk, by=str(by), **details)
    record("chat.looks_for_somebody", subject=chat, actor=None)  # there is room for another
    tell_panels(chat, *before)


def end_if_closed(chat: Chat) -> bool:
    """Whether its ticket was closed while it was open; then it has ended with it."""
    chat, ticket = take(chat)
    if not chat.is_open or ticket.category != Category.CLOSED:
        return False
    end(chat, ticket, by=Chat.EndedBy.SYSTEM, actor=None)
    return True


# By agents


@transaction.atomic
def end_chat(chat: Chat, *, actor: User, disposition: str = "") -> Chat:
    chat, ticket = take(chat)
    if chat.is_open:
        end(chat, ticket, by=Chat.EndedBy.AGENT, actor=actor, disposition=disposition)
    return chat


@transaction.atomic
def transfer(chat: Chat, *, actor: User, to: User | Team, note: str = "") -> Chat:
    """Hand it on: to a colleague it is offered, to a team it waits for whoever takes it there."""
    chat, ticket = take(chat)
    if not chat.is_open:
        raise ChatEnded(_("This chat has ended."))
    if isinstance(to, User):
        _check_taker(to, ticket, actor)
    if note.strip():
        add_note(ticket, actor=actor, body=note)
        ticket = lock(ticket)
    if isinstance(to, Team) and ticket.team_id != to.pk:
        ticket = move_to_team(ticket, actor=actor, team=to)
    if ticket.assignee_id:
        ticket = assign(ticket, actor=actor, assignee=None)
    enter_queue(chat, ticket, event="chat.handed_on", actor=actor)
    if isinstance(to, User):
        offer_to(chat, to)
    return chat


def _check_taker(to: User, ticket: Ticket, actor: User) -> None:
    if to.pk == actor.pk or not to.is_active or not to.may("tickets.reply_ticket"):
        raise Invalid(_("Choose somebody else who answers tickets."), field="to")
    if not may_take(to, ticket):
        raise Invalid(_("They may not see this ticket. Hand it to their team."), field="to")


@transaction.atomic
def invite(chat: Chat, *, actor: User, user: User) -> Chat:
    """A colleague joins; the visitor is told by their words alone."""
    chat, ticket = take(chat)
    if not chat.is_open:
        raise ChatEnded(_("This chat has ended."))
    _check_taker(user, ticket, actor)
    chat.guests.add(user)
    record_on(ticket, "chat.invited", actor=actor, chat=chat.pk, guest=user.pk)
    tell_panels(chat, user.pk)
    return chat


@transaction.atomic
def leave(chat: Chat, *, actor: User) -> Chat:
    """A guest goes; the agent's going puts the visitor back into the queue."""
    chat, ticket = take(chat)
    if chat.agent_id == actor.pk and chat.state == Chat.State.ACTIVE:
        let_go(chat, ticket, actor=actor)
    else:
        chat.guests.remove(actor)
        tell_panels(chat, actor.pk)
    return chat


def let_go(chat: Chat, ticket: Ticket, *, actor: User | None) -> None:
    if ticket.assignee_id == chat.agent_id and ticket.assignee_id:
        ticket = assign(ticket, actor=actor, assignee=None)
    enter_queue(chat, ticket, event="chat.waits", actor=actor)


@transaction.atomic
def ban_from_chat(chat: Chat, *, actor: User, days: int, reason: str) -> Chat:
    """Abuse: the visitor is shut out, and the chat ends."""
    ban_visitor(chat.visitor, actor=actor, days=days, reason=reason)
    chat, ticket = take(chat)
    record_on(ticket, "chat.banned", actor=actor, chat=chat.pk, days=days)
    if chat.is_open:
        end(chat, ticket, by=Chat.EndedBy.AGENT, actor=actor, disposition="spam")
    return chat


def offer_to(chat: Chat, user: User) -> None:
    until = now() + timedelta(seconds=chat.widget.offer_seconds)
    chat.state, chat.offered_to, chat.offered_until = Chat.State.OFFERED, user, until
    chat.save(update_fields=["state", "offered_to", "offered_until"])
    ChatOffer.objects.create(chat=chat, user=user, at=now(), until=until)
    record("chat.offered", subject=chat, actor=None, user=user.pk)
    tell_panels(chat)
