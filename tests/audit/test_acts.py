"""What people do to projects, runs and sessions is in the record, once each and with who did it."""

import uuid
from typing import Any

import pytest

from projects import services as projects
from projects.models import Project, Resource
from projects.notebooks import services as notebooks
from projects.workflows import services as workflows
from projects.workflows.models import Specification
from tests.factories import make_person, make_project
from vre_portal.audit.models import AuditEntry
from vre_portal.audit.services import verify
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db


def entries() -> list[tuple[str, str, Any]]:
    return list(AuditEntry.objects.order_by("number").values_list("action", "subject", "actor"))


@pytest.fixture
def project(db: None) -> Project:
    return make_project(slug="noted")


def test_binding_a_resource_and_removing_it_are_noted_once_each(project: Project) -> None:
    lead = make_person("lead")
    for _ in range(2):
        resource = projects.add_resource(by=lead, project=project, kind=Resource.Kind.DID, identifier="A:b", service="escape")
    projects.remove_resource(by=lead, resource=resource)
    assert entries() == [("resource.add", "project/noted", lead.handle), ("resource.remove", "project/noted", lead.handle)]
    assert AuditEntry.objects.first().facts["identifier"] == "A:b"  # type: ignore[union-attr]


def test_a_launch_a_stop_and_a_keep_are_noted(project: Project) -> None:
    member, key = make_person("member"), uuid.uuid4()
    specification = Specification.objects.create(project=project, name="analysis", title="Analysis", text="{}")
    for _ in range(2):  # the same form twice is one run
        run = workflows.launch(
            by=member, project=project, specification=specification, parameters={}, inputs={}, key=key, server="reana"
        )  # fmt: skip
    workflows.stop(by=member, run=run)
    workflows.keep(
        by=member, run=run, key=uuid.uuid4(), lake="escape", scope="A", dataset="d", paths=["x"], rse="R", copy_rse=""
    )  # fmt: skip
    assert entries() == [(action, "run/noted/1", member.handle) for action in ("run.launch", "run.stop", "run.keep")]


def test_opening_and_ending_a_notebook_are_noted(project: Project) -> None:
    member = make_person("member")
    hub = service(ServiceKind.JUPYTERHUB)
    session = notebooks.open_session(by=member, project=project, hub=hub, key=uuid.uuid4())
    notebooks.stop_session(session=session)
    assert entries() == [(action, "project/noted", member.handle) for action in ("notebook.open", "notebook.stop")]
    assert verify().broken is None
