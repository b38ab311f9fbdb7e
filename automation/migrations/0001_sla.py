import core.clock
import core.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0008_hours_of_days'),
        ('tickets', '0008_files_of_drafts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Policy',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'service level',
                'verbose_name_plural': 'service levels',
                'ordering': ['position', 'name'],
            },
        ),
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField()),
                ('conditions', models.JSONField(blank=True, default=dict)),
                ('targets', models.JSONField(default=list)),
                ('hours', models.CharField(choices=[('always', 'Around the clock'), ('calendar', 'These working hours'), ('team', 'The working hours of the ticket’s team')], default='always', max_length=10)),
                ('zone', models.CharField(choices=[('calendar', 'that of the working hours'), ('customer', 'the customer’s')], default='calendar', max_length=10)),
                ('since', models.DateTimeField(null=True)),
                ('until', models.DateTimeField(null=True)),
                ('made_at', models.DateTimeField(default=core.clock.now, editable=False)),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='policy_versions', to='accounts.calendar')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='automation.policy')),
            ],
            options={
                'ordering': ['policy', '-number'],
            },
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('metric', models.CharField(max_length=40)),
                ('cycle', models.PositiveSmallIntegerField()),
                ('target', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('running', 'running'), ('paused', 'paused'), ('met', 'kept'), ('breached', 'broken'), ('cancelled', 'called off')], max_length=10)),
                ('started_at', models.DateTimeField()),
                ('stopped_at', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('warn_at', models.DateTimeField(null=True)),
                ('elapsed', models.PositiveIntegerField(default=0)),
                ('pauses', models.JSONField(default=list)),
                ('steps', models.JSONField(default=list)),
                ('folded_at', models.DateTimeField(default=core.clock.now)),
                ('next_at', models.DateTimeField(null=True)),
                ('warned_at', models.DateTimeField(null=True)),
                ('breach_told_at', models.DateTimeField(null=True)),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='clocks', to='tickets.ticket')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='automation.policyversion')),
            ],
            options={
                'ordering': ['started_at', 'metric', 'cycle'],
            },
        ),
        migrations.AddConstraint(
            model_name='policyversion',
            constraint=models.UniqueConstraint(fields=('policy', 'number'), name='one_policy_version_per_number'),
        ),
        migrations.AddConstraint(
            model_name='policyversion',
            constraint=models.UniqueConstraint(condition=models.Q(('since__isnull', False), ('until', None)), fields=('policy',), name='one_policy_version_in_force'),
        ),
        migrations.AddConstraint(
            model_name='policyversion',
            constraint=models.UniqueConstraint(condition=models.Q(('since', None)), fields=('policy',), name='one_draft_per_policy'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='clock_due'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(fields=['version', 'metric', 'state'], name='clock_of_version'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.UniqueConstraint(fields=('ticket', 'metric', 'cycle'), name='one_clock_per_metric_and_cycle'),
        ),
    ]
