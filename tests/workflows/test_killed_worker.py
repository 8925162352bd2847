"""A worker killed at any point of a launch loses no run and starts none twice."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from devstack import supervision
from devstack.address import REANA_URL, ROOT
from tests.devstack.iam_client import exchange, login
from tests.portal_client import ended, launch, stopped
from tests.workflows.points import POINTS

pytestmark = [pytest.mark.integration("portal", "reana", "rucio", "iam"), pytest.mark.timeout(300)]


def at_reana(name: str) -> list[dict[str, Any]]:
    """The lead's workflows of that name at REANA, deleted ones left out."""
    token = exchange(login("lead")["access_token"], audience="reana", scope="openid profile").json()["access_token"]
    query = {"type": "batch", "search": f'{{"name": ["{name}"]}}', "page": 1, "size": 50, "include_progress": "true"}
    reply = requests.get(f"{REANA_URL}/api/workflows", params=query, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    return [item for item in reply.json()["items"] if item["name"].split(".")[0] == name and item["status"] != "deleted"]


def die_at(point: str, pk: int) -> int:
    """The exit code of a worker that was killed at this point of this launch; REANA may ask for pauses on the way there."""
    command = [sys.executable, "-m", "tests.workflows.dying", str(pk), point]
    for _ in range(6):
        code = subprocess.run(command, cwd=ROOT, check=False, timeout=60, capture_output=True).returncode
        if code:
            return code
        time.sleep(3)
    return 0


def test_a_worker_killed_at_eight_points_neither_loses_nor_doubles_a_run(portal_session: Callable[[str], requests.Session]) -> None:
    lead = portal_session("lead")
    with stopped("worker"):
        runs = {point: launch(lead) for point in POINTS}
        codes = {point: die_at(point, int(run["id"])) for point, run in runs.items()}
    assert codes == dict.fromkeys(POINTS, -signal.SIGKILL)
    for point, run in runs.items():
        assert ended(lead, run["number"], 150)["status"] == "finished", point
        started = [item for item in at_reana(run["name"]) if item["status"] != "created"]
        assert len(started) == 1, (point, started)


def test_the_real_worker_killed_in_the_middle_is_replaced_and_the_run_ends(portal_session: Callable[[str], requests.Session]) -> None:
    lead = portal_session("lead")
    run = launch(lead)
    time.sleep(0.4)
    supervision.supervisor().signalProcessGroup("worker", "KILL")
    assert ended(lead, run["number"], 150)["status"] == "finished"
    assert len(at_reana(run["name"])) == 1


def test_a_worker_that_has_gone_deaf_is_replaced(portal_session: Callable[[str], requests.Session]) -> None:
    celery = str(Path(sys.executable).parent / "celery")
    order = [celery, "-A", "vre_portal", "control", "--timeout", "5", "cancel_consumer", "celery"]
    subprocess.run(order, cwd=ROOT, check=True, timeout=60, capture_output=True)
    lead = portal_session("lead")
    assert ended(lead, launch(lead)["number"], 90)["status"] == "finished"
