"""Write down the parameters of the runs that there are, so that lists can compare them, too."""

from typing import Any

from django.db import migrations

from projects.workflows.models.label import MAX_NAME, MAX_TEXT, MAX_VALUES, number_of, shown
from vre_portal.text import storable

BATCH = 200


def write_values(apps: Any, schema_editor: Any) -> None:
    """A row for each parameter with a single value."""
    run_model, value_model = apps.get_model("workflows", "Run"), apps.get_model("workflows", "RunValue")
    for run in run_model.objects.only("pk", "parameters").order_by("pk").iterator(chunk_size=BATCH):
        found = run.parameters.items() if isinstance(run.parameters, dict) else ()
        single = [(name, value) for name, value in found if isinstance(value, str | int | float | bool)]
        rows = {
            storable(name)[:MAX_NAME]: value_model(
                run=run, kind="parameter", name=storable(name)[:MAX_NAME], number=number_of(value), text=storable(shown(value))[:MAX_TEXT]
            )
            for name, value in single[:MAX_VALUES]
        }
        value_model.objects.bulk_create(rows.values(), ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = (("workflows", "0011_run_labels"),)
    operations = (migrations.RunPython(write_values, migrations.RunPython.noop),)
