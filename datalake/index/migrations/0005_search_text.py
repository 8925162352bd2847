"""Search without regard to case and accents, in names, titles and metadata; and what each scope holds by type, format and experiment.

Writes the table of entries once; scopes are counted again in the next run of the index.
"""

from django.db import migrations, models

from datalake.index.models import folding


class Migration(migrations.Migration):

    dependencies = [
        ('lake_index', '0004_words'),
    ]

    operations = [
        migrations.RunSQL(folding.functions(), folding.DROPPED),
        migrations.AddField(
            model_name='indexedscope',
            name='summary',
            field=models.JSONField(default=dict, help_text='Numbers, sizes and ages by type, format and experiment'),
        ),
        migrations.AddField(
            model_name='indexentry',
            name='search_text',
            field=folding.StoredText(db_persist=True, expression=folding.SearchText(), output_field=models.TextField(db_collation='C')),
        ),
        migrations.RunSQL("update lake_index_scope set counted_at = null", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='indexentry',
            index=models.Index(folding.Folded('name'), models.F('scope'), name='lake_by_folded_name'),
        ),
    ]
