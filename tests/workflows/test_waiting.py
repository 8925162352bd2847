"""A run that does not go on says in one sentence why, since when, and when it is tried again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from projects.workflows import viewers
from projects.workflows.models import Run
from projects.workflows.waiting import waiting_of
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.vault import SignInAgain

NOW = timezone.now()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "free worker"),
        ({"status": "submitting"}, "being brought to REANA"),
        ({"status": "submitting", "tries": 2, "error": "away"}, "2 attempts to launch it failed in a row."),
        ({"status": "pending", "remote_status": "queued", "started_at": NOW}, "REANA has queued it"),
        ({"status": "pending", "remote_status": "pending", "started_at": NOW}, "its engine is starting"),
        ({"status": "running", "started_at": NOW}, "no job has started yet"),
        (
            {"status": "running", "steps": [{"state": "running", "started": "x", "environment": "img", "log": "Error: ErrImagePull"}]},
            "The image img can’t be pulled (ErrImagePull)",
        ),
    ],
)
def test_what_it_waits_for(run: Run, facts: dict[str, Any], words: str) -> None:
    for name, value in facts.items():
        setattr(run, name, value)
    found = waiting_of(run, None)
    assert found
    assert words in found.words


def test_the_next_attempt_is_told_with_its_time(run: Run) -> None:
    run.tries, run.error, run.lease_until = 1, "away", timezone.now() + timedelta(seconds=30)
    found = waiting_of(run, None)
    assert found
    assert found.seconds_left
    assert 20 < found.seconds_left <= 30


def test_runs_of_the_same_person_that_are_ahead_are_counted(run: Run) -> None:
    other = Run.objects.create(
        project=run.project, number=2, by=run.by, specification=run.specification, text=run.text, key=run.pk and Run.new_name()[4:],
        server=run.server, name=Run.new_name(), status="running", started_at=NOW - timedelta(hours=1),
    )  # fmt: skip
    run.status, run.started_at = "pending", NOW
    found = waiting_of(run, None)
    assert found
    assert other.server == run.server
    assert "1 run of the same person in this project was launched before it." in found.words


def test_one_that_ended_or_goes_on_waits_for_nothing(run: Run) -> None:
    run.status = "finished"
    assert waiting_of(run, None) is None
    run.status, run.steps = "running", [{"state": "running", "started": "x", "log": ""}]
    assert waiting_of(run, None) is None


def test_a_run_whose_reana_does_not_answer_says_when_it_is_asked_next(out_there: Callable[..., Run]) -> None:
    run = out_there("running", statuses=RemoteUnavailable("Test server does not answer.", retry_after=40))
    found = waiting_of(run, None)
    assert found
    assert "could not look how it is" in found.words
    assert found.seconds_left
    assert 30 < found.seconds_left <= 40
    cache.delete(f"follow-{run.by_id}-{run.server}")
    run = out_there("running")
    assert (run.error, "could not look" in (waiting_of(run, None) or found).words) == ("", False)


def test_a_run_that_waits_for_its_person_says_no_time(out_there: Callable[..., Run]) -> None:
    run = out_there("running", statuses=SignInAgain("Sign in."))
    assert run.error
    assert viewers.next_look(run) is None
