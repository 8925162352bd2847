from django.db import migrations
from django.db.models import Q
from django.utils import timezone

BATCH = 1000


def name_origins(apps, schema_editor):
    """The scopes of the inputs of each run that stands; which files they held is no longer known."""
    Run, RunOrigin = apps.get_model("workflows", "Run"), apps.get_model("workflows", "RunOrigin")
    rows = []
    for pk, inputs in Run.objects.exclude(inputs={}).values_list("pk", "inputs").iterator(chunk_size=BATCH):
        sources = [source for source in inputs.values() if isinstance(source, dict)]
        pairs = {(str(source.get("lake", ""))[:60], str(source.get("did", "")).partition(":")[0][:300]) for source in sources}
        rows += [RunOrigin(run_id=pk, lake=lake, scope=scope) for lake, scope in sorted(pairs)]
    RunOrigin.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


def remember_what_was_public(apps, schema_editor):
    """Everybody could read the runs of projects that are public now: their leads decide what becomes of them."""
    Project, Run = apps.get_model("projects", "Project"), apps.get_model("workflows", "Run")
    public = Project.objects.filter(Q(visibility="public") | Q(embargo_until__lte=timezone.now()))
    Run.objects.filter(project__in=public).update(was_public=True)


class Migration(migrations.Migration):
    dependencies = [("workflows", "0007_audience"), ("projects", "0002_embargo")]

    operations = [
        migrations.RunPython(name_origins, migrations.RunPython.noop),
        migrations.RunPython(remember_what_was_public, migrations.RunPython.noop),
    ]
