from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_view_as")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="away_hands_over",
            field=models.BooleanField(default=False, verbose_name="hand over my open tickets"),
        ),
    ]
