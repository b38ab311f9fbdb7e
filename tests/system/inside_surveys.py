"""What pages of surveys show, should the demonstration have none of it."""

from accounts.models import User
from core.clock import now
from surveys.actions.base import facts_of
from surveys.actions.complaints import make_complaint
from surveys.actions.definitions import publish, save_draft, save_policy, save_survey, switch
from surveys.actions.recovery import open_if_low, save_cause
from surveys.models import Answer, Cause, Complaint, Invitation, RecoveryTask, Survey
from surveys.questions import READY, ready_grid
from tickets.models import Ticket


def admin() -> User:
    return User.objects.get(email="admin@demo.test")


def survey() -> Survey:
    """Published, and switched off."""
    if found := Survey.objects.first():
        return found
    made = save_survey(None, actor=admin(), name="After an answer", delay_minutes=60, share=100)
    save_draft(made, metric="csat", questions=[], texts={}, actor=admin())
    publish(made, actor=admin())
    return made


def cause() -> Cause:
    return Cause.objects.first() or save_cause(
        None, name="Late", parent=None, harm=2, is_active=True, actor=admin()
    )


def recovery_task() -> RecoveryTask | None:
    if found := RecoveryTask.objects.first():
        return found
    ticket = Ticket.objects.filter(inbox__kind="mail", spam_at=None).order_by("number").first()
    assert ticket is not None
    version = survey().versions.get(number=1)
    invitation = Invitation.objects.create(
        survey=version.survey,
        version=version,
        ticket=ticket,
        customer=ticket.customer,
        state=Invitation.State.ANSWERED,
        channel=Invitation.Channel.MAIL,
        due_at=now(),
        offered_at=now(),
        **facts_of(ticket),
    )
    answer = Answer.objects.create(invitation=invitation, score=1, comment="It came too late.")
    return open_if_low(answer.pk)


def complaint() -> Complaint:
    if found := Complaint.objects.first():
        return found
    ticket = Ticket.objects.filter(inbox__kind="mail", spam_at=None).order_by("-number").first()
    assert ticket is not None
    return make_complaint(ticket, actor=admin())


def begin_asking(name: str) -> str:
    """A survey with the ready questions that asks at once, however often; its id."""
    save_policy(actor=admin(), cap=1_000)
    made = save_survey(None, actor=admin(), name=name, delay_minutes=0, share=100)
    save_draft(made, metric="csat", questions=[ready_grid(list(READY))], texts={}, actor=admin())
    publish(made, actor=admin())
    return str(switch(Survey.objects.get(pk=made.pk), is_on=True, actor=admin()).pk)


def stop_asking() -> None:
    for survey in Survey.objects.filter(is_on=True):
        switch(survey, is_on=False, actor=admin())
    save_policy(actor=admin(), cap=1)


def name_cause(name: str) -> None:
    save_cause(None, name=name, parent=None, harm=2, is_active=True, actor=admin())
