from celery import shared_task

from customers import actions
from customers.actions.importing import drop_old_imports as _drop_old_imports
from customers.actions.tiers import tend_tiers as _tend_tiers


@shared_task
def drop_old_codes() -> None:
    actions.drop_old_codes()


@shared_task
def tend_tiers() -> None:
    _tend_tiers()


@shared_task
def drop_old_imports() -> None:
    _drop_old_imports()
