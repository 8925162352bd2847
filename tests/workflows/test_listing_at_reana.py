"""A real server, in both dialects: the files of a run while it goes on, after it failed, and after its workspace was deleted."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.utils import timezone

from projects.workflows import copying, polling, reana, viewers, worker
from projects.workflows.models import Run, RunFile
from tests.devstack.reana_server import PYTHON, Server, running, wait_until
from tests.workflows.conftest import SERVER
from vre_portal.services import Service, ServiceKind

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed")]
State = RunFile.State
# The second command waits for a file that the test puts there.
TEXT = """
workflow:
  type: serial
  specification:
    steps:
      - environment: "python:3.13-slim"
        commands: [echo one > early.txt, "while [ ! -e go ]; do sleep 0.1; done; echo more >> early.txt; echo two > late.txt; false"]
outputs:
  files: [late.txt, never.txt]
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("listing")) as server:
        yield server


@pytest.fixture(params=["bearer", "query"])
def there(
    request: pytest.FixtureRequest, run: Run, stack: Server, monkeypatch: pytest.MonkeyPatch, settings: object
) -> tuple[Service, str]:
    url, token = (stack.query_url, stack.token()) if request.param == "query" else (stack.url, stack.bearer())
    server = Service(ServiceKind.REANA, run.server, "Test REANA", url, "reana", {"dialect": request.param, "requests_per_second": 0})
    for module in (worker, polling, copying):
        monkeypatch.setattr(module, "service", lambda *_: server)
        monkeypatch.setattr(module, "access_token", lambda *_, **__: token)
    Run.objects.filter(pk=run.pk).update(text=TEXT)
    return server, token


def looked_at(run: Run, *, asked: bool = False) -> dict[str, str]:
    """The states of its files after one round, with or without somebody's request."""
    Run.objects.filter(pk=run.pk).update(list_asked_at=timezone.now() if asked else None, lease_until=None)
    cache.delete_many([f"follow-{run.by_id}-{SERVER}", f"copy-files-{run.pk}"])
    polling.follow(run.by_id, SERVER)
    copying.copy_files(run.pk)
    run.refresh_from_db()
    return dict(run.outputs.order_by("pk").values_list("path", "state"))


def text_of(run: Run, path: str) -> bytes:
    with run.outputs.get(path=path).file.open("rb") as content:
        return bytes(content.read())


def test_files_while_it_runs_and_after_it_failed(run: Run, there: tuple[Service, str]) -> None:
    worker.submit(run.pk)
    run.refresh_from_db()
    wait_until(lambda: any(file.name == "early.txt" for file in reana.list_files(*there, run.remote_id)), 60)
    assert looked_at(run) == {}  # nobody asked
    assert looked_at(run, asked=True)["early.txt"] == State.LEFT
    run.outputs.filter(path="early.txt").update(state=State.WAITING)
    assert looked_at(run)["early.txt"] == State.COPIED
    assert text_of(run, "early.txt") == b"one\n"
    reana.upload(*there, run.remote_id, "go", b"x")
    wait_until(lambda: reana.status(*there, run.remote_id).status in Run.ENDED, 60)
    states = looked_at(run)
    assert run.status == Run.Status.FAILED
    assert {path: states[path] for path in ("late.txt", "never.txt")} == {"late.txt": State.LEFT, "never.txt": State.MISSING}
    assert looked_at(run)["early.txt"] == State.COPIED
    assert text_of(run, "early.txt") == b"one\nmore\n"  # copied again, for it had changed
    run.outputs.filter(path="late.txt").update(state=State.WAITING)
    looked_at(run)
    assert text_of(run, "late.txt") == b"two\n"
    assert run.collected_at is not None


def test_a_workspace_that_was_deleted_is_said(run: Run, there: tuple[Service, str], monkeypatch: pytest.MonkeyPatch) -> None:
    Run.objects.filter(pk=run.pk).update(
        text="workflow: {type: serial, specification: {steps: [{environment: 'python:3.13-slim', commands: ['false']}]}}"
    )
    worker.submit(run.pk)
    run.refresh_from_db()
    wait_until(lambda: reana.status(*there, run.remote_id).status in Run.ENDED, 60)
    looked_at(run)
    assert run.listed_at is not None
    reana.delete(*there, run.remote_id)
    looked_at(run, asked=True)
    assert run.list_asked_at is not None  # it may be a refusal of the moment
    monkeypatch.setattr(viewers, "has_patience", lambda *_: False)
    looked_at(run, asked=True)
    assert run.status == Run.Status.FAILED
    assert run.list_asked_at is None
    assert run.files_note
