import knowledge.columns
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0004_article_files'),
    ]

    operations = [
        migrations.AddField(
            model_name='passage',
            name='title_vector',
            field=knowledge.columns.HalfVectorField(dimensions=384, null=True),
        ),
    ]
