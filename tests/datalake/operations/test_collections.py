"""Datasets made, filled, emptied and closed by operations, against the stack's real Rucio."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datalake.naming import fault
from datalake.operations import worker
from datalake.operations.models import Operation
from tests.datalake.operations.elements import SCOPE, dataset
from tests.devstack.rucio_client import rucio, unique, upload
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind

pytestmark = [
    pytest.mark.integration("rucio", "storage", "iam"),
    pytest.mark.django_db(transaction=True),
]
SignIn = Callable[[str], Client]
HERE = "/datalake/escape/"


def done(client: Client, path: str, **values: Any) -> Operation:
    """A form that was sent, and the worker's part."""
    reply = client.post(f"{HERE}{path}", {"key": str(uuid.uuid4()), **values})
    assert reply.status_code == 302, reply.content.decode()
    operation = Operation.objects.latest("pk")
    assert reply["Location"] == operation.get_absolute_url()
    worker.execute(operation.pk)
    operation.refresh_from_db()
    return operation


def inside(name: str) -> set[str]:
    return {json.loads(line)["name"] for line in rucio("member", "GET", f"/dids/{SCOPE}/{name}/dids").text.splitlines()}


def test_a_dataset_is_made_with_title_and_content_and_never_twice(member: User, signed_in: SignIn) -> None:
    name, file, client = unique("made"), upload("member", SCOPE, b"inside"), signed_in("member")
    first = done(client, "create/", type="DATASET", scope=SCOPE, name=name, title="Made in a test", dids=f"{SCOPE}:{file}")
    assert first.state == Operation.State.DONE, first.answer
    assert inside(name) == {file}
    again = done(client, "create/", type="DATASET", scope=SCOPE, name=name, title="Somebody else's idea")
    assert again.state == Operation.State.REFUSED
    assert "name is already taken" in again.answer
    other = done(client, "create/", type="CONTAINER", scope=SCOPE, name=name)
    assert other.state == Operation.State.REFUSED
    strange = done(client, "create/", type="DATASET", scope="MAGIC_IFAE_SP", name=unique("not-mine"), as_is="on")
    assert (strange.state, "does not have permission" in strange.answer) == (Operation.State.REFUSED, True)


def test_many_are_put_in_and_each_is_told_what_became_of_it(member: User, signed_in: SignIn) -> None:
    name, old = dataset()
    new, missing = [upload("member", SCOPE, b"new") for _ in range(3)], unique("no/such'%2F\N{SNOWMAN}")
    lines = "\n".join(f" {SCOPE}:{item}" for item in [old, *new, missing, new[0]])
    operation = done(signed_in("member"), "press/attach/", scope=SCOPE, name=name, dids=lines)
    told = {item["what"].partition(":")[2]: item["state"] for item in operation.results}
    assert told == {old: "already", **dict.fromkeys(new, "done"), missing: "refused"}
    assert operation.state == Operation.State.REFUSED
    assert inside(name) == {old, *new}
    Operation.objects.filter(pk=operation.pk).update(state=Operation.State.QUEUED)  # the worker died at the end
    worker.execute(operation.pk)
    operation.refresh_from_db()
    assert {item["what"].partition(":")[2]: item["state"] for item in operation.results} == told


def test_they_are_taken_out_and_it_is_closed_for_good(member: User, signed_in: SignIn) -> None:
    name, file = dataset()
    client = signed_in("member")
    page = client.get(f"{HERE}change/{SCOPE}/{name}").content.decode()
    assert "You cannot open it again" in page
    gone = done(client, "press/detach/", scope=SCOPE, name=name, did=[f"{SCOPE}:{file}", f"{SCOPE}:not.in.it"])
    assert [item["state"] for item in gone.results] == ["already", "done"]
    assert inside(name) == set()
    done(client, "press/attach/", scope=SCOPE, name=name, dids=f"{SCOPE}:{file}")
    closed = done(client, "press/close/", scope=SCOPE, name=name)
    assert closed.state == Operation.State.DONE
    assert rucio("member", "GET", f"/dids/{SCOPE}/{name}").json()["open"] is False
    late = done(client, "press/attach/", scope=SCOPE, name=name, dids=f"{SCOPE}:{upload('member', SCOPE, b'late')}")
    assert late.state == Operation.State.REFUSED
    assert "nothing can" in (page := client.get(f"{HERE}change/{SCOPE}/{file}").content.decode()) or "This is a file" in page
    assert "This dataset is closed" in client.get(f"{HERE}change/{SCOPE}/{name}").content.decode()


@pytest.mark.parametrize("text", ["no colon", ":", "scope:", ":name", "s:" + "x" * 501, "\n".join(f"s:{n}" for n in range(1001))])
def test_a_list_that_is_none_becomes_no_act(member: User, signed_in: SignIn, text: str) -> None:
    reply = signed_in("member").post(f"{HERE}press/attach/", {"scope": SCOPE, "name": "x", "dids": text}, follow=True)
    assert reply.status_code in (200, 404)
    assert Operation.objects.count() == 0


def test_a_name_is_checked_against_the_lakes_own_schema(member: User, signed_in: SignIn) -> None:
    options = {"naming": [{"scope": "KM3NET_*", "pattern": "DM\\..+", "text": "they begin with DM.", "example": "DM.Events"}]}
    lake = Service(ServiceKind.RUCIO, "l", "L", "http://l", options=options)
    assert fault(lake, "KM3NET_ECAP_SP", "DM.Events.v2") == ""
    assert fault(lake, "KM3NET_ECAP_SP", "Events") == "Names in KM3NET_ECAP_SP: they begin with DM. Example: “DM.Events”."
    assert fault(lake, "user.me", "Events") == ""
    for bad in ("with space", "-dash", "quote'", "\N{GRINNING FACE}", "a%2Fb", "x" * 251):
        assert fault(lake, "user.me", bad)
    reply = signed_in("member").post(f"{HERE}create/", {"type": "DATASET", "scope": SCOPE, "name": "with space"})
    assert reply.status_code == 200
    assert "can contain letters, digits" in reply.content.decode()
