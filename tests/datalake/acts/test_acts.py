"""Acts: written first, done once however often a worker runs, told in words; against the stack's real Rucio."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from datalake.acts import services, worker
from datalake.acts.kinds.rules import MakeAvailable
from datalake.acts.models import Act
from tests.devstack.rucio_client import rucio, unique, upload
from vre_portal.audit.models import Entry
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.iam.personal import hindrances
from vre_portal.jobs.lease import LeaseLost

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
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
    act = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset))
    worker.perform(act.pk)
    Act.objects.filter(pk=act.pk).update(state=Act.State.QUEUED, results=[])  # as if the worker had died before it could say so
    worker.perform(act.pk)
    act.refresh_from_db()
    assert (act.state, act.results[0]["state"], act.attempt) == (Act.State.DONE, "done", 2)
    assert [item["id"] for item in rules_on(dataset)] == [act.results[0]["rule"]]


def test_the_same_wish_later_is_told_as_there_already(member: User, dataset: str) -> None:
    first = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset))
    worker.perform(first.pk)
    later = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset))
    Act.objects.filter(pk=later.pk).update(asked_at=timezone.now() + timedelta(minutes=1))
    worker.perform(later.pk)
    first.refresh_from_db()
    later.refresh_from_db()
    assert (later.state, later.results[0]["state"]) == (Act.State.DONE, "already")
    assert later.results[0]["rule"] == first.results[0]["rule"]


def test_a_form_sent_twice_is_one_act_and_another_form_under_its_key_is_refused(member: User, dataset: str) -> None:
    key = uuid.uuid4()
    acts = {services.ask("make-available", lake="escape", by=member, arguments=wish(dataset), key=key).pk for _ in range(2)}
    assert len(acts) == 1
    with pytest.raises(services.KeyReused):
        services.ask("make-available", lake="escape", by=member, arguments=wish(dataset, rse="DEMO-BOLOGNA"), key=key)


def test_of_several_each_is_told_what_became_of_it(member: User, dataset: str, signed_in: Visitor) -> None:
    missing = unique("missing/%2F'\"\N{GRINNING FACE}")
    act = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset, missing))
    worker.perform(act.pk)
    act.refresh_from_db()
    assert act.state == Act.State.REFUSED
    assert [item["state"] for item in act.results] == ["done", "refused"]
    page = signed_in("member").get(act.get_absolute_url()).content.decode()
    assert "1 done, 1 refused" in page
    assert "hx-trigger" not in page.split("<main")[1]  # it has ended: nothing asks again


def test_a_lake_that_is_away_is_asked_again_until_it_failed_too_often(member: User, dataset: str, lake_at: Callable[[str], None]) -> None:
    lake_at("http://127.0.0.1:9")
    act = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset))
    for _ in range(worker.acts.max_tries):
        worker.perform(act.pk)
        act.refresh_from_db()
        assert act.state in (Act.State.QUEUED, Act.State.FAILED)
        Act.objects.filter(pk=act.pk).update(lease_until=None)
    assert act.state == Act.State.FAILED
    assert services.again(by=member, act=act)
    act.refresh_from_db()
    assert (act.state, act.tries) == (Act.State.QUEUED, 0)


def test_without_a_sign_in_it_waits_and_after_a_day_is_given_up(people: dict[str, User], dataset: str) -> None:
    act = services.ask("make-available", lake="escape", by=people["lead"], arguments=wish(dataset))
    worker.perform(act.pk)
    act.refresh_from_db()
    assert (act.state, act.answer) == (Act.State.QUEUED, "Resumes when you sign in again.")
    Act.objects.filter(pk=act.pk).update(asked_at=timezone.now() - timedelta(days=2), lease_until=None)
    worker.perform(act.pk)
    act.refresh_from_db()
    assert act.state == Act.State.FAILED


def test_what_was_called_off_is_never_done(member: User, dataset: str, signed_in: Visitor) -> None:
    act = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset))
    client = signed_in("member")
    assert client.post(f"{act.get_absolute_url()}cancel/").status_code == 302
    worker.perform(act.pk)
    act.refresh_from_db()
    assert (act.state, act.attempt) == (Act.State.CANCELLED, 0)
    assert rules_on(dataset) == []


def test_one_worker_has_it_at_a_time_and_the_sweep_finds_what_was_dropped(member: User, dataset: str) -> None:
    act = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset))
    assert act.pk in worker.acts.waiting()
    assert Act.claim(act.pk)
    worker.perform(act.pk)
    assert rules_on(dataset) == []
    assert act.pk not in worker.acts.waiting()
    Act.objects.filter(pk=act.pk).update(lease_until=timezone.now() - timedelta(seconds=1))  # the worker died
    assert act.pk in worker.acts.waiting()


def test_a_worker_that_slept_through_its_lease_says_nothing_any_more(member: User, dataset: str) -> None:
    act = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset))
    assert Act.claim(act.pk)
    slow = Act.objects.get(pk=act.pk)
    Act.objects.filter(pk=act.pk).update(lease_until=None)
    assert Act.claim(act.pk)
    with pytest.raises(LeaseLost):
        slow.moved(Act.State.DONE, "too late")


def test_acts_are_ones_own(member: User, dataset: str, signed_in: Visitor) -> None:
    act = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset))
    assert signed_in("outsider").get(act.get_absolute_url()).status_code == 404
    assert signed_in("outsider").post(f"{act.get_absolute_url()}cancel/").status_code == 404
    assert signed_in("outsider").get("/datalake/escape/acts/?format=json").json()["items"] == []
    mine = signed_in("member").get("/datalake/escape/acts/?format=json").json()["items"]
    assert [item["id"] for item in mine] == [act.pk]


def test_asking_and_its_end_are_on_record_and_the_row_needs_no_broker(member: User, dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    act = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset))
    worker.perform(act.pk)
    entries = Entry.objects.filter(subject=f"lake/escape/act/{act.pk}").order_by("number")
    assert [(item.action, item.outcome) for item in entries] == [("lake.ask", "ok"), ("lake.act", "done")]

    def broken(*_: object, **__: object) -> None:
        raise RemoteUnavailable("away")

    monkeypatch.setattr("datalake.rucio.ask_rule", broken)
    second = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset, rse="DEMO-BOLOGNA"))
    worker.perform(second.pk)
    second.refresh_from_db()
    assert second.state == Act.State.QUEUED
    assert "Retrying" in second.answer


def test_somebody_with_acts_under_way_is_not_erased(member: User, dataset: str) -> None:
    act = services.ask("make-available", lake="escape", by=member, arguments=wish(dataset))
    assert any("acts in a Data Lake" in reason for reason in hindrances(member))
    services.cancel(by=member, act=act)
    assert not any("acts in a Data Lake" in reason for reason in hindrances(member))
