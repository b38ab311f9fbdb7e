"""What is being written, kept on the server: one draft per ticket, author and kind.

No events: nothing has happened yet.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.ids import new_id
from tickets.errors import DraftOutdated
from tickets.models import Attachment, Draft, Ticket
from tickets.queries.drafts import describe_drafts

MAX_DRAFT = 200_000
MAX_COPIES = 60
MAX_FILES = 100


@transaction.atomic
def save_draft(
    ticket: Ticket,
    *,
    actor: User,
    kind: str,
    body: str,
    copies: dict[str, list[str]] | None = None,
    files: Iterable[UUID] = (),
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
        .select_related("ticket", "author")
        .get(ticket=ticket, author=actor, kind=kind)
    )
    if draft.version != version and draft.version:
        raise DraftOutdated(*describe_drafts([draft]))
    draft.body, draft.is_shared = body, is_shared
    draft.files = _loose(files, ticket, actor)
    draft.copies = {name: list(found)[:MAX_COPIES] for name, found in (copies or {}).items()}
    draft.version, draft.updated_at = draft.version + 1, now()
    draft.save(update_fields=["body", "copies", "files", "is_shared", "version", "updated_at"])
    return draft


def _loose(files: Iterable[UUID], ticket: Ticket, actor: User) -> list[UUID]:
    """Those of the actor's uploads that stand in no message yet, in the order of the draft."""
    wanted = list(dict.fromkeys(files))[:MAX_FILES]
    if not wanted:
        return []
    own = Attachment.objects.filter(pk__in=wanted, ticket=ticket, uploaded_by=actor, message=None)
    found = set(own.values_list("pk", flat=True))
    return [pk for pk in wanted if pk in found]


@transaction.atomic
def drop_draft(ticket: Ticket, *, actor: User, kind: str, version: int | None = None) -> None:
    """With a ``version``, a tab that has not seen the newest is refused as in ``save_draft``."""
    own = Draft.objects.filter(ticket=ticket, author=actor, kind=kind)
    draft = own.select_for_update(of=("self",)).select_related("ticket", "author").first()
    if draft and version is not None and draft.version != version:
        raise DraftOutdated(*describe_drafts([draft]))
    own.delete()


@transaction.atomic
def take_over_draft(draft: Draft, *, actor: User) -> Draft:
    """Go on with what a colleague has shared; what one had written oneself stays above it. Its
    files become the taker's."""
    both = Q(pk=draft.pk) | Q(ticket=draft.ticket_id, author=actor, kind=draft.kind)
    # In one order, as a merge locks them too.
    locked = Draft.objects.select_for_update(of=("self",)).select_related("ticket", "author")
    found = {one.pk: one for one in locked.filter(both).order_by("pk")}
    if draft.pk not in found:
        raise NotAllowed(_("This draft is not shared."))
    draft = found.pop(draft.pk)
    if not draft.is_shared or draft.author_id == actor.pk:
        raise NotAllowed(_("This draft is not shared."))
    Attachment.objects.filter(pk__in=draft.files, message=None).update(uploaded_by=actor)
    own = next(iter(found.values()), None)
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
        files=[*own.files, *draft.files],
        version=own.version,
    )
    draft.delete()
    return taken
