"""What the mailbox of an inbox has given us so far."""

from collections.abc import Iterable

from connectors.models import Inbox, RawDelivery


def stored_uids(inbox: Inbox, validity: int, uids: Iterable[int]) -> set[int]:
    """Those of the numbers whose mails are stored and committed."""
    found = RawDelivery.objects.filter(inbox=inbox, uidvalidity=validity, uid__in=list(uids))
    return {uid for uid in found.values_list("uid", flat=True) if uid is not None}


def has_mailbox(inbox: Inbox) -> bool:
    """Opens the credentials: not for lists of many."""
    if inbox.kind != Inbox.Kind.MAIL:
        return False
    permission = inbox.credentials.get("oauth") or {}
    return bool(inbox.credentials.get("imap") or permission.get("refresh_token"))
