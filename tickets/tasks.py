from celery import shared_task

from tickets import actions


@shared_task
def close_ripe_tickets() -> None:
    actions.close_ripe_tickets()


@shared_task
def open_due_tickets() -> None:
    actions.open_due_tickets()


@shared_task
def forget_old_notifications() -> None:
    actions.forget_old_notifications()


@shared_task
def drop_forgotten_uploads() -> None:
    actions.drop_forgotten_uploads()
