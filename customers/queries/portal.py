"""Who is signed in at the portal."""

from collections.abc import Mapping
from typing import Any

from customers.models import Identity

SESSION_KEY = "portal_identity"


def identity_in(session: Mapping[str, Any]) -> Identity | None:
    """The identity that signed in here, as long as it is still that customer's."""
    pk = session.get(SESSION_KEY)
    if not pk:
        return None
    return (
        Identity.objects.filter(
            pk=pk, valid_to=None, customer__erased_at=None, customer__merged_into=None
        )
        .select_related("customer__organisation", "customer__tier")
        .first()
    )
