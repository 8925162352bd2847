"""When a run ended, also where the portal did not look for a while."""

from datetime import timedelta

import pytest
from django.utils import timezone

from projects.workflows.models import Run


@pytest.mark.parametrize(
    ("status", "hours_ago", "is_known"),
    [("finished", 3, True), ("failed", 3, True), ("finished", 0, False), ("stopped", 3, False), ("finished", 30, False)],
)
def test_a_run_ended_with_its_last_job_where_nobody_looked(run: Run, status: str, hours_ago: int, is_known: bool) -> None:
    now = timezone.now()
    Run.objects.update(started_at=now - timedelta(hours=24), status=Run.Status.RUNNING)
    run.refresh_from_db()
    last = now - timedelta(hours=hours_ago)
    run.seen(status, [{"finished_seconds": (last - timedelta(hours=1)).timestamp()}, {"finished_seconds": last.timestamp()}])
    run.refresh_from_db()
    assert run.finished_at is not None
    expected = last if is_known else run.started_at if hours_ago > 24 else now
    assert expected is not None
    assert abs(run.finished_at - expected) < timedelta(seconds=60)


def test_a_job_without_an_end_says_nothing(run: Run) -> None:
    Run.objects.update(started_at=timezone.now() - timedelta(hours=24), status=Run.Status.RUNNING)
    run.refresh_from_db()
    run.seen("finished", [{"finished_seconds": 1.0}, {"finished_seconds": None}])
    run.refresh_from_db()
    assert run.finished_at is not None
    assert timezone.now() - run.finished_at < timedelta(seconds=60)
