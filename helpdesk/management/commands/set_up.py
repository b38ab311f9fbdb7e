from typing import Any

from django.core.management.base import BaseCommand

from accounts.actions import set_up_roles
from core import events
from customers.actions import set_up_tiers_and_purposes
from quality.actions.rubrics import set_up as set_up_rubric
from surveys.actions.complaints import set_up_complaints
from tickets.actions import set_up_statuses


class Command(BaseCommand):
    help = "Roles, statuses, tiers and purposes that every installation needs; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        with events.through("cli"):
            set_up_roles()
            set_up_statuses()
            set_up_tiers_and_purposes()
            set_up_rubric()
            set_up_complaints()
