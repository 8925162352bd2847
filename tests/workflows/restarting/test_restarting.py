"""A failed run is continued in its workspace: once, whatever is interrupted, from the step that failed, and nothing of it is deleted."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.audience import Origin
from projects.workflows import new_runs, reana, worker
from projects.workflows.inputs.lineage import input_rows
from projects.workflows.models import InputUpload, Run, RunDeletion, RunInput, StoredFile
from projects.workflows.readings import reading_of
from projects.workflows.refusals import NotNow, TooManyRuns
from projects.workflows.restarting import services as restarting
from projects.workflows.restarting.facts import Continuation, continuation_of
from projects.workflows.steps import graph
from tests.factories import make_stop
from tests.workflows.conftest import SERVER, failing
from vre_portal.http import RemoteUnavailable

SignIn = Callable[[str], Client]
TEXT = """
workflow:
  type: serial
  specification:
    steps:
      - {name: gen, environment: python, commands: [gen]}
      - {name: fit, environment: python, commands: [fit]}
"""
JOBS = [
    {"number": 1, "name": "gen", "state": "finished", "command": "gen", "log": ""},
    {"number": 2, "name": "fit", "state": "failed", "command": "fit", "log": "ValueError: no"},
]


class Reana:
    """A server with the workflows of one name; each restart makes one more."""

    def __init__(self) -> None:
        self.there = [SimpleNamespace(id="r-1", name="n", status="failed", run_number=(1,))]
        self.restarts: list[tuple[Any, ...]] = []
        self.stopped: list[str] = []
        self.deleted: list[str] = []

    def restart(self, _server: Any, _token: str, workflow: str, parameters: Any, from_step: str) -> str:
        self.restarts.append((workflow, parameters, from_step))
        return self.add()

    def add(self) -> str:
        key = f"r-1.{len(self.there)}"
        self.there.append(SimpleNamespace(id=key, name="n", status="running", run_number=(1, len(self.there))))
        return key


@pytest.fixture
def at_reana(monkeypatch: pytest.MonkeyPatch) -> Reana:
    there = Reana()
    monkeypatch.setattr(reana, "restart", there.restart)
    monkeypatch.setattr(reana, "find_by_name", lambda *_: list(there.there))
    monkeypatch.setattr(reana, "status", lambda _server, _token, key: next(item for item in there.there if item.id == key))
    monkeypatch.setattr(reana, "stop", lambda _server, _token, key: there.stopped.append(key))
    monkeypatch.setattr(reana, "delete", lambda _server, _token, key: there.deleted.append(key))
    for name in ("info", "you"):  # what it offers and who has how much room there is not what these tests are about
        monkeypatch.setattr(reana, name, lambda *_: failing(RemoteUnavailable("not now")))
    monkeypatch.setattr(restarting, "require_launchable", lambda *_: None)
    monkeypatch.setattr(new_runs, "require_token_stored", lambda *_: None)
    return there


@pytest.fixture
def failed(run: Run) -> Run:
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(
        status="failed", remote_id="r-1", text=TEXT, steps=JOBS, started_at=now, finished_at=now, parameters={"a": 1}
    )
    return Run.objects.select_related("project", "by").get(pk=run.pk)


def continued(run: Run, step: str = "fit") -> Run:
    return restarting.continue_run(by=run.by, run=run, how=Continuation(step=step))


def how(run: Run) -> Continuation | None:
    reading = reading_of(run)
    return continuation_of(run.by, run, reading, graph(run, reading))


def words_of(browser: Client, run: Run) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", browser.get(run.get_absolute_url()).content.decode()).split())


def test_the_step_that_failed_is_where_it_goes_on(failed: Run) -> None:
    found = how(failed)
    assert found
    assert (found.step, found.is_possible) == ("fit", True)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [("name: fit, ", "", "has no name"), ("name: gen", "name: fit", "several steps"), ("serial", "cwl", "from the beginning")],
)
def test_where_it_cannot_go_on_the_page_says_why(failed: Run, old: str, new: str, words: str) -> None:
    failed.text = TEXT.replace(old, new)
    named = {"name: fit, ": "", "name: gen": "fit"}
    failed.steps = [{**job, "name": named.get(old, job["name"])} for job in JOBS]
    found = how(failed)
    assert found
    assert words in found.why_not


@pytest.mark.parametrize(
    ("job", "step", "words"),
    [("vre-inputs", "", "its files were not brought into the workspace"), ("gen", "gen", ""), ("fit", "fit", "")],
)
def test_the_portals_own_step_is_not_counted(failed: Run, job: str, step: str, words: str) -> None:
    failed.fetch_commands = ["python3 .vre-inputs/fetch.py 1"]
    names = ["vre-inputs", "gen", "fit"]
    failed.steps = [
        {"number": number, "name": name, "state": "failed" if name == job else "finished", "command": command, "log": ""}
        for number, (name, command) in enumerate(zip(names, [*failed.fetch_commands, "gen", "fit"], strict=True), start=1)
        if number <= names.index(job) + 1
    ]
    found = how(failed)
    assert found
    assert found.step == step
    assert words in found.why_not
    assert found.is_possible is not bool(words)


def test_a_run_that_did_not_fail_at_reana_is_no_question(failed: Run) -> None:
    failed.status = "finished"
    assert how(failed) is None
    failed.status, failed.remote_id = "failed", ""
    assert how(failed) is None


def test_it_is_restarted_once_in_the_same_workspace(failed: Run, at_reana: Reana) -> None:
    new = continued(failed)
    assert continued(failed).pk == new.pk
    for _ in range(2):
        worker.submit(new.pk)
    new.refresh_from_db()
    assert at_reana.restarts == [("r-1", {"a": 1}, "fit")]
    assert (new.status, new.remote_id, new.continues_id, new.remote_name) == ("pending", "r-1.1", failed.pk, failed.name)
    assert [step.state for step in graph(new)] == ["done before", "queued"]


def test_a_restart_whose_answer_was_lost_is_found(failed: Run, at_reana: Reana, monkeypatch: pytest.MonkeyPatch) -> None:
    new = continued(failed)

    def lost(*_: Any) -> str:
        at_reana.add()
        raise RemoteUnavailable("no answer")

    monkeypatch.setattr(reana, "restart", lost)
    worker.submit(new.pk)
    monkeypatch.setattr(reana, "restart", at_reana.restart)
    Run.objects.filter(pk=new.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    worker.submit(new.pk)
    new.refresh_from_db()
    assert (new.remote_id, new.status, at_reana.restarts) == ("r-1.1", "pending", [])


def test_of_two_restarts_the_first_goes_on_and_the_other_is_stopped(failed: Run, at_reana: Reana) -> None:
    new = continued(failed)
    Run.objects.filter(pk=new.pk).update(remote_before=["r-1"])
    monkey = at_reana.restart
    at_reana.restart = lambda *given: at_reana.add() and monkey(*given)  # type: ignore[method-assign]
    reana_restart, reana.restart = reana.restart, at_reana.restart
    try:
        worker.submit(new.pk)
    finally:
        reana.restart = reana_restart
    new.refresh_from_db()
    assert (new.remote_id, at_reana.stopped) == ("r-1.1", ["r-1.2"])


def test_one_that_was_numbered_and_not_queued_is_started_at_its_step(failed: Run, at_reana: Reana, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(reana, "start", lambda *given, from_step: started.append((given[2], from_step)))
    new = continued(failed)
    Run.objects.filter(pk=new.pk).update(remote_before=["r-1"], attempt=1)
    at_reana.there.append(SimpleNamespace(id="r-1.1", name="n", status="created", run_number=(1, 1)))
    worker.submit(new.pk)
    assert (started, at_reana.restarts) == ([("r-1.1", "fit")], [])


def test_one_that_is_stopped_before_it_began_deletes_nothing(failed: Run, at_reana: Reana) -> None:
    new = continued(failed)
    Run.objects.filter(pk=new.pk).update(remote_before=["r-1"], attempt=1, stop_asked_at=timezone.now())
    at_reana.there.append(SimpleNamespace(id="r-1.1", name="n", status="created", run_number=(1, 1)))
    worker.submit(new.pk)
    new.refresh_from_db()
    assert (new.status, at_reana.deleted, at_reana.restarts) == ("stopped", [], [])


def test_after_the_newest_only_the_newest_is_continued(failed: Run, at_reana: Reana) -> None:
    new = continued(failed)
    found = how(failed)
    assert found
    assert found.why_not == f"Run {new.number} continues this run."
    Run.objects.filter(pk=failed.pk).delete()
    worker.submit(new.pk)
    new.refresh_from_db()
    assert (new.status, new.error) == ("failed", "The run that this run continues is deleted.")


def test_where_the_files_were_deleted_before_it_began_nothing_is_restarted(failed: Run, at_reana: Reana) -> None:
    new = continued(failed)
    Run.objects.filter(pk=failed.pk).update(workspace_deleted_at=timezone.now())
    worker.submit(new.pk)
    new.refresh_from_db()
    assert (new.status, at_reana.restarts) == ("failed", [])


def test_where_runs_are_stopped_meanwhile_nothing_is_restarted(failed: Run, at_reana: Reana, monkeypatch: pytest.MonkeyPatch) -> None:
    new = continued(failed)
    monkeypatch.setattr(reana, "find_by_name", lambda *_: make_stop("reana", SERVER, "runs") and list(at_reana.there))
    worker.submit(new.pk)
    new.refresh_from_db()
    assert (new.status, at_reana.restarts) == ("submitting", [])


def test_who_has_too_many_runs_under_way_continues_none(failed: Run, at_reana: Reana, settings: Any) -> None:
    settings.ACTIVE_RUNS = 0
    with pytest.raises(TooManyRuns):
        continued(failed)
    assert Run.objects.count() == 1


@pytest.mark.parametrize("status", ["failed", "stopped"])
def test_one_that_reana_never_began_continues_nothing(failed: Run, at_reana: Reana, signed_in: SignIn, status: str) -> None:
    dead = []
    for _ in range(2):
        dead.append(continued(failed))
        Run.objects.filter(pk=dead[-1].pk).update(status=status, finished_at=timezone.now())
        found = how(failed)
        assert found
        assert found.step == "fit"
    page = words_of(signed_in("lead"), failed)
    assert "Continue run" in page
    assert "continues this run" not in page
    dead[0].delete()
    new = continued(failed)
    assert new.pk not in [run.pk for run in dead]
    assert continued(failed).pk == new.pk
    worker.submit(new.pk)
    assert at_reana.restarts == [("r-1", {"a": 1}, "fit")]


def test_one_that_was_given_up_and_runs_all_the_same_is_not_disturbed(failed: Run, at_reana: Reana) -> None:
    at_reana.add()
    new = continued(failed)
    worker.submit(new.pk)
    new.refresh_from_db()
    assert (new.status, at_reana.restarts) == ("failed", [])
    assert "still running in the same workspace" in new.error


def test_where_the_workspace_is_being_deleted_nothing_is_continued(failed: Run, at_reana: Reana) -> None:
    second = continued(failed)
    Run.objects.filter(pk=second.pk).update(status="failed", remote_id="r-1.1", started_at=timezone.now())
    second = Run.objects.select_related("project", "by").get(pk=second.pk)
    deletion = RunDeletion.objects.create(run=failed, by=failed.by, of_workspace=True)
    with pytest.raises(NotNow, match="being deleted"):
        continued(second)
    deletion.delete()
    RunDeletion.objects.create(run=failed, by=failed.by, of_run=True)  # of the portal's row alone
    assert continued(second).continues_id == second.pk


def test_it_takes_over_the_data_and_the_uploads(failed: Run, at_reana: Reana) -> None:
    rows = [RunInput(run=failed, binding="d", path=f"d/{number}", lake="escape", scope="S", name="n", bytes=1) for number in range(3)]
    RunInput.objects.bulk_create(rows)
    stored = StoredFile.objects.create(sha256="a" * 64, size=1, file="x")
    failed.uploads.add(InputUpload.objects.create(project=failed.project, by=failed.by, stored=stored, name="mine.csv"))
    Run.objects.filter(pk=failed.pk).update(attached={"mine.csv": {"stored": stored.sha256}})
    failed.refresh_from_db()
    new = continued(failed)
    assert [row.path for row in new.input_files.all()] == ["d/0", "d/1", "d/2"]
    assert failed.input_files.count() == 3
    Run.objects.filter(pk=failed.pk).delete()
    assert [row.words for row in input_rows(new.by, new)] == ["mine.csv (uploaded)"]
    assert not InputUpload.objects.unused().exists()


def test_it_is_seen_by_those_only_who_may_read_the_data_of_the_failed_run(failed: Run, at_reana: Reana) -> None:
    failed.comes_from(Origin("escape", "KM3NET_EMBARGO_SP"), Origin("escape", "S"))
    new = continued(failed)
    assert {row.origin for row in new.origins.all()} == {Origin("escape", "KM3NET_EMBARGO_SP"), Origin("escape", "S")}


def test_the_page_says_first_what_is_written_over(failed: Run, at_reana: Reana, signed_in: SignIn) -> None:
    lead = signed_in("lead")
    page = words_of(lead, failed)
    assert "starts a new run at step “fit” in the same workspace" in page
    assert "can’t be restored" in page
    answer = lead.post(f"{failed.get_absolute_url()}continue/")
    new = Run.objects.get(continues=failed)
    assert answer["Location"] == new.get_absolute_url()
    page = words_of(lead, new)
    assert "Continues run 1" in page
    assert "done before" in page
    failed.project.memberships.create(group="escape/km3net", role="member")
    assert signed_in("member").post(f"{failed.get_absolute_url()}continue/").status_code == 403


def test_another_launch_makes_no_run_of_its_key(failed: Run) -> None:
    assert restarting.key_of(failed) == restarting.key_of(failed) != failed.key
    assert isinstance(restarting.key_of(failed), uuid.UUID)
    assert new_runs.next_number_and_active(failed.by, failed.project) == (2, 0)
