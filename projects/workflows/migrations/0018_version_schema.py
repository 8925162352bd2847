from django.db import migrations, models
from django.db.models import OuterRef, Subquery

WORDS = "The JSON schema beside the reana.yaml, with hints of its author"


def copy_to_current_versions(apps, schema_editor):
    """The schema that a workflow holds is that of its current version."""
    Specification, Version = apps.get_model("workflows", "Specification"), apps.get_model("workflows", "SpecificationVersion")
    holding = Specification.objects.filter(current=OuterRef("pk")).exclude(parameter_schema="")
    Version.objects.filter(pk__in=Specification.objects.exclude(parameter_schema="").values("current")).update(
        parameter_schema=Subquery(holding.values("parameter_schema")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("workflows", "0017_first_versions")]

    operations = [
        migrations.AddField("entry", "parameter_schema", models.TextField(blank=True, default="", help_text=WORDS)),
        migrations.AddField("specificationversion", "parameter_schema", models.TextField(blank=True, default="", help_text=WORDS)),
        migrations.RunPython(copy_to_current_versions, migrations.RunPython.noop),
    ]
