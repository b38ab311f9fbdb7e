"""Bring a back-up into an empty installation, and prove that it is whole."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.errors import HelpdeskError
from helpdesk.backup.elsewhere import restore_into
from helpdesk.backup.restoring import restore_here


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder of the back-up")
        parser.add_argument("--keyring", type=Path, help="the key ring, if it is not in its place")
        parser.add_argument("--binaries", type=Path, help="a folder with pg_dump and pg_restore")
        parser.add_argument(
            "--here",
            action="store_true",
            help="use the servers of DATABASE_URL and REDIS_URL as they run now",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder, say = options["folder"], self.stdout.write
        try:
            if options["here"]:
                restore_here(folder, binaries=options["binaries"], say=say)
                return
            restore_into(folder, settings.DATA_DIR, keyring=options["keyring"], say=say)
        except HelpdeskError as refusal:
            raise CommandError(refusal.reason) from None
        self.stdout.write("The back-up is back. `manage.py up` starts the helpdesk.")
