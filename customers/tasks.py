from celery import shared_task

from customers import actions


@shared_task
def drop_old_codes() -> None:
    actions.drop_old_codes()
