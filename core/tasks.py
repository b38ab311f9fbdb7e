from datetime import timedelta

from celery import shared_task

from core import audit, events
from core.clock import now
from core.models import IdempotencyKey


@shared_task
def drain(xid: str) -> None:
    events.drain(int(xid))


@shared_task
def run_lane(reaction_id: int) -> None:
    events.run_lane(reaction_id)


@shared_task
def sweep() -> None:
    events.sweep()


@shared_task
def seal_events() -> None:
    audit.seal()


@shared_task
def tidy() -> None:
    audit.seal(everything=True)
    IdempotencyKey.objects.filter(created_at__lt=now() - timedelta(days=7)).delete()
