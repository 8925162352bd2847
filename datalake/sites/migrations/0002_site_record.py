"""The model is called SiteRecord; its table is not touched."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("lake_sites", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("Entry", "SiteRecord"),
                migrations.AlterModelTable("siterecord", "lake_sites_entry"),
            ]
        ),
    ]
