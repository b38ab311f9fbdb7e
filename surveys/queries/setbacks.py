"""Which conversations were complained of or got a low score, for those who compare releases."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from core.registry import Setback, Talk
from surveys.models import COMPLAINT, Answer, Complaint
from surveys.queries.complaints import policy


def judge_complaints(talks: Sequence[Talk], *, within: timedelta) -> dict[UUID, bool]:
    """It became a complaint, or its customer opened one. What was held before complaints were told
    apart cannot be judged."""
    since = policy().since
    judged = [talk for talk in talks if talk.began_at >= since]
    customers = {one.customer for one in judged}
    found = Complaint.objects.filter(
        ticket__customer__in=customers, ticket__type=COMPLAINT, created_at__gte=since
    )
    known: dict[UUID, list[datetime]] = defaultdict(list)
    for customer, at in found.values_list("ticket__customer", "created_at"):
        known[customer].append(at)
    return {
        one.ticket: any(one.began_at <= at <= one.began_at + within for at in known[one.customer])
        for one in judged
    }


def judge_scores(talks: Sequence[Talk], *, within: timedelta) -> dict[UUID, bool]:
    """Of those the customer said something about; any low one counts."""
    began = {one.ticket: one.began_at for one in talks}
    answers = Answer.objects.filter(invitation__ticket__in=began).select_related("invitation")
    judged: dict[UUID, bool] = {}
    for answer in answers:
        ticket = answer.invitation.ticket_id
        if began[ticket] <= answer.at <= began[ticket] + within:
            judged[ticket] = judged.get(ticket, False) or answer.is_low
    return judged


COMPLAINTS = Setback(_("complaints"), judge_complaints)
LOW_SCORES = Setback(_("low scores"), judge_scores)
