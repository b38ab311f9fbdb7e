from celery import shared_task

from accounts import actions


@shared_task
def turn_absences() -> None:
    actions.turn_absences()
