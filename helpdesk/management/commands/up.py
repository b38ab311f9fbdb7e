"""Everything that the helpdesk needs, running under one supervisor."""

import contextlib
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from helpdesk import launch
from helpdesk.programs import CannotStart


class Command(BaseCommand):
    help = "Starts database, Valkey, web, worker, beat and mail listener; Ctrl-C stops them all."
    # The tables that the checks ask for are made on the way.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="load the demonstration data once (DEMO=0 forbids)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            launch.run(launch.read_launch(os.environ, demo=options["demo"], say=self.say))
        except CannotStart as refusal:
            self.stderr.write(refusal.reason)
            sys.exit(1)
        except KeyboardInterrupt:
            # Before there was anything to stop.
            sys.exit(130)

    def say(self, line: str) -> None:
        # The terminal may be gone; that is no reason to stop.
        with contextlib.suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()
