"""An outage of a service is told once when it has lasted, and once when it is over, to administrators and to people who are at work there."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from projects.notebooks.models import Session
from tests.factories import make_person, make_project
from tests.jobs.conftest import run as run
from tests.notices.reading import seen_by
from vre_portal import incidents
from vre_portal.iam.models import User
from vre_portal.models import ServiceState
from vre_portal.notices.models import Event, Follow
from vre_portal.services import ServiceKind

pytestmark = pytest.mark.django_db
State = ServiceState.State
DOWN, BACK = "services.down", "services.back"


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


class Hub:
    """The hub as the checks see it; time is what its row says."""

    def __init__(self) -> None:
        self.row = ServiceState(kind="jupyterhub", name="hub")

    def seen(self, state: str, *, for_minutes: float = 0) -> None:
        """So it was found just now, and has been for so long; then people are told."""
        before = ServiceState.objects.filter(pk=self.row.pk).first()
        (before or self.row).seen(state, "It does not answer.")
        ServiceState.objects.update(since=timezone.now() - minutes(for_minutes))
        if state != State.DOWN:
            ServiceState.objects.exclude(down_at=None).update(down_at=timezone.now() - minutes(for_minutes))
        self.row = ServiceState.objects.get()
        incidents.look()
        incidents.look()


@pytest.fixture
def hub(people: dict[str, User]) -> Hub:
    return Hub()


def test_an_outage_is_told_after_two_minutes_and_that_it_is_over_after_five(hub: Hub, people: dict[str, User]) -> None:
    hub.seen(State.DOWN, for_minutes=1)
    assert not Event.objects.exists()
    hub.seen(State.DOWN, for_minutes=3)
    assert seen_by(people["admin"]) == [DOWN]
    hub.seen(State.UP, for_minutes=4)
    assert seen_by(people["admin"]) == [DOWN]
    hub.seen(State.DEGRADED, for_minutes=6)
    assert seen_by(people["admin"]) == [DOWN, BACK]
    assert Event.objects.earliest("pk").url == "/status/#jupyterhub-hub"


def test_a_service_that_flaps_is_one_outage(hub: Hub, people: dict[str, User]) -> None:
    for _ in range(3):
        hub.seen(State.DOWN, for_minutes=3)
        hub.seen(State.UP, for_minutes=2)
    hub.seen(State.UP, for_minutes=6)
    assert seen_by(people["admin"]) == [DOWN, BACK]
    hub.seen(State.DOWN, for_minutes=3)
    assert seen_by(people["admin"]) == [DOWN, BACK, DOWN]


def test_people_at_work_there_and_followers_are_told_and_nobody_else(hub: Hub, people: dict[str, User]) -> None:
    Session.objects.create(by=people["member"], project=make_project(), hub="hub", server="x", key="0" * 32)
    Session.objects.create(by=people["newcomer"], project=make_project(), hub="hub", server="x", key="0" * 32, state="stopped")
    Follow.objects.create(user=people["outsider"], topic="service:jupyterhub:hub")
    hub.seen(State.DOWN, for_minutes=3)
    for name, kinds in {"member": [DOWN], "outsider": [DOWN], "admin": [DOWN], "newcomer": [], "lead": []}.items():
        assert seen_by(people[name]) == kinds
    Session.objects.update(state="stopped")
    hub.seen(State.UP, for_minutes=6)
    assert seen_by(people["member"]) == [DOWN, BACK]  # who was told that it is down


@pytest.mark.usefixtures("run")
def test_each_application_says_who_is_at_work(people: dict[str, User]) -> None:
    from datalake.operations.models import Operation
    from datalake.uploads.models import Upload
    from projects.workflows.models import Run

    Run.objects.update(server="reana")
    Operation.objects.create(by=people["member"], lake="escape", kind="x")
    Upload.objects.create(by=people["outsider"], lake="escape", scope="a", name="b", rse="A", size=1)

    def at_work(kind: ServiceKind, name: str) -> set[int]:
        found = [set(users(type("S", (), {"name": name}))) for of, users in incidents._users if of is kind]  # type: ignore[arg-type]
        return set().union(*found)

    assert at_work(ServiceKind.REANA, "reana") == {people["lead"].pk}
    assert at_work(ServiceKind.REANA, "other") == set()
    assert at_work(ServiceKind.RUCIO, "escape") == {people["member"].pk, people["outsider"].pk}


def test_an_application_that_cannot_say_who_is_at_work_costs_only_itself(hub: Hub, people: dict[str, User], monkeypatch: Any) -> None:
    def broken(_: object) -> list[int]:
        raise ZeroDivisionError

    monkeypatch.setattr(incidents, "_users", [(ServiceKind.JUPYTERHUB, broken), (ServiceKind.JUPYTERHUB, lambda _: [people["lead"].pk])])
    hub.seen(State.DOWN, for_minutes=3)
    assert seen_by(people["lead"]) == seen_by(people["admin"]) == [DOWN]


def test_a_service_that_is_no_longer_configured_is_no_outage(people: dict[str, User]) -> None:
    ServiceState.objects.create(kind="rucio", name="gone", state=State.DOWN, since=timezone.now() - minutes(9))
    incidents.look()
    assert not Event.objects.exists()


def test_a_check_does_not_forget_what_people_were_told(hub: Hub) -> None:
    old = ServiceState.objects.create(kind="rucio", name="escape", state=State.DOWN, since=timezone.now() - minutes(9))
    incidents.look()
    old.seen(State.DOWN, "still")
    assert ServiceState.objects.get().incident_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_looks_at_once_one_tells() -> None:
    make_person("admin")
    ServiceState.objects.create(kind="jupyterhub", name="hub", state=State.DOWN, since=timezone.now() - minutes(9))
    together = threading.Barrier(2)

    def look() -> None:
        together.wait()
        try:
            incidents.look()
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Event.objects.count() == 1
