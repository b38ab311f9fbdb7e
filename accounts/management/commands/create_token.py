from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.actions import create_token
from accounts.models import User
from core import events


class Command(BaseCommand):
    help = "Make an API token for a user and print it alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--label", default="command line")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        if user is None:
            raise CommandError(f"No active user has the e-mail address {options['email']}.")
        with events.through("cli"):
            self.stdout.write(create_token(user, label=options["label"]))
