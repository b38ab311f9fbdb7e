import core.clock
import core.fields
import core.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What readers were shown stays as it was: not even a mistake of ours alters it.
KEEP = """
CREATE FUNCTION knowledge_keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.publish_at IS NOT NULL AND OLD.state IN ('published', 'retired') AND (
    NEW.title, NEW.body, NEW.html, NEW.language, NEW.number, NEW.article_id, NEW.publish_at
  ) IS DISTINCT FROM (
    OLD.title, OLD.body, OLD.html, OLD.language, OLD.number, OLD.article_id, OLD.publish_at
  ) THEN
    RAISE EXCEPTION 'A published version is never altered.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_published BEFORE UPDATE ON knowledge_articleversion
  FOR EACH ROW EXECUTE FUNCTION knowledge_keep_published();
"""
LET_GO = """
DROP TRIGGER keep_published ON knowledge_articleversion;
DROP FUNCTION knowledge_keep_published();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0002_hybrid_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='knowledgesettings',
            name='test_gate',
            field=models.CharField(choices=[('warn', 'publish and warn'), ('refuse', 'do not publish')], default='warn', max_length=6, verbose_name='when a test question fails'),
        ),
        migrations.CreateModel(
            name='TestQuestion',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('language', models.CharField(choices=[('en', 'English'), ('zh-hans', '简体中文'), ('zh-hant', '繁體中文')], max_length=10, verbose_name='language')),
                ('text', core.fields.EncryptedTextField()),
                ('is_learned', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=core.clock.now)),
                ('place', models.PositiveSmallIntegerField(null=True)),
                ('asked_at', models.DateTimeField(null=True)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tests', to='knowledge.article')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.RunSQL(KEEP, LET_GO),
    ]
