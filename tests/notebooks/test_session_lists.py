"""Lists of sessions: a person's own, and for staff those of everybody."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.notebooks import tasks, worker
from projects.notebooks.models import Session
from projects.notebooks.session_rows import rows_of
from tests.notebooks.conftest import MakeSession, SignIn, use_service

pytestmark = pytest.mark.django_db
READY = {"state": Session.State.READY, "path": "/user/x/notebook-test/"}


def test_a_row_says_when_the_hub_ends_a_session_as_far_as_its_options_do(
    make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    session = make_session(started_at=now - timedelta(hours=2), active_at=now - timedelta(minutes=10), **READY)
    assert next(rows_of([session])).ends_at is None
    use_service(monkeypatch, "http://127.0.0.1:9", {"idle_minutes": 60, "max_age_minutes": 600})
    row = next(rows_of([session]))
    assert (row.ends_at, row.ends_when_idle) == (now + timedelta(minutes=50), True)
    use_service(monkeypatch, "http://127.0.0.1:9", {"idle_minutes": 600, "max_age_minutes": 130})
    row = next(rows_of([session]))
    assert (row.ends_at, row.ends_when_idle) == (now + timedelta(minutes=10), False)
    session.hub = "gone"
    assert next(rows_of([session])).hub_title == "gone"


def test_stop_asks_and_says_what_is_lost(make_session: MakeSession, signed_in: SignIn) -> None:
    make_session(**READY)
    page = signed_in("member").get("/notebooks/").content.decode()
    assert "Code that is running, variables in memory, and text in notebooks that was not saved." in page
    assert "Saved files, in your folder for this project." in page
    assert "The hub does not tell the portal what is unsaved" in page


def test_staff_see_and_stop_every_session_and_others_learn_of_none(make_session: MakeSession, signed_in: SignIn) -> None:
    session = make_session(**READY)
    for name in ("member", "outsider"):
        assert signed_in(name).get("/notebooks/all/").status_code == 404
        assert signed_in(name).post(f"/notebooks/all/{session.pk}/stop/").status_code == 404
    admin = signed_in("admin")
    assert str(session.by) in admin.get("/notebooks/all/").content.decode()
    assert admin.post(f"/notebooks/all/{session.pk}/stop/").status_code == 302
    session.refresh_from_db()
    assert (session.state, session.why) == (Session.State.STOPPING, "An administrator stopped it.")


def test_the_list_of_staff_costs_the_same_for_many(make_session: MakeSession, signed_in: SignIn) -> None:
    admin, counts = signed_in("admin"), []
    for number in range(20):
        make_session(server=f"notebook-test-{number}", name=str(number), **READY)
        if number in (0, 19):
            admin.get("/notebooks/all/")  # what the first page of a process reads once
            with CaptureQueriesContext(connection) as queries:
                assert admin.get("/notebooks/all/").status_code == 200
            counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(admin.get("/notebooks/all/?format=json").json()["items"]) == 20


def test_only_the_end_of_what_is_idle_can_be_put_off_and_only_where_the_hub_lets_the_portal(
    make_session: MakeSession, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, browser = make_session(active_at=timezone.now(), **READY), signed_in("member")
    asked: list[int] = []
    monkeypatch.setattr(tasks.renew, "delay", asked.append)
    for options, shown in (
        ({}, False),
        ({"renewable": True, "max_age_minutes": 60}, False),
        ({"renewable": True, "idle_minutes": 60}, True),
    ):
        use_service(monkeypatch, "http://127.0.0.1:9", {"token": "t", **options})
        assert ("Keep it running" in browser.get(session.get_absolute_url()).content.decode()) is shown
    worker.renew(session.pk)  # the hub does not answer
    session.refresh_from_db()
    assert session.message.startswith("Its end could not be put off:")
