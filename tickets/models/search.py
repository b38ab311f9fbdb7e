from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from tickets.models.message import Message
from tickets.models.ticket import Ticket


class MessageIndex(models.Model):
    """Keyed hashes of a message's words for search: body, then subject and names.

    Derived: rebuilt by `manage.py rebuild_search`, left out of back-ups.
    """

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    tsv = SearchVectorField()

    privacy = {"content": "tsv", "behaviour": "at", "not_personal": "message ticket"}

    class Meta:
        indexes = [
            GinIndex(fields=["tsv"], name="message_search"),
            # Newest first, for frequent words.
            models.Index(fields=["-at"], name="message_search_newest"),
        ]
