import datetime

import django.db.models.functions.comparison
from django.db import migrations, models

_UNRESOLVED = models.Q(
    ("category__in", ["new", "open", "waiting_customer", "waiting_third_party"]),
    ("spam_at", None),
)
_ASKED = [
    "inbox",
    "category",
    "id",
    "customer",
    "status",
    "priority",
    "type",
    "language",
    "created_at",
    "last_at",
    "last_message_seq",
    "waiting_since",
    "next_due_at",
    "reopen_count",
    "merged_into",
]


def _or_never(column: str) -> django.db.models.functions.comparison.Coalesce:
    never = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)
    return django.db.models.functions.comparison.Coalesce(column, models.Value(never))


class Migration(migrations.Migration):
    """By waiting time, due time and priority: what is unresolved, and all. And what views count."""

    dependencies = [("tickets", "0006_own_numbers")]

    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                _or_never("waiting_since"), "id", name="ticket_by_waiting", condition=_UNRESOLVED
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                _or_never("next_due_at"), "id", name="ticket_by_due", condition=_UNRESOLVED
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                fields=["-priority", "-last_at", "-id"],
                name="ticket_by_priority",
                condition=_UNRESOLVED,
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(_or_never("waiting_since"), "id", name="ticket_all_by_waiting"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(_or_never("next_due_at"), "id", name="ticket_all_by_due"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                fields=["-priority", "-last_at", "-id"], name="ticket_all_by_priority"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                fields=["team", "assignee"],
                include=_ASKED,
                name="ticket_saved_counts",
                condition=_UNRESOLVED,
            ),
        ),
    ]
