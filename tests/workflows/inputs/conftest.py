"""A project with a workflow that reads a file and a folder, and files that may be read."""

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from datalake.index.models import IndexedScope, IndexEntry
from projects.models import Membership, Project, Resource, Role
from projects.workflows.models import Run, RunFile, RunOrigin, Specification
from tests.factories import make_project
from vre_portal.iam.models import User

SCOPE = "KM3NET_ECAP_SP"
STEPS = {"type": "serial", "specification": {"steps": [{"name": "s", "environment": "e", "commands": ["echo ${years}"]}]}}
TEXT = json.dumps({"inputs": {"files": ["a.fits"], "directories": ["events"], "parameters": {"years": 3}}, "workflow": STEPS})
BODY = b"energy,flux\n1,2\n"


@pytest.fixture
def project(people: dict[str, User], settings: Any, tmp_path: Any) -> Project:
    settings.MEDIA_ROOT = tmp_path
    made = make_project(lead=people["lead"])
    Membership.objects.create(project=made, user=people["member"], role=Role.MEMBER)
    return made


@pytest.fixture
def specification(project: Project) -> Specification:
    data = {"a.fits": {"lake": "escape", "did": f"{SCOPE}:aeff.fits"}, "events": {"lake": "escape", "did": ""}}
    return Specification.objects.create(project=project, name="s", title="Fit", text=TEXT, data=data)


@pytest.fixture
def lake(specification: Specification) -> IndexedScope:
    """What the index has: a file and a dataset, which the project lists, and one in a closed scope."""
    scope = IndexedScope.objects.create(lake="escape", name=SCOPE)
    closed = IndexedScope.objects.create(lake="escape", name="KM3NET_EMBARGO_SP")
    now = timezone.now()
    IndexEntry.objects.create(scope=scope, name="aeff.fits", type="FILE", bytes=5000, created=now)
    IndexEntry.objects.create(scope=scope, name="DM.night.events", type="DATASET", bytes=9_000_000, length=12, created=now)
    IndexEntry.objects.create(scope=closed, name="secret.fits", type="FILE", bytes=1, created=now)
    for did in (f"{SCOPE}:aeff.fits", f"{SCOPE}:DM.night.events", f"{SCOPE}:gone.fits", "KM3NET_EMBARGO_SP:secret.fits"):
        Resource.objects.create(project=specification.project, kind=Resource.Kind.DID, service="escape", identifier=did, title=f"T {did}")
    return scope


@pytest.fixture
def finished(specification: Specification, people: dict[str, User]) -> Run:
    """A finished run of the lead with one output that is here."""
    return make_finished(specification, people["lead"])


def make_finished(specification: Specification, by: User, *scopes: str, number: int = 1) -> Run:
    now = timezone.now()
    run = Run.objects.create(
        project=specification.project, number=number, by=by, specification=specification, text=specification.text, key=uuid.uuid4(),
        server="reana", name=Run.new_name(), status=Run.Status.FINISHED, finished_at=now, listed_at=now, collected_at=now,
    )  # fmt: skip
    RunOrigin.objects.bulk_create([RunOrigin(run=run, lake="escape", scope=scope) for scope in scopes])
    row = RunFile(run=run, path="results/flux.csv", size=len(BODY), state=RunFile.State.COPIED, sha256=hashlib.sha256(BODY).hexdigest())
    row.file.save("flux.csv", ContentFile(BODY), save=False)
    row.save()
    return run


@pytest.fixture
def lead(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("lead")


@pytest.fixture
def no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked of a service."""
    monkeypatch.setattr("projects.workflows.services.require_token", lambda *_args, **_options: None)
    monkeypatch.setattr("urllib3.util.connection.create_connection", lambda *_args, **_options: pytest.fail("a service was asked"))
