from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connectors", "0002_mail_door")]

    operations = [
        migrations.AlterField(
            model_name="rawdelivery",
            name="state",
            field=models.CharField(
                choices=[
                    ("received", "received"),
                    ("applied", "applied"),
                    ("quarantined", "quarantined"),
                    ("failed", "failed"),
                    ("dismissed", "dismissed"),
                ],
                default="received",
                max_length=12,
            ),
        ),
    ]
