from celery import shared_task

from tickets import actions


@shared_task
def close_ripe_tickets() -> None:
    actions.close_ripe_tickets()


@shared_task
def drop_forgotten_uploads() -> None:
    actions.drop_forgotten_uploads()
