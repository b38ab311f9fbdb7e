import knowledge.columns
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0001_initial'),
    ]

    operations = [
        # Where it is missing somebody who may must add it; `up` says so before it comes to this.
        migrations.RunSQL('CREATE EXTENSION IF NOT EXISTS vector', migrations.RunSQL.noop),
        migrations.AddField(
            model_name='passage',
            name='encoder',
            field=models.CharField(blank=True, default='', max_length=80),
        ),
        migrations.AddField(
            model_name='passage',
            name='vector',
            field=knowledge.columns.HalfVectorField(dimensions=384, null=True),
        ),
        migrations.AddField(
            model_name='passage',
            name='words',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name='passage',
            index=knowledge.columns.HnswIndex(fields=['vector'], name='passage_meaning', opclasses=['halfvec_cosine_ops']),
        ),
        # How common a word is decides what a search begins with.
        migrations.RunSQL(
            'ALTER TABLE knowledge_passage ALTER COLUMN tsv SET STATISTICS 400',
            'ALTER TABLE knowledge_passage ALTER COLUMN tsv SET STATISTICS -1',
        ),
    ]
