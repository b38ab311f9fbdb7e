from celery import shared_task

from surveys.actions.asking import expire_old
from surveys.actions.complaints import warn_of_late_complaints
from surveys.actions.recovery import warn_of_late


@shared_task
def tend_surveys() -> None:
    expire_old()
    warn_of_late()
    warn_of_late_complaints()
