"""Runs of an earlier version: what their list of files names and nobody copied is listed as a file, too."""

from importlib import import_module

from django.apps import apps
from django.utils import timezone

from projects.workflows.models import Run, RunFile


def test_old_lists_become_rows(run: Run) -> None:
    listed = [{"name": "out.csv", "size": 3}, {"name": "big", "size": 2**70}, {"name": "plots/new\nline", "size": 8}, "odd", {"size": 1}]
    Run.objects.update(files=listed, collected_at=timezone.now())
    RunFile.objects.create(run=run, path="out.csv", size=3, sha256="0" * 64, file="x")
    import_module("projects.workflows.migrations.0006_workspace_files").list_what_was_not_copied(apps, None)
    assert {file.path: (file.state, file.size) for file in run.outputs.all()} == {
        "out.csv": ("copied", 3),
        "big": ("left", None),
        "plots/new\nline": ("left", 8),
    }
    run.refresh_from_db()
    assert (run.files_total, run.listed_at) == (3, run.collected_at)
