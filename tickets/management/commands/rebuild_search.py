from typing import Any

from django.core.management.base import BaseCommand

from core.fields import warm_keys
from customers.actions import index_customer
from customers.models import Customer
from tickets.actions import reindex_ticket
from tickets.models import Ticket


class Command(BaseCommand):
    help = "Make the derived search tables anew from the encrypted source."

    def handle(self, *args: Any, **options: Any) -> None:
        for customer in Customer.objects.select_related("organisation").iterator(chunk_size=500):
            index_customer(customer)
        messages = 0
        for ticket in Ticket.objects.select_related("customer").iterator(chunk_size=500):
            warm_keys([ticket])
            messages += reindex_ticket(ticket)
        self.stdout.write(f"{messages} messages indexed.")
