from celery import shared_task

from connectors import actions


@shared_task
def forget_old_spending() -> None:
    actions.forget_old_spending()


@shared_task
def note_silence() -> None:
    actions.note_silence()
