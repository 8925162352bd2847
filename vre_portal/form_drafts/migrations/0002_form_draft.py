"""The model has another name; its table stays."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("kept", "0001_kept"),
    ]

    operations = [
        migrations.AlterModelTable(name="Kept", table="kept_kept"),
        migrations.RenameModel(old_name="Kept", new_name="FormDraft"),
    ]
