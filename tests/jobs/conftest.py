"""One job of each kind, as somebody wants it, in nobody's hands."""

import uuid

import pytest

from projects.workflows.models import Keep, Run, Specification
from tests.factories import make_person, make_project

TEXT = "workflow: {type: serial, specification: {steps: []}}"


@pytest.fixture
def run(db: None) -> Run:
    """A run that is queued."""
    person = make_person("lead")
    project = make_project(lead=person, scope="TEST_SP")
    specification = Specification.objects.create(project=project, name="s", title="S", text=TEXT)
    return make_run(specification, number=1, by=person)


def make_run(specification: Specification, **facts: object) -> Run:
    known = {"project": specification.project, "specification": specification, "text": TEXT, "key": uuid.uuid4(), "server": "nowhere"}
    return Run.objects.create(**{**known, "name": Run.new_name(), **facts})


@pytest.fixture
def keep(run: Run) -> Keep:
    """A result that is to be kept."""
    facts = {"lake": "escape", "scope": "TEST_SP", "dataset": "DM.X", "paths": ["out.csv"], "rse": "A", "copy_rse": "B"}
    return Keep.objects.create(run=run, by=run.by, key=uuid.uuid4(), **facts)
