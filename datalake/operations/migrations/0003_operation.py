"""The model is called Operation; its table is not touched."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("lake_acts", "0002_jobs"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("Act", "Operation"),
                migrations.AlterModelTable("operation", "lake_acts_act"),
            ]
        ),
    ]
