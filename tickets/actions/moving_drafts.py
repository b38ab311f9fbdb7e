"""What is being written on a ticket goes with it when it is merged, and comes back."""

from core.clock import now
from core.fields import warm_keys
from tickets.actions.drafts import MAX_DRAFT
from tickets.models import Attachment, Draft, Ticket

_BETWEEN = "\n\n"


def carry_drafts(source: Ticket, target: Ticket) -> dict[str, list[str]]:
    """Both tickets are locked. Whoever writes on both finds these words below their own; what
    they were waits in the source for the undo."""
    there = {(draft.author_id, draft.kind): draft for draft in _lock(target)}
    moved, joined = [], []
    for draft in _lock(source):
        own = there.get((draft.author_id, draft.kind))
        if own is None:
            _move(draft, target)
            moved.append(str(draft.pk))
        else:
            _join(own, draft)
            joined.append(str(draft.pk))
    uploads = Attachment.objects.filter(ticket=source, message=None)
    loose = [str(pk) for pk in uploads.values_list("pk", flat=True)]
    uploads.update(ticket=target)
    return {"drafts": moved, "joined": joined, "uploads": loose}


def carry_drafts_back(carried: dict[str, list[str]], source: Ticket, target: Ticket) -> None:
    """But for what was sent or dropped since."""
    loose = Attachment.objects.filter(pk__in=carried.get("uploads", []), message=None)
    loose.filter(ticket=target).update(ticket=source)
    waiting = {(draft.author_id, draft.kind): draft for draft in _lock(source)}
    there = _lock(target)
    for draft in there:
        own = waiting.get((draft.author_id, draft.kind))
        if str(draft.pk) in carried.get("drafts", []):
            _return(draft, own, source)
        elif own is not None and str(own.pk) in carried.get("joined", []):
            _part(draft, own)


def _lock(ticket: Ticket) -> list[Draft]:
    found = list(
        Draft.objects.select_for_update(of=("self",))
        .select_related("ticket")
        .filter(ticket=ticket)
        .order_by("pk")
    )
    warm_keys(found)
    return found


def _move(draft: Draft, ticket: Ticket) -> None:
    draft.ticket = ticket
    draft.save(update_fields=["ticket"])


def _return(draft: Draft, own: Draft | None, source: Ticket) -> None:
    """Its author may have begun another in the source meanwhile."""
    if own is None:
        _move(draft, source)
        return
    _join(own, draft)
    draft.delete()


def _join(own: Draft, other: Draft) -> None:
    own.body = _BETWEEN.join(text for text in (own.body.rstrip(), other.body) if text)[:MAX_DRAFT]
    own.copies = own.copies or other.copies
    own.files = [*own.files, *(pk for pk in other.files if pk not in own.files)]
    own.is_shared = own.is_shared and other.is_shared  # nobody reads what was not meant for them
    _save(own)


def _part(own: Draft, other: Draft) -> None:
    """Take out again what was joined, unless its author has written over it."""
    if other.body and own.body.endswith(other.body):
        own.body = own.body.removesuffix(other.body).rstrip()
    own.files = [pk for pk in own.files if pk not in other.files]
    _save(own)


def _save(draft: Draft) -> None:
    draft.version, draft.updated_at = draft.version + 1, now()
    draft.save(update_fields=["body", "copies", "files", "is_shared", "version", "updated_at"])
