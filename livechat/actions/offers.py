"""What the queue does by itself. Due times stand in rows; whoever looks next, each second and after
every change, finds what is due."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from core.clock import now
from core.events import after_commit
from core.registry import Busy, Chosen, InLine, choosers
from livechat.actions.queue import (
    end,
    end_if_closed,
    let_go,
    offer_to,
    take,
    take_back_offer,
    tell_panels,
)
from livechat.models import Chat, ChatOffer
from livechat.queries.passing import tell
from livechat.queries.staff import (
    Agent,
    in_turn,
    list_present,
    loads_of,
    may_take,
    offered_to,
    tends,
)
from livechat.queries.thread import home_of
from tickets.actions.base import lock
from tickets.actions.change import move_to_team
from tickets.models import Category, Ticket

# So many are looked at in one round.
_AT_ONCE = 200
# A visitor who has been gone so long is waited for no more; answers go on by mail.
_FORGET_AFTER = timedelta(minutes=30)
_TEND_LOCK = 0x63686174
_PATIENCE = ExpressionWrapper(
    F("widget__leaves_after_seconds") * Value(timedelta(seconds=1)), output_field=DurationField()
)


def tend_queue() -> int:
    """Take back what nobody answered, give back what nobody tends, offer what waits. Returns how
    many offers were made."""
    if not Chat.objects.exclude(state=Chat.State.ENDED).exists():
        return 0
    _end_closed()
    _take_back_late_offers()
    _give_back_abandoned()
    _forget_gone()
    return offer_waiting()


def _ids(chats: "QuerySet[Chat]") -> list[UUID]:
    return list(chats.values_list("pk", flat=True)[:_AT_ONCE])


def _take_back_late_offers() -> None:
    late = Chat.objects.filter(state=Chat.State.OFFERED, offered_until__lte=now())
    for pk in _ids(late.order_by("offered_until")):
        with transaction.atomic():
            chat, _ticket = take(Chat.objects.select_related("ticket").get(pk=pk))
            if (
                chat.state == Chat.State.OFFERED
                and chat.offered_until
                and chat.offered_until <= now()
            ):
                take_back_offer(chat, ChatOffer.Answer.TIMEOUT)


def _give_back_abandoned() -> None:
    """Of agents who are away, off duty or have lost their page: nobody waits for them."""
    moment = now()
    open_ones = Chat.objects.filter(state__in=[Chat.State.ACTIVE, Chat.State.OFFERED])
    # Few people hold many chats, and nearly all of them are there.
    holders = set(open_ones.values_list(Coalesce("agent", "offered_to"), flat=True).distinct())
    people = User.objects.filter(pk__in=holders).select_related("presence", "calendar")
    gone = [user for user in people if not tends(user, moment)]
    theirs = Q(agent__in=gone) | Q(agent=None, offered_to__in=gone)
    for chat in open_ones.filter(theirs).select_related("agent", "offered_to", "ticket"):
        if user := chat.agent or chat.offered_to:
            give_back(chat, of=user)


@transaction.atomic
def give_back(chat: Chat, *, of: User) -> None:
    chat, ticket = take(chat)
    if chat.state == Chat.State.ACTIVE and chat.agent_id == of.pk:
        let_go(chat, ticket, actor=None)
    elif chat.state == Chat.State.OFFERED and chat.offered_to_id == of.pk:
        take_back_offer(chat, ChatOffer.Answer.GONE)


def _end_closed() -> None:
    """Nobody is answered on a closed ticket; an open chat there would only hold its agent's
    time."""
    held = Q(ticket__merged_into=None, ticket__category=Category.CLOSED) | Q(
        ticket__merged_into__category=Category.CLOSED
    )
    for pk in _ids(Chat.objects.exclude(state=Chat.State.ENDED).filter(held)):
        with transaction.atomic():
            end_if_closed(Chat.objects.select_related("ticket").get(pk=pk))


def _forget_gone() -> None:
    """Note who has left; end what nobody came back to."""
    moment = now()
    here = Chat.objects.exclude(state=Chat.State.ENDED).filter(left_at=None)
    silent = here.filter(visitor_here_at__lt=moment - _PATIENCE).order_by("visitor_here_at")
    for chat in silent.select_related("ticket")[:_AT_ONCE]:
        Chat.objects.filter(pk=chat.pk, visitor_here_at=chat.visitor_here_at).update(
            left_at=chat.visitor_here_at
        )
        after_commit(tell, home_of(chat))
        tell_panels(chat)
    gone = Chat.objects.exclude(state=Chat.State.ENDED).filter(left_at__lt=moment - _FORGET_AFTER)
    for pk in _ids(gone):
        with transaction.atomic():
            chat, ticket = take(Chat.objects.select_related("ticket").get(pk=pk))
            if chat.is_open and chat.left_at and chat.left_at < moment - _FORGET_AFTER:
                end(chat, ticket, by=Chat.EndedBy.SYSTEM, actor=None, disposition="left")


def offer_waiting() -> int:
    """Where routing decides for a team it says to whom; elsewhere each goes to the next agent who
    has room. Returns how many were offered."""
    waiting = _waiting()
    if not waiting:
        return 0
    agents = list_present(now())
    made, decided = _offer_as_chosen(waiting, agents)
    others = [chat for chat in waiting if home_of(chat) not in decided]
    if made and others:
        agents = list_present(now())
    return made + _offer_in_turn(others, agents)


def _offer_as_chosen(waiting: list[Chat], agents: list[Agent]) -> tuple[int, set[UUID]]:
    line = {home_of(chat): chat for chat in waiting} if choosers else {}
    stands = [
        InLine(ticket, chat.queued_at or chat.began_at, _asked(chat))
        for ticket, chat in line.items()
    ]
    offers = offered_to(agent.user.pk for agent in agents)
    busy = {
        one.user.pk: Busy(one.load - offers.get(one.user.pk, 0), offers.get(one.user.pk, 0))
        for one in agents
    }
    made, decided = 0, set[UUID]()
    for chooser in choosers.values() if line else ():
        theirs, chosen = chooser.choose(stands, busy)
        decided |= theirs
        made += sum(_offer_chosen(line[one.ticket], one) for one in chosen)
    return made, decided


@transaction.atomic
def _offer_chosen(chat: Chat, chosen: Chosen) -> bool:
    """With why it is them. Who helps another team and may not see the ticket gets it with their
    own team."""
    user = User.objects.get(pk=chosen.user)
    if not _offer_if_free(chat, user):
        return False
    ticket = lock(Ticket(pk=chosen.ticket))
    if not may_take(user, ticket) and chosen.team is not None:
        move_to_team(ticket, actor=None, team=chosen.team)
    chosen.keep()
    return True


def _offer_in_turn(waiting: list[Chat], agents: list[Agent]) -> int:
    made = 0
    for chat in waiting:
        if not any(agent.room > 0 for agent in agents):
            break
        if agent := _next_for(chat, agents):
            made += _offer_if_free(chat, agent.user)
            agents = [one for one in agents if one is not agent]
            agents = sorted([*agents, replace(agent, load=agent.load + 1)], key=in_turn)
    return made


def _waiting() -> list[Chat]:
    """Whose turn it is: by tier, then by how long they wait."""
    queued = Chat.objects.filter(state=Chat.State.QUEUED)
    order = ("-ticket__customer__tier__priority", "queued_at", "pk")
    return list(queued.select_related("ticket", "widget").order_by(*order)[:_AT_ONCE])


def _next_for(chat: Chat, agents: list[Agent]) -> Agent | None:
    """Nobody is asked twice in one waiting."""
    asked = _asked(chat)
    free = (agent for agent in agents if agent.room > 0 and agent.user.pk not in asked)
    ticket = chat.ticket.merged_into or chat.ticket
    return next((agent for agent in free if may_take(agent.user, ticket)), None)


def _asked(chat: Chat) -> frozenset[UUID]:
    since = chat.queued_at or chat.began_at
    answered = chat.offers.filter(at__gte=since).exclude(answer="")
    return frozenset(answered.values_list("user", flat=True))


@transaction.atomic
def _offer_if_free(chat: Chat, user: User) -> bool:
    """One process at a time, so that nobody is offered more than they have room for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TEND_LOCK])
    load, _since = loads_of([user.pk])[user.pk]
    chat, _ticket = take(chat)
    if chat.state != Chat.State.QUEUED or load >= user.chat_capacity:
        return False
    offer_to(chat, user)
    return True
