"""An audience is found by a digest of its rule: a rule that names many people has no room in an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("notices", "0002_inbox"),)

    operations = (
        migrations.AddField("eventaudience", "digest", models.CharField(max_length=64, null=True)),
        migrations.RunSQL("UPDATE notices_audience SET digest = encode(sha256(convert_to(rule, 'UTF8')), 'hex')", migrations.RunSQL.noop),
        migrations.AlterField("eventaudience", "digest", models.CharField(max_length=64, unique=True)),
        migrations.AlterField("eventaudience", "rule", models.TextField()),
    )
