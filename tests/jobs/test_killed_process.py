"""A job that kills its worker's process is given up after a few claims and says so; those beside it are done all the same."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection

from devstack import address
from projects.workflows.models import Run
from tests.jobs.conftest import make_run
from vre_portal.jobs import alone
from vre_portal.jobs.runner import MAX_CLAIMS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@contextmanager
def process(tmp_path: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery of its own, on the tests' database and a broker that nobody else uses."""
    base = os.environ["DATABASE_URL"]  # noqa: TID251 -- the settings of a process that is started here
    url = base.replace(base.rpartition("/")[2].partition("?")[0], str(connection.settings_dict["NAME"]))
    own = {"DATABASE_URL": url, "REDIS_URL": address.redis_url(7), "VRE_LEASE_SECONDS": "1.5"}
    with (tmp_path / "log").open("ab") as log:
        command = [sys.executable, "-m", "celery", "-A", "tests.jobs.deadly", *words]
        found = subprocess.Popen(command, cwd=address.ROOT, env={**os.environ, **own}, stdout=log, stderr=log)  # noqa: TID251
        try:
            yield found
        finally:
            found.kill()
            found.wait()


def test_a_job_that_kills_its_process_is_given_up_and_its_neighbours_are_done(run: Run, tmp_path: Path) -> None:
    cache.delete(alone.KEY)
    Run.objects.update(parameters={"deadly": True})
    neighbours = [make_run(run.specification, number=number, by=run.by) for number in range(2, 8)]
    waiting, deaths, end = {run.pk, *(item.pk for item in neighbours)}, 0, time.monotonic() + 240
    with process(tmp_path, "beat", "--schedule", str(tmp_path / "schedule"), "--pidfile="):
        while waiting and time.monotonic() < end:
            with process(tmp_path, "worker", "--pool", "threads", "--concurrency", "4", "--without-gossip", "--without-mingle") as worker:
                while waiting and worker.poll() is None and time.monotonic() < end:
                    time.sleep(0.2)
                    waiting = set(Run.objects.unsubmitted().values_list("pk", flat=True))
                deaths += worker.poll() == -signal.SIGKILL
    log = (tmp_path / "log").read_text()[-3000:]
    run.refresh_from_db()
    assert (waiting, run.status) == (set(), "failed"), log
    assert f"interrupted {MAX_CLAIMS} times" in run.error
    assert deaths == MAX_CLAIMS
    assert set(Run.objects.exclude(pk=run.pk).values_list("status", "claims")) == {("pending", 0)}
