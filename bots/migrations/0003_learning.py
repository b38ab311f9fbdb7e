import core.clock
import core.fields
import core.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bots', '0002_dialogue'),
        ('connectors', '0006_chat_inboxes'),
        ('knowledge', '0003_test_questions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Gap',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('open', 'Open'), ('drafted', 'Article in writing'), ('closed', 'Answered'), ('dismissed', 'Dismissed')], default='open', max_length=10)),
                ('language', models.CharField(max_length=10)),
                ('title', core.fields.EncryptedTextField()),
                ('centre', core.fields.EncryptedBytesField()),
                ('encoder', models.CharField(max_length=80)),
                ('size', models.PositiveIntegerField(default=0)),
                ('first_at', models.DateTimeField(default=core.clock.now)),
                ('last_at', models.DateTimeField(default=core.clock.now)),
                ('draft_title', core.fields.EncryptedTextField(default='')),
                ('draft_body', core.fields.EncryptedTextField(default='')),
                ('drafted_from', models.JSONField(default=list)),
                ('drafted_at', models.DateTimeField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('article', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='knowledge.article')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-size', '-last_at', 'id'],
                'indexes': [models.Index(fields=['state', '-size'], name='gap_open_first')],
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('bot', 'asked the bot'), ('search', 'looked for in the help centre'), ('article', 'an article that did not help')], max_length=10)),
                ('text', core.fields.EncryptedTextField()),
                ('vector', core.fields.EncryptedBytesField(null=True)),
                ('encoder', models.CharField(default='', max_length=80)),
                ('language', models.CharField(max_length=10)),
                ('intent', models.CharField(default='', max_length=60)),
                ('reason', models.CharField(default='', max_length=40)),
                ('asked_in', models.UUIDField(null=True)),
                ('at', models.DateTimeField(default=core.clock.now)),
                ('article', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.article')),
                ('brand', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='connectors.brand')),
                ('gap', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='questions', to='bots.gap')),
            ],
            options={
                'ordering': ['-at'],
                'indexes': [models.Index(fields=['-at'], name='question_newest'), models.Index(condition=models.Q(('gap', None)), fields=['at'], name='question_without_gap')],
            },
        ),
    ]
