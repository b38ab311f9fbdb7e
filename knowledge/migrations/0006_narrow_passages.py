import django.contrib.postgres.indexes
from django.db import migrations

_LONG = ('text', 'tsv', 'vector', 'title_vector')
# A search by words looks at thousands of rows and of each at its keys alone. With what is long kept
# beside the table fifty of them share a page instead of six. Rewritten so that it holds for all.
_NARROW = [
    'ALTER TABLE knowledge_passage SET (toast_tuple_target = 128)',
    *(f'ALTER TABLE knowledge_passage ALTER COLUMN {name} SET STORAGE EXTERNAL' for name in _LONG),
    'CLUSTER knowledge_passage USING knowledge_passage_pkey',
    'ALTER TABLE knowledge_passage SET WITHOUT CLUSTER',
]
_WIDE = [
    'ALTER TABLE knowledge_passage RESET (toast_tuple_target)',
    *(f'ALTER TABLE knowledge_passage ALTER COLUMN {name} SET STORAGE {kind}' for name, kind in (
        ('text', 'EXTENDED'), ('tsv', 'EXTENDED'), ('vector', 'EXTERNAL'), ('title_vector', 'EXTERNAL'),
    )),
]


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0005_title_vectors'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='passage',
            name='passage_search',
        ),
        migrations.RunSQL(_NARROW, _WIDE),
        # Without a list of what is not yet sorted in, which each word of each search would read.
        migrations.AddIndex(
            model_name='passage',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['tsv'], name='passage_search'),
        ),
    ]
