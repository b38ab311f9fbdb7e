import core.clock
import core.fields
import core.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('connectors', '0006_chat_inboxes'),
        ('customers', '0003_day_in_browser'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EntityType',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                ('names', models.JSONField(default=dict, verbose_name='names')),
                ('kind', models.CharField(choices=[('pattern', 'A pattern'), ('list', 'A list of names')], default='list', max_length=8, verbose_name='kind')),
                ('pattern', models.CharField(blank=True, max_length=300, verbose_name='pattern')),
                ('form', models.CharField(blank=True, help_text='{0} is what was found, {1} its first group. Empty: as it was found.', max_length=60, verbose_name='how it is written')),
                ('entries', models.JSONField(default=list, verbose_name='names on the list')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
            ],
            options={
                'verbose_name': 'kind of entity',
                'ordering': ['slug'],
            },
        ),
        migrations.CreateModel(
            name='Intent',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                ('names', models.JSONField(default=dict, verbose_name='names')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(default=core.clock.now, editable=False)),
                ('brand', models.ForeignKey(blank=True, help_text='None: every brand.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='connectors.brand', verbose_name='brand')),
            ],
            options={
                'verbose_name': 'intent',
                'ordering': ['slug'],
                'permissions': [('teach_intent', 'Can teach bots')],
            },
        ),
        migrations.CreateModel(
            name='IntentExample',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('text', core.fields.EncryptedTextField(max_length=500, verbose_name='sentence')),
                ('fingerprint', models.BinaryField()),
                ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                ('source', models.CharField(choices=[('written', 'Written'), ('conversation', 'From a conversation'), ('imported', 'Imported')], default='written', max_length=12)),
                ('is_reviewed', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=core.clock.now, editable=False)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
                ('intent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='examples', to='bots.intent')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='UnderstandingModel',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(unique=True)),
                ('state', models.CharField(choices=[('asked', 'Waiting'), ('training', 'Training'), ('ready', 'Ready'), ('failed', 'Failed')], default='asked', max_length=8)),
                ('is_live', models.BooleanField(default=False)),
                ('encoders', models.JSONField(default=dict)),
                ('artefact', core.fields.EncryptedBytesField(null=True)),
                ('report', models.JSONField(default=dict)),
                ('problem', models.CharField(blank=True, max_length=200)),
                ('asked_at', models.DateTimeField(default=core.clock.now, editable=False)),
                ('trained_at', models.DateTimeField(blank=True, null=True)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.AddConstraint(
            model_name='intentexample',
            constraint=models.UniqueConstraint(fields=('fingerprint',), name='no_sentence_means_two_things'),
        ),
        migrations.AddConstraint(
            model_name='understandingmodel',
            constraint=models.UniqueConstraint(condition=models.Q(('is_live', True)), fields=('is_live',), name='one_live_understanding'),
        ),
        migrations.AddConstraint(
            model_name='understandingmodel',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'training'])), fields=('state',), name='one_training_of_each_state'),
        ),
    ]
