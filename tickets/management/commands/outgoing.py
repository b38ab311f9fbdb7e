import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from tickets.models import Delivery
from tickets.queries.sending import describe_outgoing, search_outgoing


class Command(BaseCommand):
    help = "List all that left or shall leave, and what became of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON array")
        parser.add_argument(
            "--ambiguous", action="store_true", help="only what may have arrived more than once"
        )
        parser.add_argument("--failed", action="store_true", help="only what was given up")

    def handle(self, *args: Any, **options: Any) -> None:
        found = search_outgoing(
            None,
            state=Delivery.State.FAILED if options["failed"] else "",
            is_ambiguous=True if options["ambiguous"] else None,
        )
        rows = [describe_outgoing(delivery) for delivery in found.reverse().iterator(500)]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=1, default=_as_text))
            return
        for row in rows:
            note = " ambiguous" if row["ambiguous"] else ""
            line = f"{row['not_before']:%Y-%m-%d %H:%M:%S}  {row['state']:<9}{note}  {row['id']}"
            self.stdout.write(f"{line}  {row['code']} {row['problem']}".rstrip())
        self.stdout.write(f"{len(rows)} outgoing.")


def _as_text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
