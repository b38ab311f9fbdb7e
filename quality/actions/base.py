from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import NotAllowed

SET_UP, REVIEW, LEAD = "quality.set_up_rubric", "quality.review_inspection", "quality.lead_quality"


def require(actor: User | None, right: str) -> None:
    """``None`` is the program itself: demonstration data, a worker."""
    if actor is not None and not actor.may(right):
        raise NotAllowed(_("Your role does not allow this."), right=right)
