"""What has to be there before the programs start; every step may be repeated."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from accounts.queries import admins_exist
from helpdesk.embedded import write_private
from helpdesk.first import FIRST_LINK, first_link


class Command(BaseCommand):
    help = "Makes the keys, brings the tables up to date and loads demonstration data if asked."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.KEYRING_FILE.exists():
            call_command("keys", "init")
        call_command("migrate", interactive=False, verbosity=1)
        call_command("set_up")
        call_command("set_up")
        if options["demo"]:
            call_command("load_demo")
        keep_first_link()


def keep_first_link() -> None:
    """While there is no admin, `up` tells whoever started it where the first one comes in."""
    path = settings.DATA_DIR / FIRST_LINK
    if admins_exist():
        path.unlink(missing_ok=True)
    else:
        write_private(path, first_link())
