from datetime import timedelta

from celery import Task, shared_task
from django.db import Error

from core import audit, lanes
from core.clock import now
from core.models import IdempotencyKey


@shared_task
def drain(xid: str) -> None:
    lanes.drain(int(xid))


@shared_task
def run_lane(reaction_id: int) -> None:
    lanes.run_lane(reaction_id)


@shared_task(bind=True, max_retries=300)
def note_failure(self: Task, reaction_id: int, fence: int, error: str) -> None:
    try:
        lanes.note_failure(reaction_id, fence, error)
    except Error as away:
        raise self.retry(exc=away, countdown=1) from away


@shared_task
def sweep() -> None:
    lanes.sweep()


@shared_task
def seal_events() -> None:
    audit.seal()


@shared_task
def tidy() -> None:
    audit.seal(everything=True)
    IdempotencyKey.objects.filter(created_at__lt=now() - timedelta(days=7)).delete()
