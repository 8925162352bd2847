"""A launch that cannot go on says why, and nothing is started that somebody asked to stop."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from datalake.reads.errors import Damaged
from projects.workflows import reana, services, staging, worker
from projects.workflows.models import Run, RunInput, SpecificationVersion
from tests.workflows.lake import lake_with
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain
from vre_portal.services import Dialect, Service, ServiceKind, UnknownService


def raising(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


def submitted(run: Run) -> Run:
    worker.submit(run.pk)
    return Run.objects.get(pk=run.pk)


@pytest.fixture
def at_reana(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of REANA, which has what is created there."""
    asked: list[str] = []

    def answer(name: str, value: Any) -> Any:
        return lambda *_: asked.append(name) or value

    created = SimpleNamespace(id="r-1", status="created", run_number=(1,))
    answers = {"create": "r-1", "status": created, "find_by_name": [created], "list_files": [], "start": None, "delete": None}
    for name, value in answers.items():
        monkeypatch.setattr(reana, name, answer(name, value))
    return asked


def test_a_run_is_created_and_started_once(run: Run, at_reana: list[str]) -> None:
    assert submitted(run).status == Run.Status.PENDING
    assert submitted(run).status == Run.Status.PENDING
    assert (at_reana.count("create"), at_reana.count("start")) == (1, 1)


def test_a_wish_to_stop_that_comes_during_the_uploads_is_heard_before_the_start(
    run: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "bring", lambda *_: services.stop(by=run.by, run=Run.objects.get(pk=run.pk)))
    assert submitted(run).status == Run.Status.STOPPED
    assert "start" not in at_reana
    assert "delete" in at_reana


def test_of_several_workflows_that_were_created_only_the_first_is_started(
    run: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    states = {2: "created", 1: "created", 3: "running"}
    there = [SimpleNamespace(id=f"r-{number}", status=state, run_number=(number,)) for number, state in states.items()]
    monkeypatch.setattr(reana, "find_by_name", lambda *_: there)
    monkeypatch.setattr(reana, "delete", lambda _s, _t, workflow: at_reana.append(f"delete {workflow}"))
    Run.objects.update(remote_id="r-2")  # of a worker whose lease ran out
    assert submitted(run).remote_id == "r-1"
    assert "start" not in at_reana
    assert [asked for asked in at_reana if "delete" in asked] == ["delete r-2"]  # never what runs


def test_a_server_that_is_no_longer_configured_ends_the_wish_with_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "service", raising(UnknownService("No reana service is called 'reana'")))
    found = submitted(run)
    assert (found.status, found.error) == (Run.Status.FAILED, "No reana service is called 'reana'")


def test_a_mistake_of_the_portal_is_told_tried_again_and_at_last_given_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reana, "create", raising(ZeroDivisionError("nobody foresaw this")))
    found = submitted(run)
    assert found.status == Run.Status.SUBMITTING
    assert "Retrying" in found.error
    Run.objects.update(lease_until=None, tries=worker.launches.max_tries - 1, remote_id="r-1")
    monkeypatch.setattr(reana, "status", raising(ZeroDivisionError("nobody foresaw this")))
    assert submitted(run).status == Run.Status.FAILED


def test_without_a_sign_in_a_first_attempt_fails_and_a_later_one_waits(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "access_token", raising(SignInAgain("Your sign-in has expired.")))
    Run.objects.update(remote_id="r-1")  # it may be running already
    found = submitted(run)
    assert found.status == Run.Status.SUBMITTING
    assert str(run.by) in found.error
    Run.objects.update(remote_id="", attempt=0, lease_until=None)
    assert submitted(run).status == Run.Status.FAILED


def test_who_was_switched_off_starts_nothing(run: Run, at_reana: list[str]) -> None:
    run.by.is_active = False
    run.by.save()
    assert submitted(run).status == Run.Status.FAILED
    assert at_reana == []


def test_an_input_whose_copies_are_damaged_is_named(run: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    file = staging.rucio.Did("S", "n", "FILE", bytes=4, adler32="03d8018b")
    lake = Service(ServiceKind.RUCIO, "lake", "Lake", "http://127.0.0.1:9")
    lake_with(monkeypatch, lake, file)
    monkeypatch.setattr(reana, "upload", raising(Damaged(lake, file)))
    Run.objects.update(inputs={"in/a.txt": {"lake": "lake", "did": "S:n"}})
    found = submitted(run)
    assert found.status == Run.Status.FAILED
    assert "in/a.txt" in found.error
    assert "start" not in at_reana


@pytest.fixture
def two_files(run: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that are uploaded; the run reads two files of a closed scope, which were looked up earlier."""
    lake = Service(ServiceKind.RUCIO, "lake", "Lake", "http://127.0.0.1:9", options={"restricted_scopes": {"CLOSED": ["insiders"]}})
    lake_with(monkeypatch, lake, staging.rucio.Did("CLOSED", "a", "FILE", bytes=4))
    for name in "ab":
        RunInput.objects.create(run=run, binding="d", path=f"d/{name}", lake="lake", scope="CLOSED", name=name, bytes=4, how="streamed")
    Run.objects.update(inputs={"d": {"lake": "lake", "did": "CLOSED:events"}})
    User.objects.filter(pk=run.by_id).update(groups=["insiders"])
    uploaded: list[str] = []
    monkeypatch.setattr(reana, "upload", lambda _s, _t, _w, path, _content: uploaded.append(path))
    return uploaded


def test_data_that_were_closed_to_the_person_since_are_not_brought(run: Run, at_reana: list[str], two_files: list[str]) -> None:
    User.objects.filter(pk=run.by_id).update(groups=["escape"])
    found = submitted(run)
    assert (found.status, two_files) == (Run.Status.FAILED, [])
    assert "These data are restricted" in found.error
    assert "start" not in at_reana


def test_a_stop_is_heard_between_two_files(run: Run, at_reana: list[str], two_files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "NOTE_SECONDS", -1.0)
    monkeypatch.setattr(reana, "upload", lambda *given: two_files.append(given[3]) or Run.objects.update(stop_asked_at=timezone.now()))
    assert submitted(run).status == Run.Status.STOPPED
    assert two_files == ["d/a"]


def test_a_refusal_in_text_that_no_database_holds_is_a_refusal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reana, "create", raising(RemoteRefused("no\0 \ud800")))
    assert submitted(run).error == "no\ufffd ?"


def test_only_who_launched_a_run_stops_it(run: Run, signed_in: Any) -> None:
    run.project.memberships.create(group="escape/km3net", role="member")
    assert signed_in("member").post(f"{run.get_absolute_url()}stop/").status_code == 403
    assert Run.objects.get(pk=run.pk).stop_asked_at is None
    assert signed_in("lead").post(f"{run.get_absolute_url()}stop/").status_code == 302


def test_a_workflow_that_reana_has_lost_counts_as_stopped(run: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reana, "status", raising(RemoteRefused("no such workflow", status=404)))
    Run.objects.update(remote_id="r-1", stop_asked_at=timezone.now())
    assert submitted(run).status == Run.Status.STOPPED


@pytest.mark.parametrize(("dialect", "sent"), [(Dialect.QUERY, {"steps": ["made"]}), (Dialect.BEARER, None)])
def test_a_server_that_reads_no_workflow_files_gets_what_the_engine_made_of_them(run: Run, dialect: Dialect, sent: Any) -> None:
    run.text = "workflow: {type: snakemake, file: Snakefile}"
    run.version = SpecificationVersion(specification=run.specification, reading={"submission": {"steps": ["made"]}})
    server = Service(ServiceKind.REANA, "x", "X", "http://127.0.0.1:9", options={"dialect": dialect.value})
    assert worker.document(run, server)["workflow"].get("specification") == sent


def test_snakemake_is_told_the_file_of_its_parameters_with_their_values(run: Run) -> None:
    run.text = "inputs: {parameters: {input: config.yaml}}\nworkflow: {type: snakemake, file: Snakefile}"
    run.version = SpecificationVersion(specification=run.specification, input_parameters={"sleep": 1})
    assert run.content["inputs"]["parameters"] == {"sleep": 1, "input": "config.yaml"}


def test_a_stored_file_whose_place_data_take_is_not_brought(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    brought: list[str] = []
    monkeypatch.setattr(reana, "upload", lambda _server, _token, _workflow, path, _body: brought.append(path))
    run.code, run.inputs = {"a.csv": "of the repository", "code.py": ""}, {"./a.csv": {"lake": "escape", "did": "S:a.csv"}}
    staging._bring_files(run, Service(ServiceKind.REANA, "x", "X", "http://127.0.0.1:9"), "token", {})
    assert brought == ["code.py"]


def test_a_state_that_nobody_knows_is_no_start(run: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    odd = [SimpleNamespace(id="r-1", status=word, run_number=(1,)) for word in ("archived", "", "created", "created")]
    monkeypatch.setattr(reana, "status", lambda *_: odd.pop(0))
    for _ in range(2):
        assert submitted(run).status == Run.Status.SUBMITTING
        Run.objects.update(lease_until=None)
    assert "start" not in at_reana
    assert submitted(run).status == Run.Status.PENDING
    assert at_reana.count("start") == 1


def test_one_that_reana_never_began_can_be_stopped(run: Run, at_reana: list[str]) -> None:
    Run.objects.update(status=Run.Status.SUBMITTING, remote_id="r-1", attempt=3, stop_asked_at=timezone.now())
    assert submitted(run).status == Run.Status.STOPPED
    assert "delete" in at_reana
