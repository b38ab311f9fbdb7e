"""What has to be there before the programs start; every step may be repeated."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


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
