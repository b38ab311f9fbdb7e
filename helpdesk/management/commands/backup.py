"""A back-up of everything but the key ring, while all runs; or the proof that it comes back."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import HelpdeskError
from helpdesk.backup.elsewhere import drill
from helpdesk.backup.making import make_backup


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", help="a new folder for this back-up")
        parser.add_argument(
            "--drill",
            action="store_true",
            help="restore the back-up (a fresh one, unless a folder is given) into a throw-away "
            "database and prove it",
        )
        parser.add_argument(
            "--with-keyring",
            action="store_true",
            help="put the key ring beside the data it opens: whoever has the folder can read all",
        )
        parser.add_argument("--binaries", type=Path, help="a folder with pg_dump and pg_restore")

    def handle(self, *args: Any, **options: Any) -> None:
        folder, binaries = options["folder"], options["binaries"]
        try:
            if options["drill"]:
                drill(folder, binaries=binaries, say=self.stdout.write)
                return
            if folder is None:
                raise CommandError("Name a new folder for the back-up.")
            if options["with_keyring"]:
                self.stderr.write(
                    "The key ring goes in, too: whoever has this folder can read everything."
                )
            make_backup(
                folder,
                with_keyring=options["with_keyring"],
                binaries=binaries,
                say=self.stdout.write,
            )
        except HelpdeskError as refusal:
            raise CommandError(refusal.reason) from None
        self.stdout.write(f"The back-up is in {folder}.")
