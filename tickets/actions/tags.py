"""Tags across all tickets: renaming one, merging several, deleting one.

There is no list of tags, so a change goes through all tickets, in steps: the event that asks for
it is in the audit at once, and with it all that names the tags is changed; the steps are
reactions.
"""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Invalid
from core.events import record
from core.models import Event
from tickets.actions.base import lock, record_on
from tickets.actions.change import clean_tag
from tickets.actions.tag_names import rename_where_named
from tickets.models import Ticket

STEP = 200  # tickets per transaction


@transaction.atomic
def rename_tags(tags: list[str], *, to: str, actor: User) -> None:
    """Put ``to`` in place of each of the tags; several are merged, an empty ``to`` deletes them."""
    old = [tag for tag in dict.fromkeys(map(clean_tag, tags)) if tag]
    new = clean_tag(to)
    if len(new) > 40:
        raise Invalid(_("A tag has at most 40 characters."), field="to")
    old = [tag for tag in old if tag != new]
    if not old:
        raise Invalid(_("Choose at least one tag that is to change."), field="tags")
    left = Ticket.objects.filter(tags__overlap=old).count()
    named = rename_where_named(old, new)
    event = record(
        "tags.renamed", subject=actor, actor=actor, old=old, new=new, left=left, named=named
    )
    if left <= STEP:
        rename_step(event)


@transaction.atomic
def rename_step(event: Event) -> None:
    """Change the next tickets, and ask for the step after them. Safe to repeat."""
    old, new = event.details["old"], event.details["new"]
    actor = User.objects.get(pk=event.subject_id)
    found = Ticket.objects.filter(tags__overlap=old)
    pks: list[UUID] = list(found.order_by("pk").values_list("pk", flat=True)[:STEP])
    for pk in pks:
        _rename_on(Ticket(pk=pk), old, new, actor)
    if len(pks) == STEP and (left := found.count()):
        record("tags.renaming", subject=actor, actor=actor, old=old, new=new, left=left)


def _rename_on(ticket: Ticket, old: list[str], new: str, actor: User) -> None:
    ticket = lock(ticket)
    kept = [new if tag in old else tag for tag in ticket.tags]
    ticket.tags = [tag for tag in dict.fromkeys(kept) if tag]
    removed = [tag for tag in old if tag not in ticket.tags]
    ticket.save(update_fields=["tags"])
    record_on(ticket, "ticket.tagged", actor=actor, added=[new] if new else [], removed=removed)
