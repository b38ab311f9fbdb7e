import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from helpdesk.demo import loader


class Command(BaseCommand):
    help = "Load the demonstration shop once: people, customers, ninety days of tickets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--password", default=os.environ.get("DEMO_PASSWORD", ""))

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.filter(email="admin@demo.test").exists():
            return
        if not options["password"]:
            raise CommandError("Give a password for the demonstration's people: --password.")
        count = loader.load(options["password"])
        self.stdout.write(f"{count} demonstration tickets loaded.")
