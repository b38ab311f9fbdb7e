from typing import Any

from django.core.management.base import BaseCommand

from connectors.mail.imap import BROKEN, audit_inbox
from connectors.mail.imap_protocol import explain
from connectors.models import Inbox
from connectors.queries import has_mailbox


class Command(BaseCommand):
    help = "Compare every mailbox with what is stored, and fetch what was passed over."

    def handle(self, *args: Any, **options: Any) -> None:
        for inbox in Inbox.objects.filter(kind=Inbox.Kind.MAIL, is_active=True):
            if not has_mailbox(inbox):
                continue
            try:
                found = audit_inbox(inbox)
            except BROKEN as error:
                self.stderr.write(f"{inbox.name}: {explain(error)}")
            else:
                self.stdout.write(f"{inbox.name}: {found} mails had been passed over.")
