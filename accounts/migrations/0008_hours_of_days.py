from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_bots'),
    ]

    operations = [
        migrations.AddField(
            model_name='holiday',
            name='hours',
            field=models.JSONField(blank=True, default=list, verbose_name='working hours'),
        ),
    ]
