import django.db.models.deletion
from django.db import migrations, models

import core.clock
import core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("livechat", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Transcript",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("address", core.fields.EncryptedTextField()),
                ("created_at", models.DateTimeField(default=core.clock.now)),
                (
                    "visitor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="livechat.visitor",
                    ),
                ),
            ],
        ),
    ]
