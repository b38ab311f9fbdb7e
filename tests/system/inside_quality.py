"""A conversation that went badly last week."""

from datetime import timedelta

from accounts.models import User
from connectors.models import Inbox
from core import clock, events
from tickets.actions import move_to_status, open_ticket, reply


def resolve_rudely(subject: str) -> str:
    """Last week Alice told a customer off; the ticket's id. What follows of it happens now."""
    alice = User.objects.get(email="alice@demo.test")
    with events.through("cli"), clock.at(clock.now() - timedelta(days=7)):
        ticket = open_ticket(
            Inbox.objects.get(address="rush@demo.test"),
            actor=User.objects.get(email="supervisor@demo.test"),
            customer_email="dora@quality.example",
            customer_name="Dora Whitlock",
            subject=subject,
            body="Where is my refund? I have been waiting for three weeks.",
        )
        reply(ticket, actor=alice, body="That is not my problem.")
        move_to_status(ticket, actor=alice, status="resolved")
    return str(ticket.pk)
