from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('livechat', '0002_transcript'),
    ]

    operations = [
        migrations.AlterField(
            model_name='chat',
            name='state',
            field=models.CharField(choices=[('bot', 'with the bot'), ('queued', 'waiting'), ('offered', 'offered'), ('active', 'in conversation'), ('ended', 'ended')], default='queued', max_length=8),
        ),
    ]
