"""What steps asked for, against what they used: a finished run that used little of it says so, with the figures."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.workflows.models import Run
from projects.workflows.resources import StepResources, hints_of

TEXT = """
workflow:
  type: serial
  specification:
    steps:
      - {name: fit, environment: python, kubernetes_memory_limit: 4Gi, kubernetes_job_timeout: 7200, commands: [fit]}
      - {name: plot, environment: python, commands: [plot]}
"""
LOG = "fitting\n\tMaximum resident set size (kbytes): {}\n\tExit status: 0\n"


def step(**facts: Any) -> StepResources:
    return StepResources(
        **{"number": 1, "name": "fit", "memory": "", "cpu": "", "backend": "", "limit": None, "longest": None, "jobs": 1, **facts}
    )


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"limit": 7200, "longest": 240.0}, ["fit: asked for 2 h 00 min, took 4 min 00 s (3 %)."]),
        ({"limit": 7200, "longest": 2159.0}, ["fit: asked for 2 h 00 min, took 35 min 59 s (29 %)."]),
        ({"limit": 7200, "longest": 2160.0}, []),
        ({"limit": 60, "longest": 1.0}, []),
        ({"limit": 7200}, []),
        ({"limit": 7200, "longest": 0.7}, ["fit: asked for 2 h 00 min, took 1 s (< 1 %)."]),
        ({"memory": "4Gi", "peak": 512 * 2**20}, ["fit: asked for 4Gi of memory, used 537 MB (12 %)."]),
        ({"memory": "4Gi", "peak": 2 * 2**30}, []),
        ({"memory": "4Gi"}, []),
        ({"memory": "lots", "peak": 1}, []),
        ({"memory": "0", "peak": 1}, []),
    ],
)
def test_only_what_is_far_from_what_was_asked_for_is_told(facts: dict[str, Any], words: list[str]) -> None:
    assert hints_of([step(**facts)]) == words


@pytest.mark.parametrize(("status", "is_told"), [("finished", True), ("failed", False), ("running", False)])
def test_the_page_of_a_finished_run_says_it(run: Run, signed_in: Callable[[str], Client], status: str, is_told: bool) -> None:
    now = timezone.now()
    job = {
        "number": 1,
        "name": "fit",
        "state": "finished",
        "command": "fit",
        "log": LOG.format(400_000),
        "started_seconds": 0,
        "finished_seconds": 90,
    }
    Run.objects.filter(pk=run.pk).update(
        text=TEXT, status=status, steps=[job], remote_id="r", started_at=now, finished_at=now, listed_at=now, collected_at=now
    )
    page = " ".join(unescape(re.sub(r"<[^>]+>", " ", signed_in("lead").get(run.get_absolute_url()).content.decode())).split())
    assert ("Ask for less, and the next run may wait less." in page) is is_told
    assert ("fit: asked for 2 h 00 min, took 1 min 30 s (1 %)." in page) is is_told
    assert ("fit: asked for 4Gi of memory, used 410 MB (9 %)." in page) is is_told
