import os
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from core import audit
from core.owner import owner_login
from helpdesk.volume.loader import load, prepare_house
from helpdesk.volume.thin import load_thin


class Command(BaseCommand):
    help = (
        "Make up tickets for measuring, with messages, customers, history and search index. "
        "Repeating it with the same seed adds only what is missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tickets", type=int, required=True, metavar="N")
        parser.add_argument("--seed", type=int, default=1, help="another seed, other tickets")
        parser.add_argument(
            "--thin", type=int, default=0, metavar="N", help="and N without messages, for the lists"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started, processes = time.monotonic(), min(os.cpu_count() or 1, 4)
        added = self._tell(load(options["tickets"], seed=options["seed"], processes=processes))
        if options["thin"]:
            house = prepare_house()
            added += self._tell(load_thin(options["thin"], house=house, processes=processes))
        seconds = time.monotonic() - started
        audit.seal(everything=True, checkpoint=True)
        refresh_statistics()
        rate = added / max(seconds, 0.001)
        self.stdout.write(f"{added} tickets added in {seconds:.1f} s ({rate:.0f} a second).")

    def _tell(self, counts: Iterator[int]) -> int:
        added = told = 0
        for count in counts:
            added += count
            if added // 1000 > told:
                told = added // 1000
                self.stdout.write(f"{added} tickets …")
        return added


def refresh_statistics() -> None:
    """So that the planner knows of the volume at once; only the owner of the tables may."""
    with owner_login(), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
