from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_chat_presence'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='kind',
            field=models.CharField(choices=[('person', 'person'), ('bot', 'bot')], default='person', editable=False, max_length=6),
        ),
    ]
