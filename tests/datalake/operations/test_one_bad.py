"""One DID that Rucio refuses or fails at costs only itself: the others of the same act are done, wherever it stands among them."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from datalake import rucio as door
from datalake.operations import services, worker
from datalake.operations.kinds import Arguments
from datalake.operations.kinds.collections import Content
from datalake.operations.kinds.rules import MakeAvailable
from datalake.operations.models import Operation
from tests.datalake.operations.elements import SCOPE
from tests.devstack import rucio_core
from tests.devstack.rucio_client import rucio, unique, upload
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import User

pytestmark = [
    pytest.mark.integration("rucio", "storage", "iam"),
    pytest.mark.django_db(transaction=True),
]
PLACES = [0, 1, 2]
ODD_SCOPE = f"t.{uuid.uuid4().hex[:8]}"
BAD = "hash#1.fits"  # Rucio answers a question that has this name with status 500


@pytest.fixture
def files() -> Iterator[list[str]]:
    """Two good files in Erlangen; beside them there is one that Rucio's own rule for names does not allow."""
    rucio_core.add(ODD_SCOPE, [BAD], account="member")
    yield [upload("member", SCOPE, b"one"), upload("member", SCOPE, b"two")]
    rucio_core.delete(ODD_SCOPE)


def with_bad(place: int, good: list[str], bad: str = BAD) -> list[list[str]]:
    names = [*good[:place], bad, *good[place:]]
    return [[ODD_SCOPE if name == BAD else SCOPE, name] for name in names]


def performed(kind: str, by: User, arguments: Arguments) -> Operation:
    operation = services.enqueue(kind, lake="escape", by=by, arguments=arguments, key=uuid.uuid4())
    worker.execute(operation.pk)
    operation.refresh_from_db()
    return operation


def told(operation: Operation) -> dict[str, str]:
    return {item["what"].partition(":")[2]: item["state"] for item in operation.results}


@pytest.mark.parametrize("place", PLACES)
def test_the_others_are_put_in_and_taken_out(member: User, files: list[str], place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name = unique("one-bad")
    assert rucio("member", "POST", f"/dids/{SCOPE}/{name}", json={"type": "DATASET"}).status_code == 201
    operation = performed("attach", member, Content(SCOPE, name, with_bad(place, files)))
    assert told(operation) == {**dict.fromkeys(files, "done"), BAD: "refused"}
    assert operation.state == Operation.State.REFUSED
    assert next(item["words"] for item in operation.results if item["state"] == "refused")
    rucio_core.attach(SCOPE, name, [BAD], of=ODD_SCOPE)
    real = door.detach

    def detach_some(lake: Any, token: str, scope: str, name: str, children: Any) -> None:
        if (ODD_SCOPE, BAD) in children:  # Rucio itself takes this one out
            raise RemoteRefused("The lake refused.", service=lake)
        real(lake, token, scope, name, children)

    monkeypatch.setattr(door, "detach", detach_some)
    operation = performed("detach", member, Content(SCOPE, name, with_bad(place, files)))
    assert told(operation) == {**dict.fromkeys(files, "done"), BAD: "refused"}


@pytest.mark.parametrize("place", PLACES)
def test_the_others_get_their_rule(member: User, files: list[str], place: int) -> None:
    wanted = MakeAvailable(with_bad(place, files, "no.such.file"), "DEMO-ERLANGEN", lifetime=3600)
    assert told(performed("make-available", member, wanted)) == {**dict.fromkeys(files, "done"), "no.such.file": "refused"}


@pytest.mark.parametrize("place", PLACES)
def test_one_at_which_rucio_fails_is_tried_again_and_the_others_are_done(
    member: User, files: list[str], place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failing = door.ensure_rule, [BAD]

    def ask_rule(lake: Any, token: str, scope: str, name: str, wish: Any) -> Any:
        if name in failing:  # the real one takes this name
            raise RemoteUnavailable("The lake is failing (status 500).", service=lake)
        return real(lake, token, scope, name, wish)

    monkeypatch.setattr(door, "ensure_rule", ask_rule)
    operation = performed("make-available", member, MakeAvailable(with_bad(place, files), "DEMO-ERLANGEN", lifetime=3600))
    assert told(operation) == {**dict.fromkeys(files, "done"), BAD: "waiting"}
    assert operation.state == Operation.State.QUEUED
    assert "1 of 3" in operation.answer
    failing[:] = ["nothing"]
    monkeypatch.setattr(door, "ensure_rule", lambda *asked: door.EnsuredRule("0" * 32) if asked[3] == BAD else real(*asked))
    Operation.objects.update(lease_until=None)
    worker.execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.state, set(told(operation).values())) == (Operation.State.DONE, {"done"})


def test_where_the_lake_is_down_none_is_blamed(member: User, files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def down(lake: Any, *_: Any) -> Any:
        raise RemoteUnavailable("The lake cannot be reached.", service=lake)

    monkeypatch.setattr(door, "ensure_rule", down)
    monkeypatch.setattr(door, "is_lake_up", lambda _: False)
    operation = performed("make-available", member, MakeAvailable(with_bad(0, files), "DEMO-ERLANGEN"))
    assert (operation.state, operation.results) == (Operation.State.QUEUED, [])
