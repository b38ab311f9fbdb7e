from datetime import timedelta

from celery import shared_task

from core import audit, lanes
from core.clock import now
from core.models import IdempotencyKey


@shared_task
def drain(xid: str) -> None:
    lanes.drain(int(xid))


@shared_task
def run_lane(reaction_id: int) -> None:
    lanes.run_lane(reaction_id)


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
