"""The models have the names of what they hold; their tables are not touched."""

from django.db import migrations

NAMES = {
    "Scope": "IndexedScope",
    "Entry": "IndexEntry",
    "Key": "MetadataKey",
    "Pending": "PendingName",
    "Seen": "ScannedName",
    "Run": "SyncRun",
    "Saved": "SavedSearch",
}


class Migration(migrations.Migration):
    dependencies = [
        ("lake_index", "0002_problems"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                step
                for old, new in NAMES.items()
                for step in (
                    migrations.RenameModel(old, new),
                    migrations.AlterModelTable(new.lower(), f"lake_index_{old.lower()}"),
                )
            ]
        ),
    ]
