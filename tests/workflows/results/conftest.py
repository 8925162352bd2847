"""A finished run that can become a result."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from projects.models import Project
from projects.workflows.models import Run, RunFile, RunValue
from projects.workflows.models.label import result_values

SignIn = Callable[[str], Client]


@pytest.fixture
def finished(run: Run, settings: Any, tmp_path: Any) -> Run:
    """A finished run of a public project with a picture and two headline numbers."""
    settings.MEDIA_ROOT = str(tmp_path)
    Project.objects.filter(pk=run.project_id).update(visibility=Project.Visibility.PUBLIC, licence="CC-BY-4.0")
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(status=Run.Status.FINISHED, started_at=now, finished_at=now, listed_at=now, collected_at=now)
    run.refresh_from_db()
    file = RunFile(run=run, path="plots/mass.png", size=4, sha256="a" * 64)
    file.file.save("x", ContentFile(b"\x89PNG"))
    RunValue.objects.bulk_create(result_values(run, [("chi2", 12.5, "12.5"), ("mass [GeV]", 91.2, "91.2 ± 0.3")]))
    return run
