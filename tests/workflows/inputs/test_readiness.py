"""What is known of an input before a run reads it: from the index, and of the lake only where that does not know."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone

from datalake import rucio
from datalake.index.models import IndexedScope, IndexEntry
from datalake.reads import reader
from projects.workflows.inputs import copies as copies_module
from projects.workflows.inputs import readiness as readiness_module
from projects.workflows.inputs.copies import copies_of
from projects.workflows.inputs.readiness import MAX_ASKED, Readiness, not_looked_at, readiness
from tests.factories import make_person
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
SCOPE = "KM3NET_ECAP_SP"


@dataclass
class Lake:
    """Answers of a lake by DID, and what it was asked."""

    dids: dict[str, rucio.Did | Exception] = field(default_factory=dict)
    replicas: dict[str, list[rucio.Replica] | Exception] = field(default_factory=dict)
    rses: list[rucio.Rse] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def get_did(self, lake: Any, _token: str, scope: str, name: str) -> rucio.Did:
        self.asked.append(f"did {name}")
        unknown = RemoteRefused("There is none.", service=lake, status=404)
        return self._answer(self.dids.get(f"{scope}:{name}", unknown))

    def list_replicas(self, _lake: Any, _token: str, scope: str, name: str, *, type: str) -> list[rucio.Replica]:
        self.asked.append(f"copies of {type} {name}")
        return self._answer(self.replicas.get(f"{scope}:{name}", []))

    def list_rses(self, _lake: Any, _token: str, *, details: bool) -> list[rucio.Rse]:
        assert not details
        return self.rses

    @staticmethod
    def _answer(answer: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Lake:
    made = Lake()
    for module in (readiness_module, copies_module):
        monkeypatch.setattr(module.rucio, "get_did", made.get_did)
        monkeypatch.setattr(module.rucio, "list_replicas", made.list_replicas)
        monkeypatch.setattr(module.rucio, "list_rses", made.list_rses)
    monkeypatch.setattr(reader.vault, "access_token", lambda *_args, **_options: "token")
    monkeypatch.setattr(reader.read_cache, "load", lambda _key: None)
    return made


@pytest.fixture
def person() -> User:
    return make_person("lead")


@pytest.fixture
def index() -> Callable[..., None]:
    scope = IndexedScope.objects.create(lake="escape", name=SCOPE)

    def add(name: str, type: str = "FILE", bytes: int | None = 5, length: int | None = None) -> None:
        IndexEntry.objects.create(scope=scope, name=name, type=type, bytes=bytes, length=length, created=timezone.now())

    return add


def of(name: str, scope: str = SCOPE) -> dict[str, dict[str, str]]:
    return {"in": {"lake": "escape", "did": f"{scope}:{name}"}}


def looked_at(person: User, name: str, **options: Any) -> Readiness:
    (row,) = readiness(person, of(name), **options)
    return row


def test_what_the_index_knows_is_not_asked_of_the_lake(lake: Lake, person: User, index: Callable[..., None]) -> None:
    index("a.fits")
    index("run", "DATASET", 1000, 3)
    inputs = {path: {"lake": "escape", "did": f"{SCOPE}:{path}"} for path in ("run", "a.fits")}
    rows = readiness(person, inputs)
    assert [(row.path, row.type, row.files, row.bytes, row.state) for row in rows] == [
        ("run", "DATASET", 3, 1000, "there"),
        ("a.fits", "FILE", None, 5, "there"),
    ]
    assert lake.asked == []


def test_the_lake_is_asked_for_what_the_index_does_not_have(lake: Lake, person: User, index: Callable[..., None]) -> None:
    lake.dids[f"{SCOPE}:new"] = rucio.Did(SCOPE, "new", "CONTAINER", bytes=70, length=7)
    row = looked_at(person, "new")
    assert (row.type, row.files, row.bytes, row.state) == ("CONTAINER", 7, 70, "there")
    assert looked_at(person, "typo").state == "missing"
    assert lake.asked == ["did new", "did typo"]


def test_restricted_and_missing_data_are_told_alike_to_those_who_may_not_know(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, person: User
) -> None:
    closed = "HIDDEN_SP"
    monkeypatch.setattr(readiness_module.scopes, "_restrictions", lambda _lake: [("HIDDEN_*", frozenset({"nobody"}))])
    (hidden,) = readiness(person, of("x", closed))
    (missing,) = readiness(person, of("x"))
    assert hidden.state == missing.state == "missing"
    assert hidden.words.replace(closed, SCOPE) == missing.words
    assert (hidden.type, hidden.bytes) == (None, None)
    assert lake.asked == ["did x"]  # of the other scope


@pytest.mark.parametrize("error", [RemoteUnavailable("It does not answer."), ValueError("odd")])
def test_a_lake_that_fails_leaves_an_input_not_looked_at(lake: Lake, person: User, error: Exception) -> None:
    lake.dids[f"{SCOPE}:new"] = error
    row = looked_at(person, "new", with_copies=True)
    assert (row.state, row.type) == ("not looked at", None)
    assert not_looked_at([row]) == f"{SCOPE}:new is not in the index of the Data Lake yet."


def test_what_the_lake_refuses_is_restricted(lake: Lake, person: User) -> None:
    lake.dids[f"{SCOPE}:new"] = RemoteRefused("It is not for you.", status=403)
    row = looked_at(person, "new")
    assert (row.state, row.is_wrong) == ("restricted", True)
    assert row.words.endswith("It is not for you.")


def test_no_more_than_some_are_asked_about(lake: Lake, person: User) -> None:
    inputs = {f"{number}": {"lake": "escape", "did": f"{SCOPE}:{number}"} for number in range(MAX_ASKED + 3)}
    rows = readiness(person, inputs)
    assert len(lake.asked) == MAX_ASKED
    assert [row.state for row in rows[-3:]] == ["not looked at"] * 3


def copy(rse: str, state: str = "AVAILABLE", **amounts: Any) -> rucio.Replica:
    return rucio.Replica(SCOPE, "x", rse, state, **amounts)


DISK, TAPE, CLOSED = rucio.Rse("DISK", "DISK"), rucio.Rse("TAPE", "TAPE"), rucio.Rse("CLOSED", "DISK", readable=False)


@pytest.mark.parametrize(
    ("replicas", "state", "number"),
    [
        ([copy("DISK"), copy("TAPE")], "there", 2),
        ([copy("DISK", "BAD")], "no copy", 0),
        ([], "no copy", 0),
        ([copy("CLOSED")], "no copy", 0),
        ([copy("TAPE")], "on tape", 1),
        ([copy("TAPE"), copy("CLOSED"), copy("DISK", "COPYING")], "on tape", 1),
    ],
)
def test_copies_of_a_file(
    lake: Lake, person: User, index: Callable[..., None], replicas: list[rucio.Replica], state: str, number: int
) -> None:
    index("x")
    lake.replicas[f"{SCOPE}:x"], lake.rses = replicas, [DISK, TAPE, CLOSED]
    row = looked_at(person, "x", with_copies=True)
    assert (row.state, row.copies, row.bytes) == (state, number, 5)
    assert row.words


@pytest.mark.parametrize(
    ("held", "state"),
    [
        ([("DISK", 3)], "there"),
        ([("DISK", 2), ("TAPE", 1)], "there"),
        ([("TAPE", 3)], "on tape"),
        ([("DISK", 2)], "no copy"),
        ([("DISK", 0)], "no copy"),
    ],
)
def test_copies_of_a_dataset(lake: Lake, person: User, index: Callable[..., None], held: list[tuple[str, int]], state: str) -> None:
    index("x", "DATASET", 9, 3)
    lake.rses = [DISK, TAPE]
    lake.replicas[f"{SCOPE}:x"] = [
        copy(rse, "AVAILABLE" if count == 3 else "UNAVAILABLE", length=3, available_length=count) for rse, count in held
    ]
    row = looked_at(person, "x", with_copies=True)
    assert (row.state, row.files) == (state, 3)


def test_copies_that_cannot_be_listed_are_said_not_to_be_known(lake: Lake, person: User, index: Callable[..., None]) -> None:
    index("x")
    lake.replicas[f"{SCOPE}:x"] = RemoteUnavailable("Too slow.")
    row = looked_at(person, "x", with_copies=True)
    assert (row.state, row.copies) == ("there", None)
    assert "not looked at" in row.words


def test_a_storage_element_of_which_nothing_is_known_counts_as_a_disk() -> None:
    assert copies_of([copy("NEW")], []).readable == ("NEW",)
    assert not copies_of([copy("NEW")], []).is_on_tape
