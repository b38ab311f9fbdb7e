from celery import shared_task

from automation.actions import looking_after, risk, routing, shifts, triage
from automation.actions.clocks import tell_due
from automation.actions.rule_following import begin_due_rounds, run_due_timers
from automation.actions.webhook_lines import forget_old
from automation.actions.webhook_sender import send_due


@shared_task
def tell_due_clocks() -> None:
    tell_due()


@shared_task
def estimate_risks() -> None:
    risk.estimate_risks()


@shared_task
def look_after() -> None:
    looking_after.look_after()


@shared_task
def learn_triage() -> None:
    triage.learn_if_due()


@shared_task
def route_waiting() -> None:
    routing.route_waiting()
    routing.take_back_from_absent()
    shifts.hand_on_talks()


@shared_task
def send_webhooks() -> None:
    send_due()


@shared_task
def forget_old_deliveries() -> None:
    forget_old()


@shared_task
def run_due_rules() -> None:
    run_due_timers()
    begin_due_rounds()
