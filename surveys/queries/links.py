"""The link to a survey: a secret for one invitation, good for nothing else.

No score stands in what is signed: a number behind the link only says what is chosen beforehand.
"""

import hmac
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from core.crypto import derive
from surveys.errors import NoSuchLink
from surveys.models import Invitation

_LENGTH = 64


def token_of(invitation: Invitation) -> str:
    return f"{invitation.pk.hex}{_mac_of(invitation)}"


def _mac_of(invitation: Invitation) -> str:
    content = b"".join(
        [
            invitation.pk.bytes,
            invitation.survey_id.bytes if invitation.survey_id else b"",
            invitation.ticket_id.bytes,
            invitation.customer_id.bytes,
            invitation.nonce.encode(),
        ]
    )
    return hmac.digest(derive("surveys.link"), content, "sha256")[:16].hex()


def url_of(invitation: Invitation, score: int | None = None) -> str:
    """With ``score`` that one is chosen beforehand on the page."""
    token = token_of(invitation)
    if score is None:
        return f"{settings.PUBLIC_URL}{reverse('surveys:answer', args=[token])}"
    return f"{settings.PUBLIC_URL}{reverse('surveys:answer_chosen', args=[token, score])}"


def find_by_token(token: str) -> Invitation:
    """Raises ``NoSuchLink``, whatever is wrong with it."""
    try:
        if len(token) != _LENGTH or not token.isascii():
            raise ValueError
        pk = UUID(hex=token[:32])
    except ValueError:
        raise NoSuchLink("no such link") from None
    related = "survey", "version", "ticket", "customer", "brand"
    found = Invitation.objects.select_related(*related).filter(pk=pk).first()
    if found is None or not hmac.compare_digest(token[32:], _mac_of(found)):
        raise NoSuchLink("no such link")
    if found.customer.erased_at:
        raise NoSuchLink("no such link")
    return found
