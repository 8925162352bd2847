"""A request for the list of files ends: answered, out of time, or with the run; what is left of it costs no calls and changes nothing."""

import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from projects.workflows import outputs, polling
from projects.workflows.models import Run
from projects.workflows.models.run_queries import REQUEST_LASTS
from tests.workflows.test_listing import Say
from tests.workflows.test_listing import asked as asked
from tests.workflows.test_listing import begun as begun
from vre_portal import events
from vre_portal.http import RemoteUnavailable


def test_a_request_that_was_not_answered_in_time_is_no_news(begun: Run, out_there: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "are_open", lambda _: frozenset())
    old = timezone.now() - REQUEST_LASTS - timedelta(seconds=1)
    Run.objects.filter(pk=begun.pk).update(list_asked_at=old, checked_at=timezone.now())
    run = out_there("running")
    assert run.attempt == begun.attempt  # no worker took it
    assert polling.due() == []  # and its server rests


def test_a_request_of_long_ago_makes_nobody_give_up_the_files_of_a_finished_run(begun: Run, out_there: Say) -> None:
    Run.objects.filter(pk=begun.pk).update(list_asked_at=timezone.now() - timedelta(hours=1))
    for what in ("list-request", "collecting"):
        cache.set(f"failing-{what}-{begun.pk}", time.time() - 2 * outputs.REQUEST_PATIENCE_SECONDS)
    run = out_there("finished", list_files=RemoteUnavailable("REANA cannot be reached."))
    assert (run.status, run.listed_at) == (Run.Status.FINISHED, None)


def test_a_run_that_reana_deleted_is_not_listed_any_more(asked: Say) -> None:
    run = asked("deleted", list_files=AssertionError("it is gone"))
    assert (run.status, run.list_asked_at, run.is_list_asked) == (Run.Status.DELETED, None, False)
    assert run.files_note == "The files of the run at REANA are deleted."
