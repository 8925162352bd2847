"""A REANA that does what it is asked and whose answers are lost: each run is started there once, and nothing is left over.

The counts of `benchmarks/faults.py`, which has a real server behind a proxy, in small; a server that loses answers cannot be had.
"""

import random
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from projects.workflows import reana, worker
from projects.workflows.models import Run
from tests.jobs.conftest import make_run
from vre_portal.http import RemoteRefused, RemoteUnavailable

RUNS, LOST = 12, 0.2
CALLS = ("create", "status", "find_by_name", "list_files", "upload", "start", "delete")


class Reana:
    """What is there, and which share of its answers is lost, by the names of the calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 -- the same order again
        self.names: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.started: list[str] = []
        self.lost = 0
        for call in CALLS:
            monkeypatch.setattr(reana, call, self._unreliable(getattr(self, call)))

    def _unreliable(self, call: Any) -> Any:
        def asked(_server: Any, _token: str, *words: Any, **_options: Any) -> Any:
            answer = call(*words)
            if self.rng.random() < LOST:
                self.lost += 1
                raise RemoteUnavailable("the connection was lost")
            return answer

        return asked

    def create(self, name: str, _specification: Any) -> str:
        key = f"w-{len(self.names)}"
        self.names[key], self.states[key] = name, "created"
        return key

    def status(self, key: str) -> Any:
        return SimpleNamespace(id=key, status=self.states[key], run_number=(int(key[2:]),))

    def find_by_name(self, name: str) -> list[Any]:
        return [self.status(key) for key, found in self.names.items() if found == name and self.states[key] != "deleted"]

    def list_files(self, _key: str) -> list[Any]:
        return []

    def upload(self, *_: Any) -> None:
        """Kept."""

    def start(self, key: str, _parameters: Any) -> None:
        if self.states[key] != "created":
            raise RemoteRefused("already started", status=403)
        self.states[key] = "queued"
        self.started.append(self.names[key])

    def delete(self, key: str) -> None:
        self.states[key] = "deleted"


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_answers_are_lost_each_run_is_started_once(run: Run, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    there = Reana(monkeypatch, seed)
    runs = [run, *(make_run(run.specification, number=number, by=run.by) for number in range(2, RUNS + 1))]
    Run.objects.update(code={"a.py": "1", "b.py": "2"})
    for _ in range(30):
        for pk in worker.launches.waiting():
            worker.submit(pk)
            worker.submit(pk)  # a message that comes twice
        Run.objects.update(lease_until=None)  # the pause is over
    assert there.lost > RUNS
    assert set(Run.objects.values_list("status", flat=True)) == {Run.Status.PENDING}
    assert sorted(there.started) == sorted(item.name for item in runs)
    assert set(there.states.values()) <= {"queued", "deleted"}


def test_a_reana_that_is_away_for_an_hour_costs_no_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    there, real, moved = Reana(monkeypatch, 1), timezone.now, 0.0
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(seconds=moved))
    away = RemoteUnavailable("cannot be reached")
    monkeypatch.setattr(there, "rng", SimpleNamespace(random=lambda: 1.0))
    tried: list[float] = []
    with monkeypatch.context() as outage:
        outage.setattr(reana, "create", lambda *_: tried.append(moved) or (_ for _ in ()).throw(away))
        outage.setattr(reana, "find_by_name", lambda *_: tried.append(moved) or (_ for _ in ()).throw(away))
        while moved < 3600:
            worker.submit(run.pk)
            moved += (Run.objects.get().lease_until - timezone.now()).total_seconds() + 0.1  # to the end of the pause
    assert 50 <= len(tried) <= 70  # 5, 10, 20, 40 seconds, then one each minute
    assert "Retrying" in Run.objects.get().error
    moved += 60
    worker.submit(run.pk)
    assert (there.started, Run.objects.get().status) == ([run.name], Run.Status.PENDING)
