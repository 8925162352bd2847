"""What is told of notebooks: that one did not start, was ended by others, or ends soon; each once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from projects.models import Membership, Project
from projects.notebooks import notices, project_end, services, tasks, worker
from projects.notebooks.models import Session
from tests.notebooks.conftest import BadHub, MakeSession, stopped
from tests.notices.reading import seen_by
from vre_portal.iam.models import User
from vre_portal.iam.personal_data.data_export import export_person
from vre_portal.notices.models import Event
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db
DAY = 24 * 60


def hub(**options: object) -> Service:
    return Service(ServiceKind.JUPYTERHUB, "hub", "Test hub", "http://127.0.0.1:9", options=options)


def test_a_start_that_failed_is_told_once_for_each_time_that_it_is_opened(make_session: MakeSession, people: dict[str, User]) -> None:
    session = make_session()
    session.failed("no room")
    assert seen_by(people["member"]) == ["notebooks.failed"]
    assert Event.objects.get().text == "no room"
    Session.objects.update(state="starting")
    session.refresh_from_db()
    session.failed("no room")
    assert Event.objects.count() == 1
    Session.objects.update(state="starting", asked_at=timezone.now())
    session.refresh_from_db()
    session.failed("no room")
    assert Event.objects.count() == 2


def test_ones_own_stop_is_no_news(make_session: MakeSession, bad_hub: BadHub) -> None:
    session = make_session(state="ready")
    services.stop_session(session=session)
    bad_hub.answer(204, X_JupyterHub_Version="6")
    assert stopped(session).state == "stopped"
    assert not Event.objects.exists()


def test_what_the_hub_ended_is_told(make_session: MakeSession, bad_hub: BadHub, people: dict[str, User]) -> None:
    session = make_session(state="ready")
    bad_hub.answer(200, {"items": [], "servers": {}}, X_JupyterHub_Version="6")
    for _ in range(2):
        worker.look_at_all(worker.hub_of(session))
    assert seen_by(people["member"]) == ["notebooks.ended"]
    assert "no longer runs this session" in Event.objects.get().text


def test_the_export_names_no_project_that_one_may_no_longer_see(
    make_session: MakeSession, people: dict[str, User], project: Project
) -> None:
    make_session()
    Project.objects.update(visibility="members", title="Renamed since")
    assert "Renamed since" in str(export_person(people["member"])["notebooks.session"])
    Membership.objects.all().delete()
    (row,) = export_person(people["member"])["notebooks.session"]
    assert "Renamed since" not in str(row)
    assert row["hub"] == "hub"


def test_a_lost_role_is_told_without_a_word_of_the_project(make_session: MakeSession, people: dict[str, User], project: Project) -> None:
    make_session(state="ready")
    Membership.objects.all().delete()
    Project.objects.update(visibility="members")
    for _ in range(2):
        tasks.check(people["member"].pk)
    assert seen_by(people["member"]) == ["notebooks.ended"]
    event = Event.objects.get()
    assert project.title not in event.title + event.text
    assert project.slug not in event.url + str(event.data)


def test_the_end_of_a_project_is_told_to_others_than_who_ends_it(
    make_session: MakeSession, people: dict[str, User], project: Project
) -> None:
    make_session(state="ready")
    make_session(by=people["lead"], state="ready")
    project_end.stop(people["lead"], project)
    assert seen_by(people["member"]) == ["notebooks.ended"]
    assert seen_by(people["lead"]) == []


def test_a_session_that_lasts_for_days_is_told_of_a_day_and_an_hour_before_its_end(
    make_session: MakeSession, people: dict[str, User]
) -> None:
    session, own = (
        make_session(state="ready", started_at=timezone.now() - timedelta(days=3) + timedelta(hours=25)),
        hub(max_age_minutes=3 * DAY),
    )
    notices.report_ends(own)
    assert not Event.objects.exists()
    for left in (timedelta(hours=23), timedelta(hours=22), timedelta(minutes=59), timedelta(minutes=58)):
        Session.objects.update(started_at=timezone.now() - timedelta(days=3) + left)
        notices.report_ends(own)
    assert set(seen_by(people["member"])) == {"notebooks.ends_soon"}
    assert {key.rpartition(":")[2] for key in Event.objects.values_list("key", flat=True)} == {"24", "1"}
    assert "The hub stops it at" in Event.objects.latest("pk").text
    assert Event.objects.latest("pk").url == session.get_absolute_url()


def test_each_end_is_told_once_however_often_it_is_looked_at(make_session: MakeSession) -> None:
    own = hub(max_age_minutes=3 * DAY)
    make_session(state="ready", started_at=timezone.now() - timedelta(days=3) + timedelta(hours=5))
    for _ in range(3):
        notices.report_ends(own)
    assert Event.objects.count() == 1
    Session.objects.update(started_at=timezone.now() - timedelta(days=3) + timedelta(hours=5))
    Session.objects.update(started_at=Session.objects.get().started_at - timedelta(hours=4, minutes=30))  # type: ignore[operator]
    for _ in range(3):
        notices.report_ends(own)
    assert Event.objects.count() == 2


def test_a_session_that_is_in_use_is_not_told_of_where_idle_ones_end(make_session: MakeSession) -> None:
    own = hub(idle_minutes=60)
    make_session(state="ready", started_at=timezone.now() - timedelta(days=2), active_at=timezone.now() - timedelta(minutes=20))
    notices.report_ends(own)
    assert not Event.objects.exists()
    Session.objects.update(active_at=timezone.now() - timedelta(minutes=40))
    notices.report_ends(own)
    assert "not in use" in Event.objects.get().text


def test_nothing_is_told_where_the_hub_says_nothing_of_ends(make_session: MakeSession, django_assert_num_queries: object) -> None:
    make_session(state="ready", started_at=timezone.now() - timedelta(days=200))
    with django_assert_num_queries(0):  # type: ignore[operator]
        notices.report_ends(hub())
    assert not Event.objects.exists()


def test_who_no_longer_sees_the_project_sees_no_notice_that_names_it(make_session: MakeSession, people: dict[str, User]) -> None:
    make_session().failed("no room")
    Membership.objects.all().delete()
    Project.objects.update(visibility="members")
    assert seen_by(people["member"]) == []
