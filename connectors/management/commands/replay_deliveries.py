from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from connectors.actions import replay
from connectors.models import RawDelivery


class Command(BaseCommand):
    help = (
        "Read kept payloads again: those that failed or wait, and with --quarantined those set "
        "aside. What was applied stays as it is. The workers do the reading."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", metavar="ID")
        parser.add_argument("--quarantined", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        states = [RawDelivery.State.FAILED, RawDelivery.State.RECEIVED]
        if options["quarantined"]:
            states.append(RawDelivery.State.QUARANTINED)
        found = RawDelivery.objects.all()
        if options["ids"]:
            found = found.filter(pk__in=options["ids"])
        else:
            found = found.filter(state__in=states)
        count = 0
        for delivery in found.exclude(state=RawDelivery.State.APPLIED).order_by("received_at"):
            replay(delivery)
            count += 1
        self.stdout.write(f"{count} deliveries handed over to be read again.")
