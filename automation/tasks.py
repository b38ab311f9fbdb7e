from celery import shared_task

from automation.actions import routing
from automation.actions.clocks import tell_due


@shared_task
def tell_due_clocks() -> None:
    tell_due()


@shared_task
def route_waiting() -> None:
    routing.route_waiting()
    routing.take_back_from_absent()
