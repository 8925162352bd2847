"""A basket becomes a dataset with a rule in one act, in the stack's real Rucio."""

import html
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from datalake.index import store
from datalake.index.models import IndexedScope, IndexEntry
from datalake.operations import worker
from datalake.operations.models import Operation
from projects.baskets import services
from projects.baskets.models import Basket, BasketItem
from tests.datalake.conftest import lake_at, visitor
from tests.datalake.index.entries import fact
from tests.datalake.operations.elements import SCOPE, dataset
from tests.devstack.rucio_client import rucio, unique, upload
from vre_portal.iam.models import User

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
__all__ = ["lake_at", "visitor"]  # fixtures
SignIn = Callable[[str], Client]


@pytest.fixture
def member(visitor: Callable[[str], Any], people: dict[str, User]) -> User:
    """Somebody whose token the worker finds in the vault."""
    visitor("member")
    return people["member"]


def basket_with(person: User, rows: dict[str, str]) -> Basket:
    """A basket with data of these names and types, which the index knows."""
    scope, _is_new = IndexedScope.objects.get_or_create(lake="escape", name=SCOPE)
    store.save_facts(scope, [fact(name, type=type, bytes=7) for name, type in rows.items()])
    basket = services.create(unique("Paper"), by=person)
    BasketItem.objects.bulk_create(
        BasketItem(basket=basket, kind="did", value=f"escape:{SCOPE}:{name}", title=name, position=n) for n, name in enumerate(rows)
    )
    return basket


def sent(client: Client, basket: Basket, **values: Any) -> Any:
    where = f"/basket/{basket.pk}/as/dataset/escape/"
    of = re.search(r'name="of" value="(\w+)"', client.get(where).content.decode())
    form = {
        "key": str(uuid.uuid4()),
        "scope": SCOPE,
        "near": "reana",
        "days": "7",
        "as_is": "on",
        "do": "make",
        "of": of and of[1],
        **values,
    }
    return client.post(where, form)


def performed() -> Operation:
    operation = Operation.objects.latest("pk")
    worker.execute(operation.pk)
    operation.refresh_from_db()
    return operation


def inside(name: str) -> set[str]:
    return {json.loads(line)["name"] for line in rucio("member", "GET", f"/dids/{SCOPE}/{name}/dids").text.splitlines()}


def rules(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in rucio("member", "GET", f"/dids/{SCOPE}/{name}/rules").text.splitlines()]


def test_files_become_a_dataset_near_the_compute(member: User, signed_in: SignIn) -> None:
    file, gone, name, client = upload("member", SCOPE, b"inside"), unique("gone"), unique("basket"), signed_in("member")
    basket = basket_with(member, {file: "FILE", gone: "FILE"})
    assert client.get(f"/basket/{basket.pk}/as/dataset/")["Location"].startswith(f"/basket/{basket.pk}/as/dataset/escape/")
    page = client.get(f"/basket/{basket.pk}/as/dataset/escape/").content.decode()
    assert "Demonstration REANA (DEMO-ERLANGEN, DEMO-ANNECY)" in page
    assert "14 B" in page
    checked = sent(client, basket, name=name, do="check")
    assert checked.status_code == 200
    assert not Operation.objects.exists()
    answer = sent(client, basket, name=name, title="My paper")
    operation = performed()
    assert answer["Location"] == operation.get_absolute_url()
    assert operation.state == Operation.State.REFUSED  # one of the two is not in the lake
    assert inside(name) == {file}
    rule = rules(name)[0]
    assert rule["rse_expression"] == "DEMO-ERLANGEN|DEMO-ANNECY"
    results = {item["what"].partition(":")[2]: item for item in operation.results}
    assert (results[gone]["state"], results[file]["state"], results[name]["rule"]) == ("refused", "done", rule["id"])
    again = sent(client, basket, name=name)
    assert again.status_code == 302
    assert "name is already taken" in performed().answer


def test_datasets_and_files_become_a_container(member: User, signed_in: SignIn) -> None:
    inner, _file = dataset()
    file, name, client = upload("member", SCOPE, b"alone"), unique("basket"), signed_in("member")
    basket = basket_with(member, {inner: "DATASET", file: "FILE", "some": "CONTAINER"})
    page = client.get(f"/basket/{basket.pk}/as/dataset/escape/").content.decode()
    assert "Rucio does not put these together with the others" in page
    sent(client, basket, name=name)
    operation = performed()
    assert operation.state == Operation.State.DONE, operation.answer
    assert inside(name) == {inner, f"{name}_files"}
    assert inside(f"{name}_files") == {file}
    Operation.objects.filter(pk=operation.pk).update(state=Operation.State.QUEUED)  # the worker died at the end
    assert performed().state == Operation.State.DONE
    assert len(rules(name)) == 1
    assert rules(name)[0]["expires_at"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "a b"}, "Names begin with a letter or a digit"),
        ({"name": ""}, "This field is required"),
        ({"name": "x", "scope": "MAGIC_IFAE_SP"}, "Select a valid choice"),
        ({"name": "x", "near": "nothing"}, "Select a valid choice"),
        ({"name": "x", "days": "9999"}, "Select a valid choice"),
        ({"name": "x", "expression": "country=Atlantis"}, "No storage element matches this expression"),
        ({"name": "x", "expression": "((("}, "RSE expression"),
        ({"name": "x", "of": "another"}, "The contents have changed. Check them, then send again."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(member: User, signed_in: SignIn, values: dict[str, str], words: str) -> None:
    basket = basket_with(member, {"file": "FILE"})
    answer = sent(signed_in("member"), basket, **values)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Operation.objects.exists()


def test_a_name_that_the_files_need_is_looked_at_before_anything_is_created(member: User, signed_in: SignIn) -> None:
    inner, _file = dataset()
    file, name, client = upload("member", SCOPE, b"alone"), unique("basket"), signed_in("member")
    rucio("member", "POST", f"/dids/{SCOPE}/{name}_files", json={"type": "DATASET"})
    sent(client, basket_with(member, {inner: "DATASET", file: "FILE"}), name=name)
    assert "Nothing was created" in performed().answer
    assert rucio("member", "GET", f"/dids/{SCOPE}/{name}").status_code == 404


def test_what_came_in_since_is_shown_before_it_is_done(member: User, signed_in: SignIn) -> None:
    client, basket = signed_in("member"), basket_with(member, {"file": "FILE"})
    of = re.search(r'name="of" value="(\w+)"', client.get(f"/basket/{basket.pk}/as/dataset/escape/").content.decode())
    BasketItem.objects.create(basket=basket, kind="did", value=f"escape:{SCOPE}:other", title="other", position=9)
    IndexEntry.objects.filter(name="file").update(name="other")
    answer = sent(client, basket, name="x", title="My paper", of=of and of[1])
    assert answer.status_code == 422
    assert "The contents have changed" in answer.content.decode()
    assert "My paper" in answer.content.decode()
    assert not Operation.objects.exists()


def test_the_page_and_its_part_about_space_ask_the_database_little(member: User, signed_in: SignIn) -> None:
    client, basket = signed_in("member"), basket_with(member, {"file": "FILE", "more": "DATASET"})
    basket.items.create(kind="project", value="1", title="A project", position=7)
    page = client.get(f"/basket/{basket.pk}/as/dataset/escape/").content.decode()
    part = html.unescape(re.search(r'hx-get="([^"]+/space/[^"]+)"', page)[1])  # type: ignore[index]
    for where in (f"/basket/{basket.pk}/as/dataset/escape/", part):
        client.get(where)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(where)
        assert answer.status_code == 200
        assert len([query for query in asked if "SAVEPOINT" not in query["sql"]]) <= 10
    assert "DEMO-ERLANGEN" in client.get(part, headers={"HX-Request": "true"}).content.decode()
    assert "Back to the form" in client.get(part).content.decode()
    assert "1 item" in page
    assert "A project" not in page


def test_what_was_typed_stays_where_the_lake_does_not_answer(member: User, signed_in: SignIn, lake_at: Callable[[str], None]) -> None:
    client, basket = signed_in("member"), basket_with(member, {"file": "FILE"})
    client.get(f"/basket/{basket.pk}/as/dataset/")  # the lake says that it knows the person
    lake_at("http://127.0.0.1:9")
    answer = client.post(f"/basket/{basket.pk}/as/dataset/escape/", {"scope": SCOPE, "name": "mine", "title": "My paper", "near": "reana"})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "My paper" in page
    assert f'<option value="{SCOPE}" selected>' in page


def test_nothing_but_data_becomes_a_dataset(member: User, signed_in: SignIn) -> None:
    basket = basket_with(member, {})
    page = signed_in("member").get(f"/basket/{basket.pk}/as/dataset/").content.decode()
    assert "Nothing in this basket can be used like this" in page
    assert signed_in("member").get(f"/basket/{basket.pk}/as/dataset/nowhere/").status_code == 404
    assert signed_in("lead").get(f"/basket/{basket.pk}/as/dataset/escape/").status_code == 404
