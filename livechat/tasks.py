from celery import shared_task

from livechat import actions


@shared_task
def tend_queue() -> None:
    actions.tend_queue()


@shared_task
def forget_old() -> None:
    actions.drop_old_tickets()
    actions.drop_forgotten_files()
    actions.forget_old_visitors()
