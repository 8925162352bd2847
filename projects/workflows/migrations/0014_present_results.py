"""Runs that were kept or published before results had pages get theirs."""

from typing import Any

from django.db import migrations
from django.db.models import Q


def present(apps: Any, schema_editor: Any) -> None:
    """One result for each finished run that was kept or published."""
    run_model, result_model = apps.get_model("workflows", "Run"), apps.get_model("workflows", "Result")
    keeps = apps.get_model("workflows", "Keep").objects.exclude(status="failed")
    runs = run_model.objects.filter(Q(pk__in=keeps.values("run")) | Q(published_at__isnull=False), status="finished")
    runs = runs.select_related("specification", "project", "by").defer("code", "text", "steps", "files", "specification__code")
    for run in runs.order_by("pk").iterator(chunk_size=200):
        result_model.objects.get_or_create(
            run=run,
            defaults={
                "title": f"{run.specification.title}, run {run.number}"[:200],
                "people": [{"name": run.by.name or run.by.preferred_username, "orcid": run.by.orcid}],
                "licence": run.project.licence,
                "was_published": run.published_at is not None,
                "created_at": run.finished_at or run.created_at,
            },
        )


class Migration(migrations.Migration):
    dependencies = (("workflows", "0013_results"), ("iam", "0009_user_orcid"), ("projects", "0009_tombstone_creation_key"))
    operations = (migrations.RunPython(present, migrations.RunPython.noop),)
