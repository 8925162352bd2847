"""A real server: a failed run goes on at its step in the same workspace, its whole log is read, and its files are deleted, in both dialects."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from projects.workflows import looks, new_runs, polling, reana, worker
from projects.workflows.deletion import worker as deletion
from projects.workflows.models import Run, RunDeletion
from projects.workflows.readings import reading_of
from projects.workflows.restarting import services as restarting
from projects.workflows.restarting.facts import continuation_of
from projects.workflows.steps import graph
from tests.devstack.reana_server import PYTHON, Server, running, wait_until
from vre_portal.services import Service, ServiceKind

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed")]
LINES = 200_000
TEXT = f"""
workflow:
  type: serial
  specification:
    steps:
      - {{name: gen, environment: "python:3.13-slim", commands: [echo gen >> order.txt]}}
      - {{name: fit, environment: "python:3.13-slim", commands: ["seq {LINES}; echo fit >> order.txt; sed -n 3p order.txt | grep fit"]}}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("restarts"), REANA_LIVE_LOGS="no") as server:  # whole logs: live ones have 5000 lines
        yield server


@pytest.fixture(params=["bearer", "query"])
def there(request: pytest.FixtureRequest, run: Run, stack: Server, monkeypatch: pytest.MonkeyPatch) -> tuple[Service, str]:
    url, token = (stack.query_url, stack.token()) if request.param == "query" else (stack.url, stack.bearer())
    server = Service(ServiceKind.REANA, run.server, "Test REANA", url, "reana", {"dialect": request.param})
    for module in (worker, polling, deletion):
        monkeypatch.setattr(module, "service", lambda *_: server)
        monkeypatch.setattr(module, "access_token", lambda *_, **__: token)
    monkeypatch.setattr(restarting, "require_launchable", lambda *_: None)
    monkeypatch.setattr(new_runs, "require_token_stored", lambda *_: None)
    return server, token


def ended(run: Run, there: tuple[Service, str]) -> Run:
    """The run as the portal has it when REANA has done with it."""
    worker.submit(run.pk)
    run.refresh_from_db()
    wait_until(lambda: reana.status(*there, run.remote_id).status in Run.ENDED, 90)
    looks.look_at(run, *there, reana.status(*there, run.remote_id).status)
    return Run.objects.select_related("project", "by").get(pk=run.pk)


def test_it_goes_on_at_the_step_and_then_all_of_it_is_deleted(run: Run, there: tuple[Service, str], monkeypatch: Any) -> None:
    Run.objects.filter(pk=run.pk).update(text=TEXT)
    failed = ended(Run.objects.select_related("project", "by").get(pk=run.pk), there)
    assert failed.status == Run.Status.FAILED
    assert failed.steps[1]["log_length"] > len(failed.steps[1]["log"]) > 60_000
    with reana.whole_log(*there, failed.remote_id, failed.steps[1]["id"]) as pieces:
        text = "".join(pieces)
    assert len(text) == failed.steps[1]["log_length"]
    assert text.splitlines()[:2] == ["1", "2"]
    reading = reading_of(failed)
    how = continuation_of(failed.by, failed, reading, graph(failed, reading))
    assert how
    assert how.step == "fit"
    again = ended(restarting.continue_run(by=failed.by, run=failed, how=how), there)
    assert again.status == Run.Status.FINISHED
    assert [job["name"] for job in again.steps] == ["fit"]
    with reana.download(*there, again.remote_id, "order.txt") as file:
        assert b"".join(file.chunks()) == b"gen\nfit\nfit\n"
    assert [item.run_number for item in reana.find_by_name(*there, failed.name)] in ([(1, 1), (1,)], [(1,), (1, 1)])
    monkeypatch.setattr(deletion, "why_not_workspace", lambda *_: "")
    monkeypatch.setattr(deletion, "authorization", SimpleNamespace(refresh_user=lambda user: user))
    job = RunDeletion.objects.create(run=again, by=again.by, of_workspace=True)
    deletion.delete(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")
    assert reana.find_by_name(*there, failed.name) == []
    assert not Run.objects.filter(workspace_deleted_at=None).exists()
