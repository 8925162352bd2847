"""A basket becomes a dataset with a rule in one act, in the stack's real Rucio."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datalake.index import store
from datalake.index.models import IndexedScope
from datalake.operations import worker
from datalake.operations.models import Operation
from projects.baskets import services
from projects.baskets.models import Basket, BasketItem
from tests.datalake.conftest import visitor
from tests.datalake.index.entries import fact
from tests.datalake.operations.elements import SCOPE, dataset
from tests.devstack.rucio_client import rucio, unique, upload
from vre_portal.iam.models import User

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
__all__ = ["visitor"]  # a fixture
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
    form = {"key": str(uuid.uuid4()), "scope": SCOPE, "near": "reana", "days": "7", "as_is": "on", "do": "make", **values}
    return client.post(f"/basket/{basket.pk}/as/dataset/escape/", form)


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
    ],
)
def test_what_is_wrong_is_said_at_its_field(member: User, signed_in: SignIn, values: dict[str, str], words: str) -> None:
    basket = basket_with(member, {"file": "FILE"})
    answer = sent(signed_in("member"), basket, **values)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Operation.objects.exists()


def test_nothing_but_data_becomes_a_dataset(member: User, signed_in: SignIn) -> None:
    basket = basket_with(member, {})
    page = signed_in("member").get(f"/basket/{basket.pk}/as/dataset/").content.decode()
    assert "Nothing in this basket can be used like this" in page
    assert signed_in("member").get(f"/basket/{basket.pk}/as/dataset/nowhere/").status_code == 404
    assert signed_in("lead").get(f"/basket/{basket.pk}/as/dataset/escape/").status_code == 404
