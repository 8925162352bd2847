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

LONG, SHORT = f"reana/long/{SERVER}", f"reana/short/{SERVER}"
WORK = (
    (worker, "submit"), (worker, "stop"), (polling, "follow"), (polling, "follow_run"), (copying, "copy_files"), (archiving, "proceed"),
    (deletion, "delete"), (input_worker, "look_after"), (whole_logs, "fetch_log"),
)  # fmt: skip


@pytest.fixture
def messages(kept: Keep) -> list[tuple[Any, tuple[Any, ...], str]]:
    """Each task with arguments for a row, and its server."""
    run = kept.run
    short = {tasks.stop, tasks.list_files, tasks.look_after_secret}
    rows = {
        tasks.delete_run: RunDeletion.objects.create(run=run, by=run.by, of_run=True),
        tasks.look_after_secret: FetchSecret.objects.create(run=run),
        tasks.fetch_log: WholeLog.objects.create(run=run, number=1, expires_at=timezone.now()),
    }
    rows |= dict.fromkeys((tasks.submit, tasks.stop, tasks.list_files, tasks.copy_files), run)
    found = [(task, (row.pk,), SHORT if task in short else LONG) for task, row in rows.items()]
    return [*found, (tasks.follow, (run.by_id, SERVER), SHORT), (tasks.keep, (kept.pk,), "rucio/long/escape")]


def test_no_task_works_for_a_server_without_a_place(messages: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[Any, ...]] = []
    for module, name in WORK:
        monkeypatch.setattr(module, name, lambda *args: done.append(args))
    monkeypatch.setitem(places._worker, "threads", 8)
    places._servers.clear()
    assert (places.limit(places.LONG), places.limit(places.SHORT)) == (4, 2)
    for task, args, _server in messages:
        task(*args)
    assert done == [args for _task, args, _server in messages]
    for name, share in {LONG: places.LONG, SHORT: places.SHORT, "rucio/long/escape": places.LONG}.items():
        places._servers[name].at_work = places.limit(share)
    for task, args, _server in messages:
        task(*args)
    assert len(done) == len(messages)
    aside = {(name, args, server) for server, there in places._servers.items() for name, args in there.aside}
    assert aside == {(task.name, args, server) for task, args, server in messages}
    places._servers.clear()
