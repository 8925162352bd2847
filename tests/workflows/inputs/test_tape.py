"""A run waits for files that are on tape, and says how many are online."""

from typing import Any

import pytest

from datalake import rucio
from datalake.operations.models import Operation
from datalake.rucio import Did
from projects.workflows.inputs import asking, tape
from projects.workflows.inputs.asking import Asker
from projects.workflows.models import Run, RunInput
from tests.workflows.lake import copies_of
from vre_portal.http import RemoteRefused
from vre_portal.iam import vault
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def staged(run: Run, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two files on tape and one on disk; `stage` gives those named a copy on disk."""
    online: set[str] = set()
    lake = Service(ServiceKind.RUCIO, "escape", "Lake", "http://127.0.0.1:9", options={"stage_to": "DISK"})
    monkeypatch.setattr(asking, "access_token", lambda *_, **__: "token")
    monkeypatch.setattr(asking, "service", lambda *_: lake)
    monkeypatch.setattr(vault, "require_token", lambda *_, **__: None)

    def listed(_lake: object, _token: object, names: Any) -> Any:
        for scope, name in names:
            yield copies_of(Did(scope, name, "FILE", bytes=4), *(["TAPE", "DISK"] if name in online else ["TAPE"]), tape=["TAPE"])

    monkeypatch.setattr(rucio, "list_copies", listed)
    run.inputs = {"d": {"lake": "escape", "did": "S:events"}}
    for name, state in (("a", "offline"), ("b", "offline"), ("c", "")):
        RunInput.objects.create(run=run, binding="d", path=f"d/{name}", lake="escape", scope="S", name=name, bytes=4, tape=state)
    return online


def waited(run: Run) -> float:
    return tape.wait(run, list(run.input_files.all()), Asker(run))


def states(run: Run) -> list[str]:
    return list(run.input_files.values_list("tape", flat=True))


def test_a_copy_on_disk_is_asked_for_once_and_waited_for(run: Run, staged: set[str]) -> None:
    assert waited(run) == tape.SHORTEST_PAUSE
    assert waited(run) == tape.SHORTEST_PAUSE
    operation = Operation.objects.get()
    assert (operation.kind, operation.by, operation.subjects) == ("make-available", run.by, ["S:a", "S:b"])
    assert operation.arguments["rse_expression"] == "DISK"
    assert (states(run), run.inputs_note) == (["staging", "staging", ""], "Waiting for tape: 0 of 2 files online.")
    staged.add("a")
    assert waited(run) > 0
    assert (states(run), run.inputs_note) == (["online", "staging", ""], "Waiting for tape: 1 of 2 files online.")
    staged.add("b")
    assert waited(run) == 0
    assert (states(run), run.inputs_note) == (["online", "online", ""], "")
    assert [rse for rse, _address in run.input_files.get(name="a").copies] == ["DISK"]


def test_a_lake_that_refuses_ends_the_run_with_its_words(run: Run, staged: set[str]) -> None:
    waited(run)
    Operation.objects.update(state=Operation.State.REFUSED, answer="Your quota is used up.")
    with pytest.raises(RemoteRefused, match="Your quota is used up"):
        waited(run)


def test_after_the_longest_time_it_is_refused(run: Run, staged: set[str], settings: Any) -> None:
    waited(run)
    settings.TAPE_HOURS = 0
    with pytest.raises(RemoteRefused, match="2 files are still on tape"):
        waited(run)


def test_a_lake_without_a_place_to_stage_to_says_so(run: Run, staged: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "service", lambda *_: Service(ServiceKind.RUCIO, "escape", "Lake", "http://127.0.0.1:9"))
    with pytest.raises(RemoteRefused, match="no place to stage them to: S:a, S:b"):
        waited(run)
