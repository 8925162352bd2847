"""What REANA says of a run, however odd, ends in a row that says so: no run is stuck and none harms another."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.workflows import job_reports, looks, polling, reana, viewers
from projects.workflows.models import Run, RunFile
from projects.workflows.page_topics import topic_of
from tests.workflows.conftest import SERVER
from vre_portal import events
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import SignInAgain

Say = Callable[..., Run]


def job(log: str, name: str = "step", state: str = "running") -> reana.ReanaJob:
    return reana.ReanaJob("j", name, state, "true", "python", "kubernetes", log, None, None)


def test_what_reana_calls_queued_has_been_started_and_is_not_brought_there_again(out_there: Say) -> None:
    assert out_there("queued").status == Run.Status.PENDING
    assert polling.followed() != []


def test_a_state_that_nobody_knows_is_told_and_leaves_what_was_known(out_there: Say) -> None:
    run = out_there("meditating\0")
    assert run.status == Run.Status.RUNNING
    assert "“meditating" in run.error


def test_a_run_that_is_gone_is_deleted_though_its_logs_are_gone_too(out_there: Say) -> None:
    gone = RemoteRefused("REANA says: no such workflow", status=404)
    run = out_there("running", statuses=[], status=gone, logs=gone)
    assert run.status == Run.Status.DELETED


def test_logs_that_are_too_large_keep_no_run_from_ending(out_there: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    large = RemoteUnavailable("REANA sent more than 1 bytes.")
    assert out_there("failed", logs=large).status == Run.Status.RUNNING
    monkeypatch.setattr(viewers, "has_patience", lambda *_: False)
    polling.cache.delete(f"follow-{Run.objects.get().by_id}-{SERVER}")
    run = out_there("failed", logs=large)
    assert run.status == Run.Status.FAILED
    assert "more than 1 bytes" in run.error


def test_text_that_no_database_holds_is_kept_as_far_as_it_can_be(out_there: Say) -> None:
    run = out_there("failed", logs=reana.Logs("why\ud800", (job("a\0b\udfff", name="st\0ep"),), False))
    assert run.steps[0]["log"] == "a\ufffdb?"
    assert run.steps[0]["name"] == "st\ufffdep"
    assert run.error == "why?"


def test_many_long_logs_stay_one_row_of_a_reasonable_size(out_there: Say) -> None:
    run = out_there("running", logs=reana.Logs("", tuple(job("x" * 200_000) for _ in range(600)), False))
    assert sum(len(step["log"]) for step in run.steps) <= job_reports.ALL_LOGS_BYTES


def test_a_workspace_that_is_gone_ends_the_fetching_of_results(out_there: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = RemoteRefused("REANA says: no such workspace", status=404)
    run = out_there("finished", list_files=gone)
    assert run.collected_at is None  # it may be a refusal of the moment
    assert "Retrying automatically." in run.files_note
    monkeypatch.setattr(viewers, "has_patience", lambda *_: False)
    polling.cache.delete(f"follow-{run.by_id}-{SERVER}")
    run = out_there("finished", list_files=gone)
    assert run.status == Run.Status.FINISHED
    assert run.collected_at is not None
    assert "no such workspace" in run.files_note
    assert run.error == ""
    assert polling.followed() == []


def test_results_are_waited_for_while_the_server_fails(out_there: Say) -> None:
    run = out_there("finished", list_files=RemoteUnavailable("REANA is failing."))
    assert run.collected_at is None
    assert polling.followed() != []


@pytest.mark.parametrize("name", ["plots/../../../you", "/plots/x", "plots/line\nbreak"])
def test_a_file_by_an_odd_name_is_listed_and_not_fetched(out_there: Say, name: str) -> None:
    run = out_there("finished", list_files=[reana.File(name, 3, None)])
    assert run.collected_at is not None
    found = RunFile.objects.get(path=name)
    assert (found.state, found.size) == (RunFile.State.LEFT, 3)
    assert found.reason.startswith("REANA cannot send this file. ")


def test_a_mistake_of_the_portal_about_one_run_is_told_there(out_there: Say) -> None:
    run = out_there("running", logs=ZeroDivisionError("nobody foresaw this"))
    assert "The administrators of the portal can find the cause" in run.error
    assert "foresaw" not in run.error


def test_a_server_that_fails_is_not_asked_again_at_once(out_there: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    out_there("running", statuses=RemoteUnavailable("REANA cannot be reached."))
    asked = []
    monkeypatch.setattr(reana, "statuses", lambda *_: asked.append(1))
    polling.follow(Run.objects.get().by_id, SERVER)
    assert asked == []


def test_who_is_not_signed_in_is_named_for_whoever_reads_the_page(out_there: Say) -> None:
    run = out_there("running", statuses=SignInAgain("Your sign-in has expired."))
    assert str(run.by) in run.error
    assert "Your" not in run.error


def test_lists_of_runs_do_not_read_their_logs(out_there: Say, client: Client, django_assert_max_num_queries: Any) -> None:
    run = out_there("running", logs=reana.Logs("", (job("x" * 50_000),), False))
    type(run.project).objects.update(visibility="public")
    Run.objects.update(published_at=timezone.now())
    for path in ("workflows/", "workflows/latest/"):
        with django_assert_max_num_queries(12) as asked:
            assert client.get(f"{run.project.get_absolute_url()}{path}").status_code == 200
        assert not any('"workflows_run"."steps"' in query["sql"] for query in asked)
    assert client.get(f"{run.project.get_absolute_url()}workflows/?format=json").json()["items"][0]["steps"] != []


@pytest.fixture
def seen(out_there: Say, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that was seen running a while ago, and whose page nobody has open."""
    monkeypatch.setattr(events, "are_open", lambda _: frozenset())  # whatever a portal beside the tests has open
    run = out_there("running")
    Run.objects.filter(pk=run.pk).update(checked_at=timezone.now() - timedelta(minutes=10))
    polling.cache.clear()
    return run


@pytest.fixture
def logs_asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The workflows whose logs were fetched."""
    asked: list[str] = []

    def logs(_server: Any, _token: str, workflow: str) -> reana.Logs:
        asked.append(workflow)
        return reana.Logs("", (job("more"),), False)

    monkeypatch.setattr(reana, "logs", logs)
    return asked


def follow(run: Run) -> Run:
    polling.follow(run.by_id, SERVER)
    run.refresh_from_db()
    return run


def test_logs_of_a_run_that_nobody_looks_at_are_not_fetched_and_it_counts_as_seen(seen: Run, logs_asked: list[str]) -> None:
    for _ in range(3):
        follow(seen)
    assert logs_asked == []
    assert seen.checked_at is not None
    assert timezone.now() - seen.checked_at < timedelta(seconds=polling.CHECKED_SECONDS)


def test_logs_are_fetched_while_a_page_is_open_or_was_just_opened(
    seen: Run, logs_asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    viewers.watch(seen)
    assert follow(seen).steps[0]["log"] == "more"
    polling.cache.clear()
    monkeypatch.setattr(events, "are_open", lambda topics: {topic_of(seen.pk)} & set(topics))
    follow(seen)
    assert logs_asked == ["r-1", "r-1"]


def test_logs_are_fetched_when_the_state_changes(seen: Run, logs_asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reana, "statuses", lambda *_: [SimpleNamespace(id="r-1", status="failed")])
    assert follow(seen).status == Run.Status.FAILED
    assert logs_asked == ["r-1"]


def test_a_run_that_could_not_be_seen_says_so_no_longer_when_it_can_and_costs_no_call(seen: Run, logs_asked: list[str]) -> None:
    Run.objects.update(error="REANA cannot be reached.")
    assert follow(seen).error == ""
    assert logs_asked == []


def test_a_server_is_asked_less_often_while_nothing_changes_and_at_once_when_somebody_looks(seen: Run) -> None:
    pair = (seen.by_id, SERVER)
    pauses = []
    for _ in range(6):
        assert polling.followed() == [pair]
        follow(seen)
        assert polling.due() == []
        pauses.append(polling.cache.get(viewers._rest_key(*pair))[1])
    assert pauses == [2, 4, 8, 15, 15, 15]
    viewers.watch(seen)
    assert polling.due() == [pair]
    follow(seen)
    assert polling.due() == [pair]


def test_a_listing_costs_one_call_however_many_runs_it_is_about(seen: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        Run(
            project=seen.project, number=number, by=seen.by, specification=seen.specification, key=uuid.uuid4(), server=SERVER,
            name=Run.new_name(), remote_id=f"r-{number}", status=Run.Status.RUNNING, checked_at=timezone.now(),
        )
        for number in range(2, 30)
    ]  # fmt: skip
    Run.objects.bulk_create(rows)
    calls = []

    def listed(*_: Any) -> list[SimpleNamespace]:
        calls.append("statuses")
        return [SimpleNamespace(id=f"r-{number}", status="running") for number in range(1, 30)]

    monkeypatch.setattr(reana, "statuses", listed)
    for name in ("logs", "status", "list_files"):
        monkeypatch.setattr(reana, name, lambda *_, name=name: calls.append(name))
    follow(seen)
    assert calls == ["statuses"]


def test_a_run_that_reana_never_began_is_brought_there_again(out_there: Say) -> None:
    Run.objects.update(started_at=timezone.now())
    assert out_there("created").status == Run.Status.CREATED  # it has only just been started
    Run.objects.update(started_at=timezone.now() - timedelta(seconds=looks.BEGUN_SECONDS + 1))
    run = out_there("created")
    assert (run.status, run.started_at) == (Run.Status.SUBMITTING, None)


def test_a_run_that_goes_on_is_asked_to_stop_again(run: Run, out_there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(reana, "stop", lambda _server, _token, workflow: asked.append(workflow))
    run.ask_to_stop()
    assert out_there("running").stopping
    assert asked == ["r-1"]
    out_there("stopped")
    assert asked == ["r-1"]


def test_of_very_many_jobs_the_last_ones_are_kept_with_their_numbers(out_there: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_reports, "MAX_JOBS", 2)
    run = out_there("failed", logs=reana.Logs("", (job("first"), job("second"), job("the reason", state="failed")), False))
    assert [(step["number"], step["log"]) for step in run.steps] == [(2, "second"), (3, "the reason")]
