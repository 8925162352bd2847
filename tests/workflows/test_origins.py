"""Where a run's origins come from: its inputs when it is launched, and what the lake answers when a worker fetches them."""

import json
import uuid
from typing import Any

import pytest

from projects import audience
from projects.audience import Origin
from projects.workflows import reana, services, staging, worker
from projects.workflows.inputs.readiness import readiness
from projects.workflows.models import Keep, Run, RunOrigin
from tests.factories import make_person
from tests.workflows.lake import lake_with
from tests.workflows.test_submitting import at_reana as at_reana
from tests.workflows.test_who_sees_runs import EMBARGO, make_run
from tests.workflows.test_who_sees_runs import project as project
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.services import Service, ServiceKind, service

pytestmark = pytest.mark.django_db


def test_a_launch_notes_the_scopes_of_its_inputs_once_each(run: Run) -> None:
    sources = {name: {"lake": "escape", "did": f"{scope}:{name}"} for name, scope in (("a", EMBARGO), ("b", EMBARGO), ("c", "OTHER"))}
    made = services.launch(
        by=run.by,
        project=run.project,
        specification=run.specification,
        parameters={},
        inputs=sources,
        key=uuid.uuid4(),
        server="test-reana",
    )
    assert [row.origin for row in made.origins.all()] == [Origin("escape", EMBARGO), Origin("escape", "OTHER")]


def test_a_worker_notes_the_scope_that_the_lake_answers_before_a_byte_is_in_the_workspace(
    run: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = staging.rucio.Did("HELD_SP", "n", "FILE", bytes=4, adler32="03d8018b")
    lake = Service(ServiceKind.RUCIO, "escape", "Lake", "http://127.0.0.1:9")
    there: list[set[str]] = []
    lake_with(monkeypatch, lake, file)
    monkeypatch.setattr(staging.streaming, "pieces", lambda *_: [b"data"])
    monkeypatch.setattr(reana, "upload", lambda *_: there.append(set(RunOrigin.objects.values_list("scope", flat=True))))
    Run.objects.update(inputs={"in/a.txt": {"lake": "escape", "did": "S:n"}})
    worker.submit(run.pk)
    assert Run.objects.get(pk=run.pk).status == Run.Status.PENDING
    assert there == [{"HELD_SP"}]


def test_a_file_that_the_lake_gives_from_a_restricted_scope_is_not_fetched(
    run: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=run.by_id).update(groups=["escape"])
    file = staging.rucio.Did(EMBARGO, "n", "FILE", bytes=4, adler32="03d8018b")
    lake_with(monkeypatch, service(ServiceKind.RUCIO, "escape"), file)
    monkeypatch.setattr(staging.streaming, "pieces", lambda *_: pytest.fail("its bytes were asked for"))
    Run.objects.update(inputs={"in/a.txt": {"lake": "escape", "did": "S:n"}})
    worker.submit(run.pk)
    assert "These data are restricted." in Run.objects.get(pk=run.pk).error
    assert "start" not in at_reana


def test_restricted_and_unknown_data_are_refused_before_a_lake_is_asked() -> None:
    wanted = {
        "a": {"lake": "escape", "did": "KM3NET_ECAP_SP:x"},
        "b": {"lake": "escape", "did": f"{EMBARGO}:x"},
        "c": {"lake": "no-such-lake", "did": "A:x"},
    }
    states = {row.path: row for row in readiness(make_person("outsider"), wanted)}
    assert {path: row.state for path, row in states.items()} == {"a": "not looked at", "b": "restricted", "c": "missing"}
    assert "no-such-lake" in states["c"].words
    assert not {row.path: row for row in readiness(make_person("lead"), wanted)}["b"].is_wrong


def test_an_account_is_exported_without_what_comes_of_data_that_the_person_may_no_longer_read(
    project: Any, people: dict[str, User]
) -> None:
    run, seen = make_run(project, people["newcomer"], "restricted"), make_run(project, people["newcomer"], "plain")
    Run.objects.filter(pk=seen.pk).update(published_by=people["lead"])
    told = data_export.export_person(people["newcomer"])
    assert {row["number"] for row in told["workflows.run"]} == {run.number, seen.number}
    assert len(told["workflows.keep"]) == Keep.objects.count() == 2
    text = json.dumps(told, default=str)
    assert f"CANARY{seen.number}-log" in text
    assert f"CANARY{run.number}" not in text
    assert str(data_export.NO_LONGER_READABLE) in text
    of_lead = data_export.export_person(people["lead"])
    assert (of_lead["workflows.run"], [row["number"] for row in of_lead["workflows.run.published_by"]]) == ([], [seen.number])


def test_a_scope_is_open_or_restricted_as_services_toml_says_now(
    project: Any, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(project, people["lead"], "restricted")
    seen_by_newcomer = Run.objects.filter(pk=run.pk).visible_to
    assert not seen_by_newcomer(people["newcomer"]).exists()
    monkeypatch.setattr(audience.scopes, "_restrictions", lambda _: [])
    assert seen_by_newcomer(people["newcomer"]).exists()
