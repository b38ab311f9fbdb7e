"""What follows from what happens in chats."""

import logging
from datetime import timedelta
from uuid import UUID

from django.utils import translation

from connectors.errors import PermanentSendError, RefusedHeader, TemporarySendError
from connectors.queries import send_mail
from core.clock import now
from core.events import on
from core.lanes import Lease
from core.models import Event
from livechat import actions
from livechat.models import Chat, Visitor

log = logging.getLogger("helpdesk.livechat")

_AT_ONCE = timedelta(seconds=3)
_OFFER_LEASE = timedelta(seconds=20)
_SEND_LEASE = timedelta(seconds=45)
_TRIED_FOR = timedelta(hours=6)


@on("chat.looks_for_somebody", "user.presence_changed", lane="send", lease=_OFFER_LEASE)
def offer_what_waits(event: Event, lease: Lease) -> None:
    """At once; the round of every second would find it, too. So what comes late is not due here:
    workers that are behind would do nothing but this."""
    if now() - event.at < _AT_ONCE:
        actions.tend_queue()
    with lease.finish():
        return


@on("chat.answer_waits", lane="send", lease=_SEND_LEASE)
def mail_what_was_not_read(event: Event, lease: Lease) -> None:
    """Looked at again as long as the visitor is there and has not read it."""
    chat = (
        Chat.objects.filter(pk=event.subject_id)
        .select_related("widget__mail_inbox", "visitor__customer", "ticket__inbox")
        .first()
    )
    message = UUID(event.details["message"])
    if chat and actions.is_unread(chat, message) and not _has_left(chat):
        pause = timedelta(seconds=chat.widget.leaves_after_seconds)
        with lease.postpone(max(chat.visitor_here_at, now()) + pause):
            return
    with lease.finish():
        if chat and actions.is_unread(chat, message):
            actions.mail_unread(chat)


def _has_left(chat: Chat) -> bool:
    return now() - chat.visitor_here_at >= timedelta(seconds=chat.widget.leaves_after_seconds)


@on("chat.transcript_asked", lane="send", lease=_SEND_LEASE)
def send_transcript(event: Event, lease: Lease) -> None:
    chats = Chat.objects.select_related(
        "widget__inbox__brand", "widget__mail_inbox", "ticket__inbox"
    )
    chat = chats.filter(pk=event.subject_id).first()
    visitor = Visitor.objects.select_related("customer").filter(pk=event.details["visitor"]).first()
    built = None
    if chat and visitor:
        with translation.override(event.details["language"]):
            built = actions.build_transcript(chat, visitor, mail_id=event.pk)
    if built:
        try:
            with lease.held():  # a slow server must not have it sent a second time
                send_mail(built[0], inbox=built[1])
        except TemporarySendError:
            if now() - event.at < _TRIED_FOR:
                with lease.postpone(now() + timedelta(minutes=5)):
                    return
        except (PermanentSendError, RefusedHeader) as error:
            log.warning("A transcript could not be sent: %s", error.reason)
    with lease.finish():
        actions.forget_transcript(event.pk)
