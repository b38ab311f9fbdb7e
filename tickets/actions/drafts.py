"""What is being written, kept on the server: one draft per ticket, author and kind.

No events: nothing has happened yet.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.ids import new_id
from tickets.errors import DraftOutdated
from tickets.models import Draft, Ticket

MAX_DRAFT = 200_000
MAX_COPIES = 60


@transaction.atomic
def save_draft(
    ticket: Ticket,
    *,
    actor: User,
    kind: str,
    body: str,
    copies: dict[str, list[str]] | None = None,
    is_shared: bool = False,
    version: int = 0,
) -> Draft:
    """``version`` is the one the text rests on, 0 for none. A tab that has not seen the newest
    is refused and told it."""
    if kind not in Draft.Kind.values:
        raise Invalid("There is no such kind of draft.", field="kind")
    if len(body) > MAX_DRAFT:
        raise Invalid(_("The message is longer than %(n)s characters.") % {"n": f"{MAX_DRAFT:,}"})
    blank = Draft(id=new_id(), ticket=ticket, author=actor, kind=kind, version=0)
    # Two tabs may begin at once: the second finds the first's row.
    Draft.objects.bulk_create([blank], ignore_conflicts=True)
    draft = (
        Draft.objects.select_for_update(of=("self",))
        .select_related("ticket")
        .get(ticket=ticket, author=actor, kind=kind)
    )
    if draft.version != version and draft.version:
        raise DraftOutdated(draft)
    draft.body, draft.is_shared = body, is_shared
    draft.copies = {name: list(found)[:MAX_COPIES] for name, found in (copies or {}).items()}
    draft.version, draft.updated_at = draft.version + 1, now()
    draft.save(update_fields=["body", "copies", "is_shared", "version", "updated_at"])
    return draft


@transaction.atomic
def drop_draft(ticket: Ticket, *, actor: User, kind: str, version: int | None = None) -> None:
    """With a ``version``, a tab that has not seen the newest is refused as in ``save_draft``."""
    own = Draft.objects.filter(ticket=ticket, author=actor, kind=kind)
    draft = own.select_for_update(of=("self",)).select_related("ticket").first()
    if draft and version is not None and draft.version != version:
        raise DraftOutdated(draft)
    own.delete()


@transaction.atomic
def take_over_draft(draft: Draft, *, actor: User) -> Draft:
    """Go on with what a colleague has shared; what one had written oneself stays above it."""
    draft = Draft.objects.select_for_update(of=("self",)).select_related("ticket").get(pk=draft.pk)
    if not draft.is_shared or draft.author_id == actor.pk:
        raise NotAllowed(_("This draft is not shared."))
    own = Draft.objects.filter(ticket=draft.ticket, author=actor, kind=draft.kind).first()
    if own is None:
        draft.author, draft.version = actor, draft.version + 1
        draft.is_shared, draft.updated_at = False, now()
        draft.save(update_fields=["author", "version", "is_shared", "updated_at"])
        return draft
    body = "\n\n".join(text for text in (own.body.rstrip(), draft.body) if text)
    taken = save_draft(
        draft.ticket,
        actor=actor,
        kind=draft.kind,
        body=body[:MAX_DRAFT],
        copies=draft.copies or own.copies,
        version=own.version,
    )
    draft.delete()
    return taken
