"""One DID that Rucio refuses or fails at costs only itself: the others of the same act are done, wherever it stands among them."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from datalake import rucio as door
from datalake.acts import services, worker
from datalake.acts.kinds import Arguments
from datalake.acts.kinds.collections import Content
from datalake.acts.kinds.rules import MakeAvailable
from datalake.acts.models import Act
from tests.datalake.acts.elements import SCOPE
from tests.devstack import rucio_core
from tests.devstack.rucio_client import rucio, unique, upload
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import User

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
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


def performed(kind: str, by: User, arguments: Arguments) -> Act:
    act = services.ask(kind, lake="escape", by=by, arguments=arguments, key=uuid.uuid4())
    worker.perform(act.pk)
    act.refresh_from_db()
    return act


def told(act: Act) -> dict[str, str]:
    return {item["what"].partition(":")[2]: item["state"] for item in act.results}


@pytest.mark.parametrize("place", PLACES)
def test_the_others_are_put_in_and_taken_out(member: User, files: list[str], place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name = unique("one-bad")
    assert rucio("member", "POST", f"/dids/{SCOPE}/{name}", json={"type": "DATASET"}).status_code == 201
    act = performed("attach", member, Content(SCOPE, name, with_bad(place, files)))
    assert told(act) == {**dict.fromkeys(files, "done"), BAD: "refused"}
    assert act.state == Act.State.REFUSED
    assert next(item["words"] for item in act.results if item["state"] == "refused")
    rucio_core.attach(SCOPE, name, [BAD], of=ODD_SCOPE)
    real = door.detach_some

    def detach_some(lake: Any, token: str, scope: str, name: str, children: Any) -> None:
        if (ODD_SCOPE, BAD) in children:  # Rucio itself takes this one out
            raise RemoteRefused("The lake refused.", service=lake)
        real(lake, token, scope, name, children)

    monkeypatch.setattr(door, "detach_some", detach_some)
    act = performed("detach", member, Content(SCOPE, name, with_bad(place, files)))
    assert told(act) == {**dict.fromkeys(files, "done"), BAD: "refused"}


@pytest.mark.parametrize("place", PLACES)
def test_the_others_get_their_rule(member: User, files: list[str], place: int) -> None:
    wanted = MakeAvailable(with_bad(place, files, "no.such.file"), "DEMO-ERLANGEN", lifetime=3600)
    assert told(performed("make-available", member, wanted)) == {**dict.fromkeys(files, "done"), "no.such.file": "refused"}


@pytest.mark.parametrize("place", PLACES)
def test_one_at_which_rucio_fails_is_tried_again_and_the_others_are_done(
    member: User, files: list[str], place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failing = door.ask_rule, [BAD]

    def ask_rule(lake: Any, token: str, scope: str, name: str, wish: Any) -> Any:
        if name in failing:  # the real one takes this name
            raise RemoteUnavailable("The lake is failing (status 500).", service=lake)
        return real(lake, token, scope, name, wish)

    monkeypatch.setattr(door, "ask_rule", ask_rule)
    act = performed("make-available", member, MakeAvailable(with_bad(place, files), "DEMO-ERLANGEN", lifetime=3600))
    assert told(act) == {**dict.fromkeys(files, "done"), BAD: "waiting"}
    assert act.state == Act.State.QUEUED
    assert "1 of 3" in act.answer
    failing[:] = ["nothing"]
    monkeypatch.setattr(door, "ask_rule", lambda *asked: door.Made("0" * 32) if asked[3] == BAD else real(*asked))
    Act.objects.update(lease_until=None)
    worker.perform(act.pk)
    act.refresh_from_db()
    assert (act.state, set(told(act).values())) == (Act.State.DONE, {"done"})


def test_where_the_lake_is_down_none_is_blamed(member: User, files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def down(lake: Any, *_: Any) -> Any:
        raise RemoteUnavailable("The lake cannot be reached.", service=lake)

    monkeypatch.setattr(door, "ask_rule", down)
    monkeypatch.setattr(door, "is_up", lambda _: False)
    act = performed("make-available", member, MakeAvailable(with_bad(0, files), "DEMO-ERLANGEN"))
    assert (act.state, act.results) == (Act.State.QUEUED, [])
