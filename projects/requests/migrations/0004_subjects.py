"""Requests to join get the values and the subject that new ones have."""

from django.db import migrations


def fill(apps, _editor):
    """One by one, so that a table of any length is in memory a part at a time."""
    rows = apps.get_model("requests", "Request").objects.filter(kind="join")
    for row in rows.iterator(chunk_size=1000):
        row.values = {"role": row.asked_role} if row.asked_role else {}
        row.subject = f"project:{row.project_id}" if row.project_id else ""
        row.save(update_fields=["values", "subject"])


class Migration(migrations.Migration):
    dependencies = [("requests", "0003_kinds")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
