"""Asking: one row per solved request, decided at the time of sending."""

import hmac
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import registry
from core.clock import now
from core.crypto import derive
from core.events import record
from customers.models import Customer
from customers.queries import consent_allows
from surveys.actions.base import facts_of, take, tell
from surveys.errors import AlreadyAsked, NothingLive
from surveys.models import Invitation, Survey
from surveys.queries.addresses import address_for
from surveys.queries.open import count_lately, policy, survey_for
from tickets.models import Category, Ticket

PURPOSE = "surveys"
_State, _Why, _Origin = Invitation.State, Invitation.Why, Invitation.Origin


@transaction.atomic
def plan_after_resolution(ticket: Ticket, *, taken_up: int = 0) -> Invitation | None:
    """Every solved request that a survey is for gets its row, asked or not; once per solution.
    ``taken_up``: how often it has been reopened since that solution, which then has its reason."""
    survey = survey_for(ticket)
    if survey is None or ticket.spam_at or ticket.merged_into_id:
        return None
    found = Invitation.objects.select_for_update().filter(
        ticket=ticket, cycle=ticket.reopen_count - taken_up, is_second=False
    )
    known = found.first()
    if known is None:
        return _plan(ticket, survey, origin=_Origin.RESOLVED, taken_up=taken_up)
    if known.why == _Why.REOPENED and known.survey and not taken_up:
        return _plan_again(known, known.survey)
    return None


def _plan_again(invitation: Invitation, survey: Survey) -> Invitation:
    """Its solution had been taken back when it was to be asked about, and holds now."""
    invitation.state, invitation.why = _State.WAITING, ""
    invitation.due_at = now() + timedelta(minutes=survey.delay_minutes)
    invitation.save()
    record("survey.planned", subject=invitation, actor=None, not_before=invitation.due_at)
    return invitation


@transaction.atomic
def ask(
    ticket: Ticket,
    survey: Survey,
    *,
    actor: User | None,
    by_rule: bool = False,
    is_second: bool = False,
) -> Invitation:
    """By hand or by a rule, without delay and sampling; cap and consent hold all the same."""
    if survey.live_id is None:
        raise NothingLive(_("This survey has not been published."), field="survey")
    if ticket.spam_at or ticket.merged_into_id:
        raise AlreadyAsked(_("Nobody is asked about this ticket."))
    cycle = ticket.reopen_count
    known = Invitation.objects.select_for_update().filter(
        ticket=ticket, cycle=cycle, is_second=is_second
    )
    before = known.first()
    if before and before.state != _State.NOT_OFFERED:
        raise AlreadyAsked(_("They have been asked about this already."))
    origin = _Origin.SECOND if is_second else _Origin.RULE if by_rule else _Origin.HAND
    if before:
        return _ask_after_all(before, survey, origin=origin, actor=actor)
    return _plan(ticket, survey, origin=origin, actor=actor, is_second=is_second)


def _ask_after_all(
    invitation: Invitation, survey: Survey, *, origin: str, actor: User | None
) -> Invitation:
    """Of who was not asked at first, for instance because they were not in the sample."""
    invitation.survey, invitation.version = survey, survey.live
    invitation.metric = survey.live.metric if survey.live else ""
    invitation.origin, invitation.asked_by = origin, actor
    invitation.state, invitation.why, invitation.due_at = _State.WAITING, "", now()
    invitation.save()
    record("survey.planned", subject=invitation, actor=actor)
    return invitation


def _plan(
    ticket: Ticket,
    survey: Survey,
    *,
    origin: str,
    actor: User | None = None,
    is_second: bool = False,
    taken_up: int = 0,
) -> Invitation:
    at_once = origin in (_Origin.HAND, _Origin.RULE)
    delay = timedelta() if at_once else timedelta(minutes=survey.delay_minutes)
    invitation = Invitation(
        survey=survey,
        version=survey.live,
        metric=survey.live.metric if survey.live else "",
        ticket=ticket,
        customer=ticket.customer,
        cycle=ticket.reopen_count - taken_up,
        is_second=is_second,
        origin=origin,
        asked_by=actor,
        due_at=now() + delay,
        **facts_of(ticket),
    )
    is_drawn = at_once or is_second or _is_drawn(invitation, survey.share)
    if not is_drawn:
        invitation.state, invitation.why = _State.NOT_OFFERED, _Why.SAMPLING
    elif taken_up:
        invitation.state, invitation.why = _State.NOT_OFFERED, _Why.REOPENED
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError:
        raise AlreadyAsked(_("They have been asked about this already.")) from None
    if invitation.state == _State.WAITING:
        record("survey.planned", subject=invitation, actor=actor, not_before=invitation.due_at)
    return invitation


def _is_drawn(invitation: Invitation, share: int) -> bool:
    """By a draw that nobody can foresee and that comes out the same however often it is made."""
    seed = invitation.ticket_id.bytes + invitation.cycle.to_bytes(2, "big")
    drawn = hmac.digest(derive("surveys.sample"), seed, "sha256")
    return int.from_bytes(drawn[:4], "big") % 10_000 < share * 100


def start_offering(pk: UUID) -> Invitation | None:
    """Decide now, under the customer's lock; within the caller's transaction.

    Returns what is to be mailed. Found as being sent it may have left: it is mailed again under
    the same Message-ID, so that servers take it for the same mail, unless they object by now.
    """
    if not Invitation.objects.filter(pk=pk).exists():
        return None
    invitation = take(pk)
    if invitation.state == _State.SENDING:
        return _send_again(invitation)
    if invitation.state != _State.WAITING:
        return None
    # Whose it is may have changed since. Locked, so that two at one instant count one another.
    customer = Customer.objects.select_for_update(no_key=True).get(pk=invitation.ticket.customer_id)
    invitation.customer = customer
    if why := _refusal(invitation, customer):
        drop(invitation, why=why)
        return None
    invitation.offered_at = now()
    if _shows_in_chat(invitation):
        invitation.channel = Invitation.Channel.CHAT
        _note_offered(invitation)
        return None
    if not address_for(invitation):
        drop(invitation, why=_Why.NO_ADDRESS)
        return None
    invitation.channel, invitation.state = Invitation.Channel.MAIL, _State.SENDING
    _set_expiry(invitation)
    invitation.save()
    return invitation


def _send_again(invitation: Invitation) -> Invitation | None:
    invitation.may_have_left = True
    if consent_allows(invitation.ticket.customer, PURPOSE):
        return invitation
    drop(invitation, why=_Why.NO_CONSENT)
    return None


@transaction.atomic
def offer_in_chat(ticket: Ticket) -> bool:
    """Whether the customer is asked at the end of a chat how it was, decided now and noted as for
    every other asking. The ticket is locked."""
    if ticket.spam_at or ticket.merged_into_id:
        return False
    found = Invitation.objects.select_for_update().filter(
        ticket=ticket, cycle=ticket.reopen_count, is_second=False
    )
    invitation = found.first()
    if invitation and invitation.state != _State.WAITING:
        return invitation.state == _State.OFFERED and _is_by_chat(invitation)
    if invitation is None:
        survey = survey_for(ticket)
        invitation = Invitation(
            survey=survey,
            version=survey.live if survey else None,
            metric=survey.live.metric if survey and survey.live else "csat",
            ticket=ticket,
            cycle=ticket.reopen_count,
            origin=_Origin.CHAT,
            due_at=now(),
            **facts_of(ticket),
        )
        if invitation.metric != "csat":
            return False  # asked on another scale, once it is solved
        if survey and not _is_drawn(invitation, survey.share):
            invitation.why = _Why.SAMPLING
    elif invitation.metric != "csat":
        return False
    customer = Customer.objects.select_for_update(no_key=True).get(pk=ticket.customer_id)
    invitation.customer = customer
    if why := invitation.why or _refusal(invitation, customer):
        drop(invitation, why=why)
        return False
    invitation.offered_at, invitation.channel = now(), Invitation.Channel.CHAT
    _note_offered(invitation)
    return True


def _is_by_chat(invitation: Invitation) -> bool:
    return invitation.channel == Invitation.Channel.CHAT


def _refusal(invitation: Invitation, customer: Customer) -> str:
    if not consent_allows(customer, PURPOSE) or customer.merged_into_id:
        return _Why.NO_CONSENT
    ticket = invitation.ticket
    was_reopened = ticket.reopen_count != invitation.cycle or not ticket.is_resolved
    if was_reopened and invitation.origin == _Origin.RESOLVED:
        return _Why.REOPENED
    rules = policy()
    if not invitation.is_second and count_lately(customer, rules) >= rules.cap:
        return _Why.CAP
    return ""


def _shows_in_chat(invitation: Invitation) -> bool:
    shows = registry.rating_shown.get(invitation.ticket.inbox.kind)
    is_first = invitation.metric == "csat" and not invitation.is_second
    return bool(shows and is_first and shows(invitation.ticket_id))


def drop(invitation: Invitation, *, why: str) -> None:
    """Not asked, and why. What may have left all the same counts for the cap."""
    invitation.state, invitation.why = _State.NOT_OFFERED, why
    if not invitation.may_have_left:
        invitation.offered_at = None
    invitation.save()
    record("survey.not_offered", subject=invitation, actor=None, why=str(why))


@transaction.atomic
def mark_offered(pk: UUID) -> None:
    invitation = take(pk)
    if invitation.state == _State.SENDING:
        _note_offered(invitation)


@transaction.atomic
def mark_deferred(pk: UUID) -> None:
    """It has not left: whether they are asked is decided anew at the next try."""
    invitation = take(pk)
    if invitation.state == _State.SENDING:
        invitation.state, invitation.offered_at = _State.WAITING, None
        invitation.save()


@transaction.atomic
def mark_undeliverable(pk: UUID) -> None:
    invitation = take(pk)
    if invitation.state == _State.SENDING:
        drop(invitation, why=_Why.UNDELIVERABLE)


def _set_expiry(invitation: Invitation) -> None:
    days = invitation.survey.expires_days if invitation.survey else 14
    invitation.expires_at = now() + timedelta(days=days)


def _note_offered(invitation: Invitation) -> None:
    invitation.state = _State.OFFERED
    _set_expiry(invitation)
    invitation.save()
    survey = invitation.survey
    tell(invitation, "survey.offered", channel=invitation.channel)
    is_mail = invitation.channel == Invitation.Channel.MAIL
    if is_mail and survey and survey.remind_days is not None:
        at = now() + timedelta(days=survey.remind_days)
        if invitation.expires_at and at < invitation.expires_at:
            record("survey.reminding", subject=invitation, actor=None, not_before=at)


def start_reminding(pk: UUID) -> Invitation | None:
    """Once, and to nobody who has answered or objected since; within the caller's transaction."""
    invitation = take(pk)
    is_open = invitation.state == _State.OFFERED and not invitation.reminded_at
    is_over = invitation.expires_at is None or invitation.expires_at <= now()
    if not is_open or is_over or not consent_allows(invitation.customer, PURPOSE):
        return None
    ticket = invitation.ticket
    if ticket.category not in (Category.RESOLVED, Category.CLOSED):
        return None  # it has been taken up again: another time
    return invitation if address_for(invitation) else None


@transaction.atomic
def mark_reminded(pk: UUID) -> None:
    invitation = take(pk)
    invitation.reminded_at = now()
    invitation.save(update_fields=["reminded_at"])
    record("survey.reminded", subject=invitation, actor=None)


def expire_old(limit: int = 500) -> int:
    over = Invitation.objects.filter(state=_State.OFFERED, expires_at__lte=now())
    done = 0
    for pk in list(over.order_by("expires_at").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            invitation = take(pk)
            if invitation.state == _State.OFFERED:
                invitation.state = _State.EXPIRED
                invitation.save(update_fields=["state"])
                record("survey.expired", subject=invitation, actor=None)
                done += 1
    return done
