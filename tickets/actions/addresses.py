"""Whom an answer goes to, checked as it was given."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from core import blind
from core.errors import Invalid
from customers.models import Identity
from tickets.errors import NoAddress
from tickets.models import Ticket
from tickets.queries.newest import newest_correspondent
from tickets.queries.recipients import is_participant

MAX_RECIPIENTS = 50


def check_email(address: str) -> str:
    try:
        validate_email(address.strip())
    except ValidationError:
        raise Invalid(_("This is no e-mail address."), field="email") from None
    return address.strip()


def refuse_copies(*, cc: Iterable[str], bcc: Iterable[str]) -> dict[str, list[str]]:
    """Where nobody is written to by address, there are no copies either."""
    if list(cc) or list(bcc):
        raise Invalid(_("Only answers by mail can have copies."), field="cc")
    return {"to": [], "cc": []}


def check_recipients(
    ticket: Ticket, *, to: str, cc: Iterable[str], bcc: Iterable[str]
) -> dict[str, list[str]]:
    """Each person once. Blind copies are kept only where there are some."""
    recipient = find_recipient(ticket)
    if to.strip() and to.strip() != recipient:
        recipient = check_email(to)
        if not is_participant(ticket, recipient):
            reason = _("Only somebody who takes part can be answered; add others as copies.")
            raise Invalid(reason, field="to")
    seen = {blind.normalise_email(recipient)}
    kept: dict[str, list[str]] = {"cc": [], "bcc": []}
    for name, addresses in (("cc", cc), ("bcc", bcc)):
        for address in map(check_email, addresses):
            if (spelt := blind.normalise_email(address)) not in seen:
                seen.add(spelt)
                kept[name].append(address)
    if len(seen) > MAX_RECIPIENTS:
        reason = _("At most %(n)d recipients.") % {"n": MAX_RECIPIENTS}
        raise Invalid(reason, field="cc")
    blind_copies = {"bcc": kept["bcc"]} if kept["bcc"] else {}
    return {"to": [recipient], "cc": kept["cc"], **blind_copies}


def find_recipient(ticket: Ticket) -> str:
    """Whom an answer goes to: who wrote last, else the customer's own address."""
    if last := newest_correspondent(ticket):
        return last
    identity = Identity.objects.filter(
        customer=ticket.customer_id, kind=Identity.Kind.EMAIL, valid_to=None
    ).first()
    if identity is None:
        raise NoAddress("The customer has no address this inbox could write to.")
    return str(identity.value)
