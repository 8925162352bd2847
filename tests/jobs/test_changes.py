"""Who watches a column is told in the transaction of the change, and keeps no work from being done."""

import pytest
from django.db import OperationalError

from projects.workflows.models import Run
from vre_portal.jobs import changes
from vre_portal.jobs.lease import LeaseLost

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The states that were announced."""
    states: list[str] = []
    monkeypatch.setattr(changes, "_observers", {})
    changes.register(Run, "status", lambda run: states.append(run.status))
    return states


def test_a_change_is_announced_once_and_a_state_that_stays_is_none(run: Run, seen: list[str]) -> None:
    run.submitting()
    run.submitting()
    run.refused("no")
    assert seen == ["submitting", "failed"]


def test_another_column_is_nothing_to_announce(run: Run, seen: list[str]) -> None:
    run.delayed("later")
    assert seen == []


def test_a_worker_that_lost_its_job_announces_nothing(run: Run, seen: list[str]) -> None:
    late = Run.claim(run.pk)
    Run.objects.update(lease_until=None)
    Run.claim(run.pk)
    assert late is not None
    with pytest.raises(LeaseLost):
        late.refused("no")
    assert seen == []


def test_an_observer_that_fails_costs_what_it_did_and_not_the_change(run: Run, seen: list[str]) -> None:
    def broken(job: Run) -> None:
        Run.objects.filter(pk=job.pk).update(error="half done")
        raise ZeroDivisionError

    changes.register(Run, "status", broken)
    run.submitting()
    now = Run.objects.get(pk=run.pk)
    assert (now.status, now.error) == ("submitting", "")


def test_a_database_that_is_away_undoes_the_change(run: Run, seen: list[str]) -> None:
    def away(job: Run) -> None:
        raise OperationalError

    changes.register(Run, "status", away)
    with pytest.raises(OperationalError):
        run.submitting()
    assert Run.objects.get(pk=run.pk).status == "queued"
