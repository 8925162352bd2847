"""How staff stop an action and let it go on: who may, two at once, times, and where everybody reads it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.factories import make_stop
from vre_portal import staff_overview
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind
from vre_portal.stop_switches import present, services
from vre_portal.stop_switches.models import StopSwitch

SignIn = Callable[..., Client]
LATER = timezone.now().year + 2
pytestmark = pytest.mark.django_db
RUNS = "/stop-switches/reana/reana/runs/"


def stopped(kind: str = "reana", name: str = "reana", action: str = "runs") -> bool:
    return present.stop_of(kind, name, action) is not None


def test_an_action_is_stopped_and_goes_on(signed_in: SignIn) -> None:
    browser = signed_in("admin")
    assert not stopped()
    assert browser.post(RUNS, {"seen": 0, "reason": "Upgrade"}).status_code == 302
    assert stopped()
    assert not stopped(name="reana-0.9")
    assert browser.post(f"/stop-switches/{StopSwitch.objects.get().pk}/off/").status_code == 302
    assert not stopped()
    assert list(AuditEntry.objects.order_by("number").values_list("action", "subject")) == [
        ("service.stop", "service/reana/reana"), ("service.resume", "service/reana/reana"),
    ]  # fmt: skip


@pytest.mark.parametrize("visitor", ["anonymous", "member", "lead"])
def test_nobody_but_staff_stops_anything(signed_in: SignIn, visitor: str) -> None:
    switch, browser = make_stop("jupyterhub", "hub", "sessions"), signed_in(visitor)
    assert browser.post(RUNS, {"seen": 0, "reason": "Mine"}).status_code in (302, 404)
    assert browser.post(f"/stop-switches/{switch.pk}/off/").status_code in (302, 404)
    assert not stopped()
    assert stopped("jupyterhub", "hub", "sessions")
    assert "/stop-switches/" not in browser.get("/status/").content.decode()


@pytest.mark.parametrize(("minutes", "until", "is_stopped"), [(-10, None, True), (-10, 10, True), (-10, -1, False), (5, 10, False)])
def test_a_switch_holds_from_its_beginning_until_its_end(minutes: int, until: int | None, *, is_stopped: bool) -> None:
    now = timezone.now()
    end = None if until is None else now + timedelta(minutes=until)
    make_stop("reana", "reana", "runs", starts_at=now + timedelta(minutes=minutes), until=end)
    assert stopped() is is_stopped


def test_it_ends_by_itself_although_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    make_stop("reana", "reana", "runs", until=now + timedelta(seconds=500))
    assert stopped()
    later = now + timedelta(seconds=501)
    monkeypatch.setattr("time.time", later.timestamp)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert not stopped()


def test_a_stop_of_all_changes_stops_uploads_and_not_the_reverse() -> None:
    switch = make_stop("rucio", "escape", "changes")
    assert stopped("rucio", "escape", "uploads")
    StopSwitch.objects.filter(pk=switch.pk).update(action="uploads")
    assert not stopped("rucio", "escape", "changes")


def test_an_expired_switch_does_not_hinder_a_new_one(people: dict[str, User]) -> None:
    make_stop("reana", "reana", "runs", until=timezone.now() - timedelta(seconds=1))
    services.turn_on(by=people["admin"], kind="reana", name="reana", action="runs", reason="Again", starts_at=None, until=None)
    assert stopped()
    assert StopSwitch.objects.past().count() == 1


def test_a_switch_of_a_later_version_of_the_portal_breaks_nothing() -> None:
    make_stop("reana", "reana", "teleports")
    assert present.holding_switches() == ()
    assert Client().get("/status.json").status_code == 200


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"reason": ""}, "required"),
    ({"reason": "x" * 201}, "200"),
    ({"reason": "a\u202eb"}, "U+202E"),
    ({"until": "2020-01-01T10:00"}, "in the past"),
    ({"until": "later"}, "not a date"),
    ({"starts_at": f"{LATER}-01-02T00:00", "until": f"{LATER}-01-01T00:00"}, "not after the beginning"),
    ({"until": "9999-12-31T23:59"}, "more than ten years away"),
    ({"starts_at": "0001-01-01T00:00"}, "more than ten years away"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_bad_values_are_refused_with_the_reason(signed_in: SignIn, changes: dict[str, Any], words: str) -> None:
    answer = signed_in("admin").post(RUNS, {"seen": 0, "reason": "Upgrade", **changes})
    assert answer.status_code == 400
    assert words in str(answer.context["form"].errors)
    assert not StopSwitch.objects.exists()


@pytest.mark.parametrize("where", ["reana/none/runs", "reana/reana/sessions", "nothing/x/runs"])
def test_what_is_not_configured_cannot_be_stopped(signed_in: SignIn, where: str) -> None:
    assert signed_in("admin").post(f"/stop-switches/{where}/", {"seen": 0, "reason": "x"}).status_code == 404


def test_the_same_press_twice_is_one_switch(signed_in: SignIn) -> None:
    browser = signed_in("admin")
    assert [browser.post(RUNS, {"seen": 0, "reason": "Upgrade"}).status_code for _ in range(2)] == [302, 302]
    assert StopSwitch.objects.count() == AuditEntry.objects.filter(action="service.stop").count() == 1


def test_the_second_of_two_who_stop_it_is_told_and_loses_nothing(signed_in: SignIn) -> None:
    browser = signed_in("admin")
    browser.post(RUNS, {"seen": 0, "reason": "The first reason"})
    answer = browser.post(RUNS, {"seen": 0, "reason": "The second reason"})
    whole = answer.content.decode()
    assert answer.status_code == 409
    assert "The first reason" in whole
    assert "The second reason" in whole
    assert browser.post(RUNS, {"seen": 1, "reason": "The second reason"}).status_code == 302
    assert StopSwitch.objects.get().reason == "The second reason"


def test_who_changes_a_switch_that_is_off_by_now_is_told(signed_in: SignIn) -> None:
    browser = signed_in("admin")
    browser.post(RUNS, {"seen": 0, "reason": "Upgrade"})
    services.turn_off(by=User.objects.get(name__contains="dmin"), pk=StopSwitch.objects.get().pk)
    assert browser.post(RUNS, {"seen": 1, "reason": "Longer"}).status_code in (302, 409)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_stop_and_resume_at_once_each_act_is_done_once(people: dict[str, User]) -> None:
    def at_once(act: Callable[[int], object]) -> list[object]:
        barrier, results = threading.Barrier(4), list[object]()

        def work(number: int) -> None:
            barrier.wait()
            try:
                results.append(act(number))
            except services.AlreadyStopped:
                results.append("told")
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    target = {"kind": "reana", "name": "reana", "action": "runs"}
    on = at_once(lambda n: services.turn_on(by=people["admin"], reason=f"Reason {n}", starts_at=None, until=None, **target))
    assert on.count("told") == 3
    switch = StopSwitch.objects.get()
    off = at_once(lambda _: services.turn_off(by=people["admin"], pk=switch.pk))
    assert off.count(None) == 3
    assert AuditEntry.objects.filter(action__in=("service.stop", "service.resume")).count() == 2


def test_the_status_page_says_it_to_everybody_also_where_it_was_kept() -> None:
    assert "are stopped" not in Client().get("/status/").content.decode()
    make_stop("reana", "reana", "runs", reason="Upgrade <b>now</b>", until=timezone.now() + timedelta(days=3))
    whole = Client().get("/status/").content.decode()
    assert "New runs on Demonstration REANA are stopped until" in whole
    assert "Upgrade &lt;b&gt;now&lt;/b&gt;" in whole
    listed = {(item["kind"], item["name"]): item["stopped"] for item in Client().get("/status.json").json()["services"]}
    assert [(stop["action"], stop["reason"]) for stop in listed["reana", "reana"]] == [("runs", "Upgrade <b>now</b>")]
    assert listed["reana", "reana-0.9"] == []


def test_the_dashboard_of_staff_says_what_is_stopped() -> None:
    make_stop("jupyterhub", "hub", "sessions")
    found, failed = staff_overview.figures(staff_overview.StaffSection.PROBLEMS)
    assert failed == 0
    assert any(item.url == "/stop-switches/" and item.value == 1 for item in found)


def test_the_list_has_what_can_be_stopped_and_what_was(signed_in: SignIn, people: dict[str, User]) -> None:
    switch = make_stop("zenodo", next(item.name for item in __import__("vre_portal").services.services(ServiceKind.ZENODO)), "harvest")
    services.turn_off(by=people["admin"], pk=switch.pk)
    make_stop("reana", "reana", "runs", starts_at=timezone.now() + timedelta(hours=1))
    page = signed_in("admin").get("/stop-switches/")
    assert [item.pk for item in page.context["past"]] == [switch.pk]
    assert "planned" in page.content.decode()
    listed = signed_in("admin").get("/stop-switches/?format=json").json()["items"]
    assert [item["action"] for item in listed] == ["runs", "harvest"]
