"""What follows an event for the people who work here: news in the page, by mail, by push."""

from uuid import UUID

from accounts.models import User
from core.events import on
from core.lanes import Lease
from core.models import Event
from tickets import actions
from tickets.models import Message, Notification, SideConversation, Ticket

_NEWS = (
    "message.received",
    "message.replied",
    "message.noted",
    "ticket.status_changed",
    "ticket.resolved",
    "ticket.reopened",
    "ticket.merged",
    "ticket.split",
)


def _by(event: Event) -> UUID | None:
    return event.actor_id if event.actor_kind == Event.ActorKind.USER else None


@on("message.noted", "message.replied")
def tell_mentioned(event: Event) -> None:
    picks, by = event.details.get("mentions"), _by(event)
    if not (picks and by):
        return
    message = Message.objects.filter(pk=event.details.get("message"), withdrawn_at=None).first()
    if message:
        ticket = Ticket.objects.get(messages=message)
        actions.notify_mentioned(ticket, message, picks=picks, by=by)


@on(*_NEWS)
def tell_followers(event: Event) -> None:
    """Of a step that came with an answer, once: the answer has told it."""
    if event.name.startswith("ticket.") and event.details.get("message"):
        return
    actions.notify_followers(event.subject_id, by=_by(event))


@on("ticket.assigned")
def tell_assigned(event: Event) -> None:
    assignee, by = event.details.get("assignee"), _by(event)
    ticket = Ticket.objects.filter(pk=event.subject_id).first()
    if ticket is None or by is None or str(ticket.assignee_id) != assignee:
        return
    user = User.objects.get(pk=assignee)
    made = actions.notify(user, ticket, kind=Notification.Kind.ASSIGNED, by=by)
    if made:  # `reactions.tell_assignee` mails it at once
        Notification.objects.filter(pk=made.pk).update(told_at=event.at)


@on("side.answered")
def tell_who_asked(event: Event) -> None:
    side = SideConversation.objects.select_related("ticket", "opened_by").get(
        pk=event.details["side"]
    )
    message = Message.objects.filter(pk=event.details["message"]).first()
    user = side.opened_by if side.opened_by and side.opened_by.is_active else side.ticket.assignee
    if user and message and not message.is_automatic:
        actions.notify(user, side.ticket, kind=Notification.Kind.SIDE, message=message)


@on("notification.waits", lane="send")
def mail_what_was_not_seen(event: Event, lease: Lease) -> None:
    with lease.finish():
        found = Notification.objects.filter(pk=event.subject_id).first()
        if found:
            actions.mail_notification(found)


@on("notification.made", lane="send")
def wake_browsers(event: Event, lease: Lease) -> None:
    user = User.objects.filter(pk=event.details["user"], is_active=True).first()
    if user:
        actions.wake_browsers(user)
    with lease.finish():
        return
