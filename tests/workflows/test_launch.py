"""A launch is a row first; the same form is one run however often it is sent."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from projects.models import Membership, Project, Role
from projects.workflows import services, worker
from projects.workflows.models import Run, Specification
from vre_portal.iam.models import User


@pytest.fixture
def asked(transactional_db: None) -> dict[str, Any]:
    """What a launch needs."""
    person = User.objects.create(issuer="https://iam.example/", subject="s", name="Lena", groups=["escape"])
    project = Project.objects.create(slug="p", title="P")
    Membership.objects.create(project=project, user=person, role=Role.LEAD)
    text = "workflow: {type: serial, specification: {steps: []}}"
    specification = Specification.objects.create(project=project, name="s", title="S", text=text)
    return {"by": person, "project": project, "specification": specification, "parameters": {"a": 1}, "inputs": {}, "server": "nowhere"}


def test_the_same_form_sent_twice_is_one_run(asked: dict[str, Any]) -> None:
    key = uuid.uuid4()
    assert services.launch(**asked, key=key).pk == services.launch(**asked, key=key).pk
    assert Run.objects.count() == 1


def test_a_form_sent_again_with_other_values_is_refused(asked: dict[str, Any]) -> None:
    key = uuid.uuid4()
    services.launch(**asked, key=key)
    with pytest.raises(services.KeyReused):
        services.launch(**{**asked, "parameters": {"a": 2}}, key=key)


def at_once(count: int, function: Any) -> list[Any]:
    """The results of one function called by many threads at the same moment."""

    def call(number: int) -> Any:
        try:
            return function(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def test_many_presses_at_once_are_one_run(asked: dict[str, Any]) -> None:
    key = uuid.uuid4()
    runs = at_once(12, lambda _: services.launch(**asked, key=key).pk)
    assert len(set(runs)) == Run.objects.count() == 1


def test_runs_are_numbered_one_by_one_whoever_comes_at_once(asked: dict[str, Any]) -> None:
    numbers = at_once(10, lambda _: services.launch(**asked, key=uuid.uuid4()).number)
    assert sorted(numbers) == list(range(1, 11))


def test_fifty_launches_at_once_never_exceed_what_one_person_may_have(asked: dict[str, Any], settings: Any) -> None:
    settings.ACTIVE_RUNS = 7
    other = Project.objects.create(slug="q", title="Q")
    elsewhere = Specification.objects.create(project=other, name="s", title="S", text=asked["specification"].text)
    places = [asked, {**asked, "project": other, "specification": elsewhere}]

    def press(number: int) -> bool:
        try:
            services.launch(**places[number % 2], key=uuid.uuid4())
        except services.TooManyRuns:
            return False
        return True

    assert sum(at_once(50, press)) == 7
    assert Run.objects.count() == 7
    with pytest.raises(services.TooManyRuns, match="You have 7 runs under way"):
        services.launch(**asked, key=uuid.uuid4())


def test_a_run_that_has_ended_makes_room_and_others_are_not_counted(asked: dict[str, Any], settings: Any) -> None:
    settings.ACTIVE_RUNS = 1
    key = uuid.uuid4()
    first = services.launch(**asked, key=key)
    assert services.launch(**asked, key=key) == first  # the same form again is no second run
    with pytest.raises(services.TooManyRuns):
        services.launch(**asked, key=uuid.uuid4())
    other = User.objects.create(issuer="https://iam.example/", subject="t", name="Max", groups=["escape"])
    assert services.launch(**{**asked, "by": other}, key=uuid.uuid4()).number == 2
    Run.objects.filter(pk=first.pk).update(status=Run.Status.FAILED)
    assert services.launch(**asked, key=uuid.uuid4()).number == 3


def test_one_worker_has_a_run_at_a_time(asked: dict[str, Any]) -> None:
    run = services.launch(**asked, key=uuid.uuid4())
    Run.objects.update(lease_until=None)
    (claimed,) = filter(None, at_once(8, lambda _: Run.claim(run.pk, worker.launches.ready())))
    assert worker.launches.waiting() == []
    claimed.release()
    assert worker.launches.waiting() == [run.pk]
