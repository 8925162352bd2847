"""The tasks that work for a server wait for a place there, each for the server of its own row."""

from typing import Any

import pytest
from django.utils import timezone

from projects.workflows import archiving, copying, polling, tasks, worker
from projects.workflows.deletion import worker as deletion
from projects.workflows.inputs import worker as input_worker
from projects.workflows.models import FetchSecret, Keep, RunDeletion, WholeLog
from projects.workflows.whole_logs import worker as whole_logs
from tests.workflows.conftest import SERVER
from vre_portal.jobs import places

WORK = (
    (worker, "submit"), (worker, "stop"), (polling, "follow"), (polling, "follow_run"), (copying, "copy_files"), (archiving, "proceed"),
    (deletion, "delete"), (input_worker, "look_after"), (whole_logs, "fetch_log"),
)  # fmt: skip


@pytest.fixture
def messages(kept: Keep) -> list[tuple[Any, tuple[Any, ...], str]]:
    """Each task with arguments for a row, and its server."""
    run, reana = kept.run, f"reana/{SERVER}"
    rows = {
        tasks.delete_run: RunDeletion.objects.create(run=run, by=run.by, of_run=True),
        tasks.look_after_secret: FetchSecret.objects.create(run=run),
        tasks.fetch_log: WholeLog.objects.create(run=run, number=1, expires_at=timezone.now()),
    }
    of_run = ((task, (run.pk,), reana) for task in (tasks.submit, tasks.stop, tasks.list_files, tasks.copy_files))
    others = ((task, (row.pk,), reana) for task, row in rows.items())
    return [*of_run, *others, (tasks.follow, (run.by_id, SERVER), reana), (tasks.keep, (kept.pk,), "rucio/escape")]


def test_no_task_works_for_a_server_without_a_place(messages: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[Any, ...]] = []
    for module, name in WORK:
        monkeypatch.setattr(module, name, lambda *args: done.append(args))
    monkeypatch.setitem(places._worker, "threads", 8)
    places._servers.clear()
    for task, args, _server in messages:
        task(*args)
    assert done == [args for _task, args, _server in messages]
    for name in ("reana/test-reana", "rucio/escape"):
        places._servers[name].at_work = places.limit()
    for task, args, _server in messages:
        task(*args)
    assert len(done) == len(messages)
    aside = {(name, args, server) for server, there in places._servers.items() for name, args in there.aside}
    assert aside == {(task.name, args, server) for task, args, server in messages}
    places._servers.clear()
