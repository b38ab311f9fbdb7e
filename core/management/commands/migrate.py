from typing import Any

from django.core.management import call_command
from django.core.management.commands.migrate import Command as MigrateCommand

from core.grants import grant_rights
from core.owner import owner_login


class Command(MigrateCommand):
    help = "Bring the database up to date as its owner, then grant the application its rights."

    def handle(self, *args: Any, **options: Any) -> None:
        with owner_login():
            super().handle(*args, **options)
            if not (options.get("check_unapplied") or options.get("plan")):
                call_command("createcachetable", verbosity=0)
                grant_rights()
