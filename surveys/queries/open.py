"""Which surveys apply, and what is open."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.clock import now
from customers.models import Customer
from surveys.models import Invitation, Survey, SurveyPolicy
from surveys.queries.links import url_of
from tickets.models import Ticket

_State = Invitation.State
ANSWERABLE = (_State.SENDING, _State.OFFERED, _State.ANSWERED)


def policy() -> SurveyPolicy:
    return SurveyPolicy.objects.first() or SurveyPolicy()


def survey_for(ticket: Ticket) -> Survey | None:
    """The first that is on and whose conditions the ticket meets."""
    ways: dict[str, Any] = {
        "inboxes": ticket.inbox_id,
        "teams": ticket.team_id,
        "tiers": ticket.customer.tier_id,
    }
    for survey in _live().filter(is_on=True):
        chosen = {name: set(getattr(survey, name).values_list("pk", flat=True)) for name in ways}
        fits = all(not chosen[name] or wanted in chosen[name] for name, wanted in ways.items())
        if fits and (not survey.types or ticket.type in survey.types):
            return survey
    return None


def _live() -> "QuerySet[Survey]":
    return Survey.objects.exclude(live=None).select_related("live").order_by("position", "name")


def usable_surveys() -> list[Survey]:
    """What may be asked by hand and by rules: everything published."""
    return list(_live())


def count_lately(customer: Customer, rules: SurveyPolicy) -> int:
    """How often this person was asked within the days of the cap, in all brands; those whom
    they were merged with are the same person."""
    same = Q(customer=customer) | Q(customer__merged_into=customer)
    since = now() - timedelta(days=rules.cap_days)
    return Invitation.objects.filter(same, offered_at__gt=since).count()


def open_invitation(ticket: UUID) -> Invitation | None:
    found = Invitation.objects.filter(ticket=ticket, state=_State.OFFERED, expires_at__gt=now())
    return found.exclude(version=None).order_by("-created_at").first()


def link_for_portal(ticket: UUID) -> tuple[str, str] | None:
    """Where the customer of this ticket may say how it went, while they are asked."""
    found = open_invitation(ticket)
    return (url_of(found), _("How did we do?")) if found else None
