import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from connectors.models import RawDelivery


class Command(BaseCommand):
    help = "List everything that arrived, and what became of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON array")
        parser.add_argument("--state", choices=RawDelivery.State.values)

    def handle(self, *args: Any, **options: Any) -> None:
        found = RawDelivery.objects.select_related("inbox").order_by("received_at", "pk")
        if options["state"]:
            found = found.filter(state=options["state"])
        rows = [
            {
                "id": str(delivery.pk),
                "inbox": delivery.inbox.address or delivery.inbox.name,
                "source": delivery.source,
                "state": delivery.state,
                "reason": delivery.reason,
                "ticket": str(delivery.ticket_id) if delivery.ticket_id else None,
                "message": str(delivery.message_id) if delivery.message_id else None,
                "received_at": delivery.received_at.isoformat(),
                "size": delivery.size,
            }
            for delivery in found.iterator()
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=1, ensure_ascii=False))
            return
        for row in rows:
            line = f"{row['received_at']}  {row['state']:<12} {row['id']}  {row['reason']}"
            self.stdout.write(line)
        self.stdout.write(f"{len(rows)} deliveries.")
