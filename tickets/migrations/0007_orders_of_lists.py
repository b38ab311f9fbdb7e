import datetime

import django.db.models.functions.comparison
from django.db import migrations, models

_UNRESOLVED = models.Q(
    ("category__in", ["new", "open", "waiting_customer", "waiting_third_party"]),
    ("spam_at", None),
)


def _or_never(column: str) -> django.db.models.functions.comparison.Coalesce:
    never = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)
    return django.db.models.functions.comparison.Coalesce(column, models.Value(never))


class Migration(migrations.Migration):
    """Unresolved tickets by waiting time, due time and priority."""

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
    ]
