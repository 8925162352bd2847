"""Acts: written first, done once however often a worker runs, told in words; against the stack's real Rucio."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from datalake.operations import services, worker
from datalake.operations.kinds.rules import MakeAvailable
from datalake.operations.models import Operation
from tests.devstack.rucio_client import rucio, unique, upload
from vre_portal.audit.models import AuditEntry
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.iam.personal_data.data_export import erasure_obstacles
from vre_portal.jobs.lease import LeaseLost

pytestmark = [
    pytest.mark.integration("rucio", "storage", "iam"),
    pytest.mark.django_db(transaction=True),
]
Visitor = Callable[[str], Client]
SCOPE = "user.member"


@pytest.fixture
def dataset() -> str:
    """A dataset of the member's with one file in Erlangen."""
    name, file = unique("acts"), upload("member", SCOPE, b"acts")
    assert rucio("member", "POST", f"/dids/{SCOPE}/{name}", json={"type": "DATASET"}).status_code == 201
    inside = {"dids": [{"scope": SCOPE, "name": file}]}
    assert rucio("member", "POST", f"/dids/{SCOPE}/{name}/dids", json=inside).status_code == 201
    return name


def rules_on(name: str) -> list[dict[str, object]]:
    reply = rucio("member", "GET", f"/dids/{SCOPE}/{name}/rules")
    return [json.loads(line) for line in reply.text.splitlines()]


def wish(*names: str, rse: str = "DEMO-ANNECY", lifetime: int | None = 3600) -> MakeAvailable:
    return MakeAvailable([[SCOPE, name] for name in names], rse, lifetime=lifetime, comment="test")


def test_a_wish_becomes_one_rule_however_often_it_is_done(member: User, dataset: str) -> None:
    operation = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset))
    worker.execute(operation.pk)
    Operation.objects.filter(pk=operation.pk).update(
        state=Operation.State.QUEUED, results=[]
    )  # as if the worker had died before it could say so
    worker.execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.state, operation.results[0]["state"], operation.attempt) == (Operation.State.DONE, "done", 2)
    assert [item["id"] for item in rules_on(dataset)] == [operation.results[0]["rule"]]


def test_the_same_wish_later_is_told_as_there_already(member: User, dataset: str) -> None:
    first = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset))
    worker.execute(first.pk)
    later = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset))
    Operation.objects.filter(pk=later.pk).update(asked_at=timezone.now() + timedelta(minutes=1))
    worker.execute(later.pk)
    first.refresh_from_db()
    later.refresh_from_db()
    assert (later.state, later.results[0]["state"]) == (Operation.State.DONE, "already")
    assert later.results[0]["rule"] == first.results[0]["rule"]


def test_a_form_sent_twice_is_one_act_and_another_form_under_its_key_is_refused(member: User, dataset: str) -> None:
    key = uuid.uuid4()
    acts = {services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset), key=key).pk for _ in range(2)}
    assert len(acts) == 1
    with pytest.raises(services.KeyReused):
        services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset, rse="DEMO-BOLOGNA"), key=key)


def test_of_several_each_is_told_what_became_of_it(member: User, dataset: str, signed_in: Visitor) -> None:
    missing = unique("missing/%2F'\"\N{GRINNING FACE}")
    operation = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset, missing))
    worker.execute(operation.pk)
    operation.refresh_from_db()
    assert operation.state == Operation.State.REFUSED
    assert [item["state"] for item in operation.results] == ["done", "refused"]
    page = signed_in("member").get(operation.get_absolute_url()).content.decode()
    assert "1 done, 1 refused" in page
    assert "hx-trigger" not in page.split("<main")[1]  # it has ended: nothing asks again


def test_a_lake_that_is_away_is_asked_again_until_it_failed_too_often(member: User, dataset: str, lake_at: Callable[[str], None]) -> None:
    lake_at("http://127.0.0.1:9")
    operation = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset))
    for _ in range(worker.runner.max_tries):
        worker.execute(operation.pk)
        operation.refresh_from_db()
        assert operation.state in (Operation.State.QUEUED, Operation.State.FAILED)
        Operation.objects.filter(pk=operation.pk).update(lease_until=None)
    assert operation.state == Operation.State.FAILED
    assert services.retry(by=member, operation=operation)
    operation.refresh_from_db()
    assert (operation.state, operation.tries) == (Operation.State.QUEUED, 0)


def test_without_a_sign_in_it_waits_and_after_a_day_is_given_up(people: dict[str, User], dataset: str) -> None:
    operation = services.enqueue("make-available", lake="escape", by=people["lead"], arguments=wish(dataset))
    worker.execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.state, operation.answer) == (Operation.State.QUEUED, "Resumes when you sign in again.")
    Operation.objects.filter(pk=operation.pk).update(asked_at=timezone.now() - timedelta(days=2), lease_until=None)
    worker.execute(operation.pk)
    operation.refresh_from_db()
    assert operation.state == Operation.State.FAILED


def test_what_was_called_off_is_never_done(member: User, dataset: str, signed_in: Visitor) -> None:
    operation = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset))
    client = signed_in("member")
    assert client.post(f"{operation.get_absolute_url()}cancel/").status_code == 302
    worker.execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.state, operation.attempt) == (Operation.State.CANCELLED, 0)
    assert rules_on(dataset) == []


def test_one_worker_has_it_at_a_time_and_the_sweep_finds_what_was_dropped(member: User, dataset: str) -> None:
    operation = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset))
    assert operation.pk in worker.runner.waiting()
    assert Operation.claim(operation.pk)
    worker.execute(operation.pk)
    assert rules_on(dataset) == []
    assert operation.pk not in worker.runner.waiting()
    Operation.objects.filter(pk=operation.pk).update(lease_until=timezone.now() - timedelta(seconds=1))  # the worker died
    assert operation.pk in worker.runner.waiting()


def test_a_worker_that_slept_through_its_lease_says_nothing_any_more(member: User, dataset: str) -> None:
    operation = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset))
    assert Operation.claim(operation.pk)
    slow = Operation.objects.get(pk=operation.pk)
    Operation.objects.filter(pk=operation.pk).update(lease_until=None)
    assert Operation.claim(operation.pk)
    with pytest.raises(LeaseLost):
        slow.moved(Operation.State.DONE, "too late")


def test_acts_are_ones_own(member: User, dataset: str, signed_in: Visitor) -> None:
    operation = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset))
    assert signed_in("outsider").get(operation.get_absolute_url()).status_code == 404
    assert signed_in("outsider").post(f"{operation.get_absolute_url()}cancel/").status_code == 404
    assert signed_in("outsider").get("/datalake/escape/acts/?format=json").json()["items"] == []
    mine = signed_in("member").get("/datalake/escape/acts/?format=json").json()["items"]
    assert [item["id"] for item in mine] == [operation.pk]


def test_asking_and_its_end_are_on_record_and_the_row_needs_no_broker(member: User, dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset))
    worker.execute(operation.pk)
    entries = AuditEntry.objects.filter(subject=f"lake/escape/act/{operation.pk}").order_by("number")
    assert [(item.action, item.outcome) for item in entries] == [("lake.ask", "ok"), ("lake.act", "done")]

    def broken(*_: object, **__: object) -> None:
        raise RemoteUnavailable("away")

    monkeypatch.setattr("datalake.rucio.ensure_rule", broken)
    second = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset, rse="DEMO-BOLOGNA"))
    worker.execute(second.pk)
    second.refresh_from_db()
    assert second.state == Operation.State.QUEUED
    assert "Retrying" in second.answer


def test_somebody_with_acts_under_way_is_not_erased(member: User, dataset: str) -> None:
    operation = services.enqueue("make-available", lake="escape", by=member, arguments=wish(dataset))
    assert any("Data Lake request of yours" in reason for reason in erasure_obstacles(member))
    services.cancel(by=member, operation=operation)
    assert not any("Data Lake request of yours" in reason for reason in erasure_obstacles(member))
