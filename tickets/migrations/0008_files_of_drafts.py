import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """Which of the loose uploads belong to which draft."""

    dependencies = [("tickets", "0007_orders_of_lists")]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="files",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), default=list, size=None
            ),
        ),
    ]
