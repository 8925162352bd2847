"""Work that is stopped waits without a claim, loses nothing, and goes on by itself."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone

from catalog.software import tasks as software
from datalake.operations import worker as operations
from datalake.operations.models import Operation
from datalake.uploads import worker as uploads
from datalake.uploads.models import Upload
from projects.notebooks import worker as notebooks
from projects.notebooks.models import Session
from projects.workflows import archiving, reana, staging, worker
from projects.workflows.models import Keep, Run
from tests.factories import make_stop
from tests.workflows.conftest import SERVER
from tests.workflows.conftest import run as run
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.jobs.runner import Runner
from vre_portal.stop_switches import services
from vre_portal.stop_switches.models import StopSwitch

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs(run: Run) -> dict[str, tuple[Any, Model, tuple[str, str, str]]]:
    """A job of each kind that can be stopped: its runner, its row, and what stops it."""
    keep = {"lake": "escape", "scope": "TEST_SP", "dataset": "DM.X", "paths": ["out.csv"], "rse": "A", "copy_rse": "B"}
    upload = {"lake": "escape", "scope": "a", "name": "b", "rse": "A", "size": 1, "received": 1, "state": Upload.State.CHECKING}
    change = {"lake": "escape", "kind": "close", "subjects": ["a:b"], "arguments": {"scope": "a", "name": "b"}}
    return {
        "run": (worker.launches, run, ("reana", SERVER, "runs")),
        "keep": (archiving.keeps, Keep.objects.create(run=run, by=run.by, key=uuid.uuid4(), **keep), ("rucio", "escape", "uploads")),
        "session": (
            notebooks.starts,
            Session.objects.create(by=run.by, project=run.project, hub="hub", server="x", key=uuid.uuid4()),
            ("jupyterhub", "hub", "sessions"),
        ),
        "upload": (uploads.runner, Upload.objects.create(by=run.by, **upload), ("rucio", "escape", "uploads")),
        "operation": (operations.runner, Operation.objects.create(by=run.by, **change), ("rucio", "escape", "changes")),
    }


@pytest.mark.parametrize("kind", ["run", "keep", "session", "upload", "operation"])
def test_a_stopped_job_is_neither_handed_out_nor_claimed_and_goes_on_afterwards(
    jobs: dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, row, target = jobs[kind]
    done = list[Any]()
    monkeypatch.setattr(type(runner), "work", lambda _self, job: done.append(job.pk) or 0)
    before = type(row).objects.values().get(pk=row.pk)
    switch = make_stop(*target)
    assert runner.waiting() == []
    runner.perform(row.pk)  # a message that was on its way when it was stopped
    assert done == []
    assert type(row).objects.values().get(pk=row.pk) == before
    StopSwitch.objects.filter(pk=switch.pk).update(ended_at=timezone.now())
    assert runner.waiting() == [row.pk]
    runner.perform(row.pk)
    assert done == [row.pk]


@pytest.mark.parametrize(("name", "action"), [("other", "runs"), (SERVER, "other")])
def test_other_services_and_actions_hold_nothing(run: Run, name: str, action: str) -> None:
    make_stop("reana", name, action)
    assert worker.launches.waiting() == [run.pk]


def test_uploads_wait_while_all_changes_are_stopped(jobs: dict[str, Any]) -> None:
    make_stop("rucio", "escape", "changes")
    assert [jobs[kind][0].waiting() for kind in ("upload", "keep", "operation")] == [[], [], []]


def test_changes_go_on_while_only_uploads_are_stopped(jobs: dict[str, Any]) -> None:
    make_stop("rucio", "escape", "uploads")
    assert jobs["operation"][0].waiting() == [jobs["operation"][1].pk]


def test_a_kept_result_whose_files_are_in_the_lake_is_followed_all_the_same(jobs: dict[str, Any]) -> None:
    runner, keep, target = jobs["keep"]
    Keep.objects.update(status=Keep.Status.REPLICATING)
    make_stop(*target)
    assert runner.waiting() == [keep.pk]


def test_a_session_that_starts_already_is_followed_and_one_that_ends_is_ended(jobs: dict[str, Any]) -> None:
    runner, session, target = jobs["session"]
    make_stop(*target)
    Session.objects.update(state=Session.State.STARTING)
    assert runner.waiting() == [session.pk]
    Session.objects.update(state=Session.State.STOPPING)
    assert notebooks.stops.waiting() == [session.pk]


def test_a_waiting_run_can_be_stopped_by_its_person(run: Run) -> None:
    make_stop("reana", SERVER, "runs")
    run.ask_to_stop()
    worker.stop(run.pk)
    run.refresh_from_db()
    assert run.status == Run.Status.STOPPED


@pytest.fixture
def at_reana(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A REANA that takes everything; what was done there."""
    acts = list[str]()
    monkeypatch.setattr(reana, "find_by_name", lambda *_: [SimpleNamespace(id="r-1", run_number=1)] if "create" in acts else [])
    monkeypatch.setattr(reana, "create", lambda *_: acts.append("create") or "r-1")
    monkeypatch.setattr(reana, "status", lambda *_: SimpleNamespace(status="running" if "start" in acts else "created"))
    monkeypatch.setattr(reana, "start", lambda *_: acts.append("start"))
    monkeypatch.setattr(staging, "bring", lambda *_: None)
    return acts


def test_a_run_whose_inputs_were_being_brought_when_runs_were_stopped_is_not_started(
    run: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "bring", lambda *_: make_stop("reana", SERVER, "runs"))
    worker.submit(run.pk)
    assert at_reana == ["create"]
    run.refresh_from_db()
    assert (run.status, run.error, run.tries, run.claims) == (Run.Status.SUBMITTING, "", 0, 0)
    worker.submit(run.pk)
    assert at_reana == ["create"]
    StopSwitch.objects.update(ended_at=timezone.now())
    Run.objects.update(lease_until=None)
    monkeypatch.setattr(staging, "bring", lambda *_: None)
    worker.submit(run.pk)
    assert at_reana == ["create", "start"]


def test_a_worker_that_was_killed_before_the_stop_costs_the_run_no_further_claim(run: Run, at_reana: list[str]) -> None:
    Run.claim(run.pk)  # its worker died: the lease runs out
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    make_stop("reana", SERVER, "runs")
    for _ in range(10):
        worker.submit(run.pk)
    run.refresh_from_db()
    assert (run.claims, at_reana) == (1, [])
    StopSwitch.objects.update(ended_at=timezone.now())
    worker.submit(run.pk)
    assert at_reana == ["create", "start"]


def test_many_held_rows_do_not_keep_others_waiting(run: Run) -> None:
    make_stop("reana", SERVER, "runs")
    facts = {"project": run.project, "by": run.by, "specification": run.specification, "text": run.text}
    Run.objects.bulk_create(
        Run(**facts, number=number, key=uuid.uuid4(), name=Run.new_name(), server=SERVER if number < 200 else "open")
        for number in range(2, 201)
    )
    assert worker.launches.waiting() == [Run.objects.get(server="open").pk]


def test_a_hub_is_not_asked_for_a_server_while_sessions_are_stopped(jobs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    runner, session, target = jobs["session"]
    asked = list[str]()
    monkeypatch.setattr(notebooks.authorization, "require_permission", lambda *_: None)
    monkeypatch.setattr(notebooks, "known_as", lambda *_: "lead")
    monkeypatch.setattr(notebooks.jupyterhub, "server_state", lambda *_: None)
    monkeypatch.setattr(notebooks.server_limit, "wait_for_removal", lambda *_: make_stop(*target))
    monkeypatch.setattr(notebooks, "server_options", lambda *_: {})
    monkeypatch.setattr(notebooks.jupyterhub, "start_server", lambda *_: asked.append("start"))
    runner.perform(session.pk)
    session.refresh_from_db()
    assert (asked, session.state, session.tries, session.claims) == ([], Session.State.STARTING, 0, 0)


def test_the_catalogue_is_not_updated_while_its_source_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()
    monkeypatch.setattr(software.worker, "harvest", lambda source, **_: asked.append(source.name))
    source = software.services(software.ServiceKind.ZENODO)[0].name
    make_stop("zenodo", source, "harvest")
    software.harvest_one.apply(args=[source])
    assert asked == []


def test_an_outage_during_a_stop_counts_for_nothing(run: Run, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    switch = services.turn_on(by=people["admin"], kind="reana", name=SERVER, action="runs", reason="x", starts_at=None, until=None)

    def away(*_: Any) -> None:
        raise RemoteUnavailable("away")

    monkeypatch.setattr(reana, "create", away)
    for _ in range(30):
        worker.submit(run.pk)
    services.turn_off(by=people["admin"], pk=switch.pk)
    run.refresh_from_db()
    assert (run.status, run.attempt, run.tries) == (Run.Status.QUEUED, 0, 0)


def test_each_kind_of_job_that_can_be_stopped_names_an_action_that_there_is() -> None:
    from vre_portal.stop_switches.actions import is_known

    def kinds(base: type[Any]) -> list[type[Any]]:
        return [kind for child in base.__subclasses__() for kind in (child, *kinds(child))]

    stoppable = [kind.stoppable for kind in kinds(Runner) if kind.stoppable]
    assert len(stoppable) >= 5
    assert all(is_known(item.kind, item.action) for item in stoppable)
