from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors.actions import make_dkim_key
from connectors.mail.dkim_sign import ED25519, RSA
from connectors.models import Brand
from connectors.queries import dns_record_of


class Command(BaseCommand):
    help = "Make a key that signs the mails of a brand, and show the DNS record it needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        make = actions.add_parser("make", help="a new key; the former one signs no more")
        make.add_argument("brand", help="its name")
        make.add_argument("--domain", required=True, help="that of the senders' addresses")
        make.add_argument("--selector", required=True, help="a new name for each key, e.g. 2026a")
        make.add_argument("--kind", choices=[RSA, ED25519], default=RSA)
        show = actions.add_parser("show", help="the DNS record of the present key")
        show.add_argument("brand")

    def handle(self, *args: Any, **options: Any) -> None:
        brand = Brand.objects.filter(name=options["brand"]).first()
        if brand is None:
            names = ", ".join(Brand.objects.order_by("name").values_list("name", flat=True))
            raise CommandError(f"There is no such brand; there are: {names}.")
        if options["action"] == "make":
            brand = make_dkim_key(
                brand,
                actor=None,
                domain=options["domain"],
                selector=options["selector"],
                kind=options["kind"],
            )
        record = dns_record_of(brand)
        if record is None:
            raise CommandError("Nothing is signed for this brand.")
        self.stdout.write(f"{record[0]}. IN TXT {_quote(record[1])}")


def _quote(text: str) -> str:
    """A string of a TXT record holds at most 255 characters (RFC 1035 3.3.14)."""
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))
