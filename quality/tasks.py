from celery import shared_task

from quality.actions.feeling import look_for_risks
from quality.actions.inspecting import inspect_forgotten
from quality.actions.sampling import draw_due_samples, look_for_shifts


@shared_task
def look_after() -> None:
    inspect_forgotten()
    look_for_risks()
    draw_due_samples()
    look_for_shifts()
