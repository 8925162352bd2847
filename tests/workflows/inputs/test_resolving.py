"""Which files of a lake a run reads: looked up once, checked one by one, and refused together."""

from typing import Any

import pytest
from django.utils import timezone

from datalake.rucio import Did, FileCopies
from projects.audience import Origin
from projects.workflows.inputs import resolving
from projects.workflows.inputs.asking import Asker
from projects.workflows.models import Run, RunInput
from tests.workflows.lake import copies_of, lake_with
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db
LAKE = Service(ServiceKind.RUCIO, "escape", "Lake", "http://127.0.0.1:9", options={"restricted_scopes": {"CLOSED": ["insiders"]}})
TEXT = "inputs: {files: [one.txt], directories: [data]}\nworkflow: {type: serial, specification: {steps: []}}"
DATASET = Did("S", "events", "DATASET")


def file(name: str, scope: str = "S", size: int | None = 4) -> Did:
    return Did(scope, name, "FILE", bytes=size, adler32="03d8018b")


@pytest.fixture
def reading(run: Run) -> Any:
    """The run with inputs, resolved."""

    def read(**inputs: str) -> list[RunInput]:
        run.text = TEXT
        run.inputs = {path: {"lake": "escape", "did": did} for path, did in inputs.items()}
        return resolving.resolve(run, Asker(run))

    return read


def test_a_dataset_is_a_directory_of_all_its_files(reading: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [
        copies_of(file("a.fits"), "SITE-A", "SITE-B"),
        copies_of(file("sub/b.fits"), "SITE-B"),
        copies_of(file("c", "OTHER"), "SITE-A"),
    ]
    lake_with(monkeypatch, LAKE, DATASET, files)
    rows = reading(data="S:events")
    assert [(row.path, row.did, row.bytes) for row in rows] == [
        ("data/a.fits", "S:a.fits", 4),
        ("data/sub/b.fits", "S:sub/b.fits", 4),
        ("data/OTHER/c", "OTHER:c", 4),
    ]
    assert {row.origin for row in run.origins.all()} == {Origin("escape", "S"), Origin("escape", "OTHER")}
    assert run.data_paths == {"data", "data/a.fits", "data/sub/b.fits", "data/OTHER/c"}


def test_what_is_added_later_is_not_read(reading: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lake_with(monkeypatch, LAKE, DATASET, [copies_of(file("a"), "A")])
    first = reading(data="S:events")
    lake_with(monkeypatch, LAKE, DATASET, [copies_of(file("a"), "A"), copies_of(file("b"), "A")])
    assert [row.pk for row in reading(data="S:events")] == [row.pk for row in first]


def test_a_file_goes_where_its_name_is_declared_and_into_a_declared_directory(reading: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lake_with(monkeypatch, LAKE, file("a.fits"))
    rows = reading(**{"one.txt": "S:a.fits", "data": "S:a.fits"})
    assert [row.path for row in rows] == ["one.txt", "data/a.fits"]


def test_a_dataset_where_a_file_is_declared_is_refused(reading: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lake_with(monkeypatch, LAKE, DATASET, [copies_of(file("a"), "A")])
    with pytest.raises(RemoteRefused, match=r"one\.txt must be a file, but S:events has the type dataset"):
        reading(**{"one.txt": "S:events"})


def test_all_files_that_cannot_be_read_are_named_up_to_twenty(reading: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = [FileCopies(file(f"bad{number}"), (), missing="No copy.") for number in range(25)]
    lake_with(monkeypatch, LAKE, DATASET, [copies_of(file("good"), "A"), *bad, copies_of(file("unsized", size=None), "A")])
    with pytest.raises(RemoteRefused) as refused:
        reading(data="S:events")
    lines = str(refused.value).split("\n")
    assert len(lines) == 21
    assert lines[0] == "Input data (S:events) could not be read: S:bad0: No copy."
    assert lines[20] == "… and 6 more."
    assert not run.input_files.exists()


def test_two_inputs_that_go_to_one_path_are_refused(reading: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lake_with(monkeypatch, LAKE, file("a.fits"))
    with pytest.raises(RemoteRefused, match=r"Two inputs go to data/a\.fits"):
        reading(**{"data": "S:a.fits", "data/a.fits": "S:a.fits"})
    assert not run.input_files.exists()


def test_one_input_that_cannot_be_read_does_not_hide_another(reading: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lake_with(monkeypatch, LAKE, file("a"), error=RemoteRefused("There is none.", status=404))
    with pytest.raises(RemoteRefused) as refused:
        reading(**{"one.txt": "S:a", "data": "S:b"})
    assert "S:a" in str(refused.value)
    assert "S:b" in str(refused.value)


def test_files_that_the_person_may_not_read_are_counted_and_not_named(reading: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.filter(pk=run.by_id).update(groups=["escape"])
    lake_with(monkeypatch, LAKE, DATASET, [copies_of(file("a"), "A"), copies_of(file("secret", "CLOSED"), "A")])
    with pytest.raises(RemoteRefused, match="1 file is left out") as refused:
        reading(data="S:events")
    assert "secret" not in str(refused.value)


def test_a_dataset_that_the_lake_gives_under_a_closed_scope_is_refused(reading: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.filter(pk=run.by_id).update(groups=["escape"])
    lake_with(monkeypatch, LAKE, Did("CLOSED", "events", "DATASET"), [copies_of(file("a"), "A")])
    with pytest.raises(RemoteRefused, match="These data are restricted"):
        reading(data="S:events")


def test_who_was_told_of_a_published_run_is_asked_anew_when_its_data_are_known(
    reading: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed: list[Run] = []
    monkeypatch.setattr(resolving.notices, "audience_changed", changed.append)
    lake_with(monkeypatch, LAKE, file("a"))
    run.published_at = timezone.now()
    reading(**{"one.txt": "S:a"})
    assert changed == [run]


def test_access_that_ended_since_is_noticed_before_the_bytes(reading: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.filter(pk=run.by_id).update(groups=["insiders"])
    lake_with(monkeypatch, LAKE, DATASET, [copies_of(file("secret", "CLOSED"), "A")])
    rows = reading(data="S:events")
    User.objects.filter(pk=run.by_id).update(groups=[])
    with pytest.raises(RemoteRefused, match="These data are restricted"):
        resolving.require_access(Asker(run), rows)


@pytest.mark.parametrize(("name", "limit", "words"), [("INPUT_FILES", 1, "more than 1 files"), ("INPUT_GIGABYTES", 1, "limit for one run")])
def test_too_much_is_refused_in_words(
    reading: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, name: str, limit: int, words: str
) -> None:
    setattr(settings, name, limit)
    lake_with(monkeypatch, LAKE, DATASET, [copies_of(file("a", size=10**9), "A"), copies_of(file("b"), "A")])
    with pytest.raises(RemoteRefused, match=words):
        reading(data="S:events")


def test_an_empty_dataset_is_refused(reading: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lake_with(monkeypatch, LAKE, DATASET, [])
    with pytest.raises(RemoteRefused, match="It contains no files"):
        reading(data="S:events")


def test_copies_near_the_compute_come_first_and_tape_does_not_count(reading: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    near = Service(ServiceKind.REANA, run.server, "R", "http://127.0.0.1:9", options={"near": ["C", "B"]})
    monkeypatch.setattr(resolving, "service", lambda *_: near)
    files = [copies_of(file("a"), "A", "B", "C", "T", tape=["T"]), copies_of(file("b"), "T", tape=["T"])]
    lake_with(monkeypatch, LAKE, DATASET, files)
    first, second = reading(data="S:events")
    assert [rse for rse, _address in first.copies] == ["C", "B", "A"]
    assert (first.tape, second.tape, second.copies) == ("", "offline", [])
