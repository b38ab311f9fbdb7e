"""The link that follows one request without signing in: a secret, mailed to its address alone."""

import hmac
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from core import blind
from core.crypto import derive
from tickets.models import Message, Ticket


def follow_token(ticket_id: UUID, identity_id: UUID) -> str:
    return f"{ticket_id.hex}{identity_id.hex}{_follow_mac(ticket_id, identity_id)}"


def read_follow_token(token: str) -> tuple[UUID, UUID] | None:
    """The ticket and the identity it was made for."""
    if len(token) != 96 or not token.isascii() or not token.isalnum():
        return None
    try:
        ticket_id, identity_id = UUID(hex=token[:32]), UUID(hex=token[32:64])
    except ValueError:
        return None
    fits = hmac.compare_digest(token[64:], _follow_mac(ticket_id, identity_id))
    return (ticket_id, identity_id) if fits else None


def _follow_mac(ticket_id: UUID, identity_id: UUID) -> str:
    content = ticket_id.bytes + identity_id.bytes
    return hmac.digest(derive("portal.follow"), content, "sha256")[:16].hex()


def follow_link(ticket: Ticket, message: Message) -> str:
    """The link for the foot of a mail, where the requester alone reads it; otherwise nothing.

    Whoever is in copy would hold the requester's key, and an address that is not (or no longer)
    the requester's must not get one.
    """
    addresses = message.addresses
    recipients = addresses.get("to") or []
    in_copy = [*(addresses.get("cc") or []), *(addresses.get("bcc") or [])]
    slug = ticket.inbox.brand.slug
    if not slug or in_copy or len(recipients) != 1 or message.kind != Message.Kind.PUBLIC:
        return ""
    index = blind.email_index(recipients[0])
    held = ticket.customer.identities.filter(kind="email", valid_to=None, scope="")
    identity = next((one for one in held if bytes(one.value_index) == index), None)
    if identity is None:
        return ""
    path = reverse("tickets:portal_follow", args=[slug, follow_token(ticket.pk, identity.pk)])
    return f"{settings.PUBLIC_URL}{path}"
