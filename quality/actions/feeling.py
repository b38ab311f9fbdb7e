"""Moods along conversations, and customers who may be lost."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.models import Inbox
from core.clock import now
from core.errors import Invalid
from core.events import record
from core.models import Event
from core.registry import has_understanding, understanders
from quality.actions.base import LEAD, require
from quality.errors import AlreadyDone
from quality.models import CallBack, Mood
from tickets.models import Message, Ticket

ANGRY, UNHAPPY = -50, -25
_LONG = 3  # so many unhappy messages in a row
_SILENCE = timedelta(hours=24)
_REPEATS, _REPEAT_DAYS = 3, timedelta(days=14)
_REST = timedelta(days=14)  # after a call nobody is put on the list again so soon
_LOOKED_AT = timedelta(days=7)
_MOST, _MOST_OF_ONE = 2_000, 60


def feel(event: Event) -> Mood | None:
    """Slow, and outside any transaction. None where nobody here understands moods, and in a chat:
    there somebody waits for an answer, and the same workers give it."""
    said = Message.objects.select_related("ticket__inbox", "thread__inbox").filter(
        pk=event.details.get("message"), redacted_at=None
    )
    message = None if not _is_taught() else said.first()
    if message is None or (message.thread and message.thread.inbox.kind == Inbox.Kind.CHAT):
        return None
    return _feel(message)


def feel_rest(ticket: UUID) -> list[Mood]:
    """Of what was said in chats, once it is over. Slow as well."""
    if not _is_taught():
        return []
    said = Message.objects.filter(
        ticket=ticket, direction=Message.Direction.IN, redacted_at=None, felt=None
    )
    rest = said.select_related("ticket__inbox", "thread__inbox").order_by("-seq")[:_MOST_OF_ONE]
    return [found for message in rest if (found := _feel(message))]


def _is_taught() -> bool:
    return any(is_taught() for is_taught in has_understanding.values())


def _feel(message: Message) -> Mood | None:
    if not message.is_inbound or message.is_automatic:
        return None
    ticket = message.ticket
    for understand in understanders.values():
        told = understand(message.body, language=ticket.language, brand=ticket.inbox.brand_id)
        if told is not None:
            mood = round(100 * max(-1.0, min(1.0, told.mood)))
            return Mood(message=message, ticket=ticket, mood=mood, at=message.at)
    return None


def keep_mood(found: Mood) -> None:
    """Within a transaction; once per message."""
    known = Message.objects.filter(pk=found.message_id, redacted_at=None)
    if known.select_for_update().exists():
        Mood.objects.get_or_create(
            message_id=found.message_id,
            defaults={"ticket_id": found.ticket_id, "mood": found.mood, "at": found.at},
        )


# Customers at risk


def look_for_risks() -> int:
    """Tickets somebody was unhappy in lately; says how many customers are new on the list."""
    lately = Mood.objects.filter(mood__lte=UNHAPPY, at__gte=now() - _LOOKED_AT)
    ids = lately.order_by().values("ticket").distinct()[:_MOST]
    tickets = Ticket.objects.filter(pk__in=ids, spam_at=None, merged_into=None)
    made = 0
    for ticket in tickets:
        if reasons := reasons_for(ticket):
            made += put_on_list(ticket, reasons)
    return made


def reasons_for(ticket: Ticket) -> list[str]:
    felt = list(Mood.objects.filter(ticket=ticket).order_by("-at").values_list("mood", "at")[:10])
    found = []
    if len(felt) >= _LONG and all(mood <= UNHAPPY for mood, _at in felt[:_LONG]):
        found.append(str(CallBack.Reason.NEGATIVE))
    if felt and felt[0][0] <= ANGRY and felt[0][1] <= now() - _SILENCE and _is_silent(ticket):
        found.append(str(CallBack.Reason.SILENT))
    if felt and felt[0][0] <= UNHAPPY and _comes_again(ticket):
        found.append(str(CallBack.Reason.REPEAT))
    return found


def _is_silent(ticket: Ticket) -> bool:
    """Ours have answered, and nothing came back."""
    said = Message.objects.filter(ticket=ticket, kind=Message.Kind.PUBLIC, withdrawn_at=None)
    last = said.order_by("-seq").first()
    return last is not None and not last.is_inbound and last.at <= now() - _SILENCE


def _comes_again(ticket: Ticket) -> bool:
    since = now() - _REPEAT_DAYS
    opened = Ticket.objects.filter(customer=ticket.customer_id, created_at__gte=since, spam_at=None)
    counts = opened.aggregate(many=Count("pk"), again=Count("pk", filter=Q(reopen_count__gt=0)))
    return int(counts["many"] + counts["again"]) >= _REPEATS


@transaction.atomic
def put_on_list(ticket: Ticket, reasons: list[str]) -> bool:
    """Once per customer while they wait; new reasons are added. True: they are new on it."""
    Ticket.objects.select_for_update().get(pk=ticket.pk)
    known = CallBack.objects.select_for_update().filter(customer=ticket.customer_id)
    waiting = known.filter(state=CallBack.State.OPEN).first()
    if waiting:
        merged = sorted({*waiting.reasons, *reasons})
        if merged != waiting.reasons:
            CallBack.objects.filter(pk=waiting.pk).update(reasons=merged)
        return False
    if known.filter(decided_at__gte=now() - _REST).exists():
        return False
    row = CallBack(customer_id=ticket.customer_id, ticket=ticket, reasons=sorted(reasons))
    row.save(force_insert=True)
    record("call_back.wanted", subject=row, actor=None, about=ticket.pk, reasons=row.reasons)
    return True


@transaction.atomic
def settle_call_back(pk: UUID, *, how: str, actor: User) -> CallBack:
    require(actor, LEAD)
    row = CallBack.objects.select_for_update().get(pk=pk)
    if how not in (CallBack.State.DONE, CallBack.State.DISMISSED):
        raise Invalid(_("Choose what became of it."), field="how")
    if row.state != CallBack.State.OPEN:
        raise AlreadyDone(_("Somebody has settled this already."))
    row.state, row.decided_by, row.decided_at = how, actor, now()
    row.save(update_fields=["state", "decided_by", "decided_at"])
    record("call_back.settled", subject=row, actor=actor, how=how)
    return row
