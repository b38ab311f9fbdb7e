"""One thread per mailbox, so that a slow server keeps no other mailbox waiting."""

import logging
import threading
from dataclasses import dataclass, field
from uuid import UUID

from django.db import close_old_connections, connections

from connectors.mail.imap import visit
from connectors.models import Inbox
from connectors.queries import has_mailbox

log = logging.getLogger("helpdesk.mail")

# Between two rounds where the server cannot report news, and after each failure.
POLL_SECONDS = 30
# New, changed and closed mailboxes are noticed within this time: whoever has just connected one
# sends a mail to it and waits.
LOOK_SECONDS = 5
STOP_SECONDS = 5
# A thread that waits for news or for its next round hears a wish to stop within a second.
SOON = 1.5


@dataclass
class Watch:
    """The thread of one mailbox; a change of the inbox ends it and begins another."""

    inbox_id: UUID
    settings: str
    every: float
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        name = f"mailbox-{self.inbox_id}"
        self.thread = threading.Thread(target=self.run, name=name, daemon=True)

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                visit(Inbox.objects.get(pk=self.inbox_id), self.stop)
            except Exception as error:  # noqa: BLE001 - the next round may find all well again
                log.error("mailboxes: %s, tried again in the next round", type(error).__name__)
            connections.close_all()
            self.stop.wait(self.every)


def watch_mailboxes(
    stop: threading.Event, *, every: float = POLL_SECONDS, look: float = LOOK_SECONDS
) -> None:
    """Until `stop` is set; no error ends it."""
    watches: dict[UUID, Watch] = {}
    while not stop.is_set():
        try:
            adjust(watches, every=every)
        except Exception as error:  # noqa: BLE001 - a lost database comes back
            log.error("mailboxes: %s, looked for again", type(error).__name__)
        close_old_connections()
        stop.wait(look)
    for watch in watches.values():
        watch.stop.set()
    for watch in watches.values():
        watch.thread.join(STOP_SECONDS)
    connections.close_all()


def adjust(watches: dict[UUID, Watch], *, every: float = POLL_SECONDS) -> None:
    """Start, end and renew threads until there is one for each mailbox as it is set now."""
    wanted = {inbox.pk: _fingerprint(inbox) for inbox in _list_mailboxes()}
    for inbox_id, watch in list(watches.items()):
        if wanted.get(inbox_id) != watch.settings:
            watch.stop.set()
            watch.thread.join(SOON)
        if watch.stop.is_set() and not watch.thread.is_alive():
            del watches[inbox_id]
    for inbox_id in wanted.keys() - watches.keys():
        watches[inbox_id] = Watch(inbox_id, wanted[inbox_id], every)
        watches[inbox_id].thread.start()


def _list_mailboxes() -> list[Inbox]:
    found = Inbox.objects.filter(kind=Inbox.Kind.MAIL, is_active=True)
    return [inbox for inbox in found if has_mailbox(inbox)]


def _fingerprint(inbox: Inbox) -> str:
    """Changes with what an admin sets, not with each renewed token."""
    kept = inbox.credentials
    client = {
        name: value
        for name, value in (kept.get("oauth") or {}).items()
        if name not in ("access_token", "expires_at", "refresh_token")
    }
    settings = [kept.get("imap"), client, kept.get("processed_folder")]
    return str(hash(repr(settings)))
