"""Telling people who work here of news: in the page at once, by mail if they do not look."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from core.clock import now
from core.events import after_commit, record
from core.ids import new_id
from core.live import publish
from core.prepared import PreparedQuery
from tickets.actions.acknowledge import send_notice
from tickets.models import Follow, Message, Notification, Ticket

# So long somebody has to see it in the page before a mail is worth it.
MAIL_AFTER = timedelta(minutes=5)
KEPT = timedelta(days=60)


def room_of(user_id: UUID) -> str:
    """Whose notices change is told in a room of its own, so that no list is read again for it."""
    return f"me:{user_id}"


@transaction.atomic
def notify(
    user: User,
    ticket: Ticket,
    *,
    kind: str,
    message: Message | None = None,
    by: UUID | None = None,
) -> Notification | None:
    """None where it is no news, or none of theirs: only who may see the ticket is told."""
    if not user.is_active or user.pk == by or ticket.spam_at:
        return None
    if not Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists():
        return None
    if _is_told(user, ticket, kind, message):
        return None
    made = Notification(
        id=new_id(), user=user, kind=kind, ticket=ticket, message=message, by_id=by, at=now()
    )
    made.save(force_insert=True)
    rooms = [room_of(user.pk)]
    record("notification.made", subject=made, actor=None, user=user.pk, rooms=rooms)
    record(
        "notification.waits", subject=made, actor=None, user=user.pk, not_before=now() + MAIL_AFTER
    )
    return made


def _is_told(user: User, ticket: Ticket, kind: str, message: Message | None) -> bool:
    """Of a message once; of other news in a ticket, once until it is read."""
    known = Notification.objects.filter(user=user, kind=kind, ticket=ticket)
    if kind == Notification.Kind.FOLLOWED or message is None:
        return known.filter(read_at=None).exists()
    return known.filter(message=message).exists()


def notify_mentioned(ticket: Ticket, message: Message, *, picks: Iterable[str], by: UUID) -> None:
    """``picks`` are "user:<id>" and "team:<id>". Whoever may not see the ticket is left out; the
    page has told the author so (see ``unreachable``)."""
    for user in people_behind(picks):
        notify(user, ticket, kind=Notification.Kind.MENTION, message=message, by=by)


def people_behind(picks: Iterable[str]) -> list[User]:
    ids: dict[str, set[str]] = {"user": set(), "team": set()}
    for pick in picks:
        kind, _colon, pk = pick.partition(":")
        ids[kind].add(pk)
    meant = Q(pk__in=ids["user"]) | Q(teams__in=ids["team"])
    return list(User.objects.filter(meant, is_active=True).distinct().order_by("pk"))


def notify_followers(ticket: UUID, *, by: UUID | None) -> None:
    for follow in _FOLLOWS.fetch([ticket]):
        notify(follow.user, follow.ticket, kind=Notification.Kind.FOLLOWED, by=by)


def _build_follows(ticket: UUID, *, shape: None) -> "QuerySet[Follow]":
    return Follow.objects.filter(ticket=ticket).select_related("user", "ticket")


_FOLLOWS = PreparedQuery(_build_follows)


@transaction.atomic
def mail_notification(notification: Notification) -> bool:
    """Tell by mail what was not seen in the page; one mail per ticket, however much is new."""
    waiting = Notification.objects.select_for_update().filter(
        user=notification.user_id, ticket=notification.ticket_id, read_at=None, told_at=None
    )
    if notification.pk not in {row.pk for row in waiting}:
        return False
    user = User.objects.get(pk=notification.user_id)
    if not user.notify_by_mail:
        return False
    ticket = Ticket.objects.select_related("inbox").get(pk=notification.ticket_id)
    waiting.update(told_at=now())
    return send_notice(user, ticket, kind=notification.kind)


# Reading


@transaction.atomic
def read_notifications(user: User, *, ids: Iterable[UUID] | None = None) -> int:
    """All of them, or those named."""
    unread = Notification.objects.filter(user=user, read_at=None)
    return _mark(user, unread if ids is None else unread.filter(pk__in=list(ids)))


@transaction.atomic
def read_notifications_of(user: User, ticket: Ticket) -> int:
    """Whoever has opened the ticket has seen what there was to see."""
    return _mark(user, Notification.objects.filter(user=user, ticket=ticket, read_at=None))


@transaction.atomic
def unread_notification(user: User, pk: UUID) -> None:
    if Notification.objects.filter(user=user, pk=pk).update(read_at=None):
        _tell(user)


def _mark(user: User, unread: "QuerySet[Notification]") -> int:
    count = unread.update(read_at=now())
    if count:
        _tell(user)
    return count


def _tell(user: User) -> None:
    moment = int(now().timestamp() * 1000)
    after_commit(publish, room_of(user.pk), moment)


def forget_old_notifications() -> int:
    old = Notification.objects.filter(at__lt=now() - KEPT).exclude(read_at=None)
    return old.delete()[0]


# Following


@transaction.atomic
def follow(ticket: Ticket, *, user: User) -> None:
    Follow.objects.get_or_create(ticket=ticket, user=user, defaults={"at": now()})


@transaction.atomic
def unfollow(ticket: Ticket, *, user: User) -> None:
    Follow.objects.filter(ticket=ticket, user=user).delete()
