from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.queries import admins_exist
from helpdesk.first import first_link


class Command(BaseCommand):
    help = "Print the link by which the first admin comes in, while there is none."

    def handle(self, *args: Any, **options: Any) -> None:
        if admins_exist():
            raise CommandError("There is an admin already; ask them for an invitation.")
        self.stdout.write(first_link())
