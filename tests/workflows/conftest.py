"""A launched run, and a REANA that says what a test wants: its faults cannot be had from the real one."""

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache

from projects.workflows import archiving, copying, kept_files, polling, reana, worker
from projects.workflows.models import Keep, Run, Specification
from tests.factories import make_person, make_project
from vre_portal.services import Service

SERVER = "test-reana"
TEXT = "workflow: {type: serial, specification: {steps: []}}\noutputs: {files: [out.csv], directories: [plots]}"


@pytest.fixture
def run(db: None, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that somebody wants; the vault gives a token without asking an IAM."""
    person = make_person("lead")
    project = make_project(lead=person, scope="TEST_SP")
    specification = Specification.objects.create(project=project, name="s", title="S", text=TEXT)
    for module in (worker, polling, archiving, copying, kept_files):
        monkeypatch.setattr(module, "access_token", lambda *_, **__: "token")
        monkeypatch.setattr(module, "service", lambda kind, name=None: Service(kind, name or "x", "Test server", "http://127.0.0.1:9"))
    made = Run.objects.create(
        project=project, number=1, by=person, specification=specification, text=TEXT, key=uuid.uuid4(), server=SERVER, name=Run.new_name()
    )
    # The cache outlives the tests and primary keys come again.
    cache.delete_many(
        [
            f"follow-{person.pk}-{SERVER}",
            f"follow-next-{person.pk}-{SERVER}",
            *(f"{word}-{made.pk}" for word in ("watched-run", "failing-logs", "failing-collecting", "copy-files")),
        ]
    )
    return made


@pytest.fixture
def out_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """The run as started, with what REANA says of it: `out_there("running", logs=...)`."""

    def say(state: str, **answers: Any) -> Run:
        Run.objects.filter(pk=run.pk).update(status=Run.Status.RUNNING, remote_id="r-1", lease_until=None)
        known = {"statuses": [SimpleNamespace(id="r-1", status=state)], "logs": reana.Logs("", (), False), "list_files": [], **answers}
        for name, answer in known.items():
            monkeypatch.setattr(reana, name, lambda *_, answer=answer, **__: failing(answer) if isinstance(answer, Exception) else answer)
        polling.follow(run.by_id, SERVER)
        run.refresh_from_db()
        return run

    return say


def failing(error: Exception) -> Any:
    raise error


@pytest.fixture
def kept(run: Run) -> Keep:
    """A result on its way into the lake."""
    return Keep.objects.create(
        run=run, by=run.by, key=uuid.uuid4(), lake="escape", scope="TEST_SP", dataset="DM.X", paths=["a/out.csv"], rse="A", copy_rse="B"
    )
