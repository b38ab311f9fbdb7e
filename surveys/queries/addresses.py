"""To which address of the customer a survey goes."""

from surveys.models import Invitation
from tickets.models import Thread


def address_for(invitation: Invitation) -> str:
    """The one they wrote from last, while it is theirs; else another of theirs; else none."""
    held = invitation.ticket.customer.identities.filter(kind="email", valid_to=None, scope="")
    known = {one.pk: one for one in held.order_by("valid_from")}
    threads = Thread.objects.filter(messages__ticket=invitation.ticket_id, identity__in=known)
    last = threads.order_by("-last_in_at").values_list("identity", flat=True).first()
    found = known.get(last) if last else next(iter(known.values()), None)
    return str(found.value) if found else ""
