"""Celery carries hints; the reaction rows are the truth (see core.events)."""

import os
import sys

from celery import Celery
from celery.signals import task_prerun
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

app = Celery("helpdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery closes the database before and after each task, and a new connection costs more than most
# reactions. Instead each worker process keeps its own, as web processes do.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize


@task_prerun.connect
def check_connection(**_: object) -> None:
    """One that is broken or too old is replaced before the task, as before a request."""
    close_old_connections()
