"""A job that kills its worker's process is given up after a few claims and says so; those beside it are done all the same."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection

from devstack import address
from projects.workflows.models import Run
from tests.jobs.conftest import make_run
from vre_portal.jobs import alone
from vre_portal.jobs.runner import MAX_CLAIMS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def test_a_job_that_kills_its_process_is_given_up_and_its_neighbours_are_done(run: Run) -> None:
    cache.delete(alone.KEY)
    Run.objects.update(parameters={"deadly": True})
    for number in range(2, 8):
        make_run(run.specification, number=number, by=run.by)
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")  # noqa: TID251 -- another process's settings
    own = {**os.environ, "DATABASE_URL": url.geturl(), "VRE_LEASE_SECONDS": "3"}  # noqa: TID251
    command = [sys.executable, "-W", "ignore", "-m", "tests.jobs.deadly"]
    done = subprocess.run(command, cwd=address.ROOT, env=own, capture_output=True, check=False, timeout=200, text=True)
    run.refresh_from_db()
    assert (run.status, Run.objects.filter(status__in=Run.UNSUBMITTED).count()) == ("failed", 0), done.stderr[-3000:]
    assert f"interrupted {MAX_CLAIMS} times" in run.error
    assert int(done.stdout) == MAX_CLAIMS
    assert set(Run.objects.exclude(pk=run.pk).values_list("status", "claims")) == {("pending", 0)}
