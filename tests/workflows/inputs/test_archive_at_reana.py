"""A real server: the files of a workflow come as one archive, in few calls, and the author's step finds them all, in both dialects."""

from typing import Any

import pytest

from projects.workflows import looks, polling, reana, worker
from projects.workflows.inputs import archive
from projects.workflows.models import Run
from tests.devstack.reana_server import PYTHON, running, wait_until
from vre_portal.services import Service, ServiceKind

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed")]
FILES = {f"data/sub {number % 7}/{number}.txt": f"{number}\n" for number in range(250)}
TEXT = """
inputs: {directories: [data]}
workflow:
  type: serial
  specification:
    steps: [{name: sum, environment: "python:3.13-slim", commands: ["cat data/*/*.txt | sort -n > all.txt; ls -A .vre-inputs"]}]
"""


@pytest.mark.parametrize("dialect", ["bearer", "query"])
def test_what_the_archive_brings_is_in_the_workspace_before_the_first_step(
    run: Run, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    uploaded: list[str] = []
    real = reana.upload
    monkeypatch.setattr(reana, "upload", lambda *given: uploaded.append(given[3]) or real(*given))
    with running(tmp_path) as stack:
        url, token = (stack.query_url, stack.token()) if dialect == "query" else (stack.url, stack.bearer())
        server = Service(ServiceKind.REANA, run.server, "Test", url, "reana", {"dialect": dialect, "fetches_inputs": True})
        for module in (worker, polling):
            monkeypatch.setattr(module, "service", lambda *_: server)
            monkeypatch.setattr(module, "access_token", lambda *_, **__: token)
        Run.objects.update(text=TEXT, code=FILES)
        worker.submit(run.pk)
        found = Run.objects.select_related("project", "by").get(pk=run.pk)
        assert (found.status, found.error, uploaded) == (Run.Status.PENDING, "", [archive.NAME])
        wait_until(lambda: reana.status(server, token, found.remote_id).status in Run.ENDED, 90)
        looks.look_at(found, server, token, reana.status(server, token, found.remote_id).status)
        assert (found.status, [job["name"] for job in found.steps]) == (Run.Status.FINISHED, ["vre-inputs", "sum"])
        assert found.steps[1]["log"] == ""  # the archive is gone
        with reana.download(server, token, found.remote_id, "all.txt") as file:
            assert b"".join(file.chunks()).decode().splitlines() == [str(number) for number in range(250)]
