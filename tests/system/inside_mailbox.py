"""What the mailbox tests run inside the application, by `manage.py shell`."""

import imaplib
import json
import os
import signal
import sys
from typing import Any

from connectors.actions import add_inbox
from connectors.actions import receive as receiving
from connectors.mail import imap
from connectors.models import Brand, Inbox, RawDelivery
from core import events
from tests.system import inside


def add_mailbox(address: str, port: int, folder: str = "", is_active: bool = False) -> str:
    """A mailbox that nobody asks unless told to, if it is not active."""
    imap_settings = {
        "host": "127.0.0.1",
        "port": port,
        "ssl": False,
        "user": address,
        "password": "secret",
    }
    with events.through("cli"):
        inbox = add_inbox(
            brand=Brand.objects.first(),
            kind="mail",
            name=address,
            address=address,
            is_active=is_active,
            credentials={"imap": imap_settings, "processed_folder": folder},
        )
    return str(inbox.pk)


def poll(address: str) -> int:
    return imap.poll_inbox(Inbox.objects.get(address=address))


def poll_and_die(address: str, moment: str, after: int) -> None:
    """Ask the mailbox; this process is killed at the moment, when ``after`` mails got past it."""
    module, name = {
        # All is written and nothing committed.
        "before commit": (receiving, "record"),
        "before seen": (imap, "mark_seen"),
        "before move": (imap, "move_away"),
    }[moment]
    act, left = getattr(module, name), [after]

    def die_in_time(*arguments: Any, **named: Any) -> Any:
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return act(*arguments, **named)

    setattr(module, name, die_in_time)
    poll(address)


def poll_while_deleting(address: str, victim: int) -> dict[str, Any]:
    """Somebody deletes the mail after it was listed and before it is fetched."""
    inbox = Inbox.objects.get(address=address)
    read_size = imap.read_size

    def delete_first(mailbox: imaplib.IMAP4, uid: int) -> int:
        if uid == victim:
            other = imaplib.IMAP4("127.0.0.1", inbox.credentials["imap"]["port"])
            other.login(address, "secret")
            other.select()
            other.uid("STORE", str(uid), "+FLAGS", r"(\Deleted)")
            other.expunge()
            other.logout()
        return read_size(mailbox, uid)

    imap.read_size = delete_first  # type: ignore[assignment]
    return {"count": imap.poll_inbox(inbox), "problem": inbox.problem}


def audit(address: str) -> int:
    return imap.audit_inbox(Inbox.objects.get(address=address))


def forget_rows(address: str, count: int) -> None:
    """As if a faulty round had passed over the newest mails."""
    inbox = Inbox.objects.get(address=address)
    for delivery in RawDelivery.objects.filter(inbox=inbox).order_by("-uid")[:count]:
        delivery.content.delete()
        delivery.delete()


def places(address: str) -> list[tuple[int, int]]:
    rows = RawDelivery.objects.filter(inbox__address=address).order_by("uidvalidity", "uid")
    return list(rows.values_list("uidvalidity", "uid"))


def serve() -> None:
    """Do what each line of the input asks for; starting anew for each would take most time."""
    for line in sys.stdin:
        function, arguments = json.loads(line)
        here = globals().get(function) or getattr(inside, function)
        print(json.dumps(here(*arguments)), flush=True)
