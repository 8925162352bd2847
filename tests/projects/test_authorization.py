"""What is done in somebody's name is done only while they may: queued launches, runs at work, keeps and notebooks."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from devstack.address import IAM_ISSUER, PORTAL_URL, subject
from devstack.iam.control import person
from projects import authorization
from projects.models import Membership, Project, Role
from projects.notebooks import worker as notebooks
from projects.notebooks.models import Session
from projects.permissions import Permission
from projects.workflows import archiving, leftovers, polling, reana, worker
from projects.workflows.models import Keep, Run, Specification
from tests.devstack import iam_client
from tests.devstack.changed_people import restore
from tests.factories import make_project
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db
TEXT = "workflow: {type: serial, specification: {steps: []}}\noutputs: {files: [out.csv]}"


@pytest.fixture(autouse=True)
def nothing_remembered(db: None) -> None:
    cache.clear()


def make_run(project: Project, by: User, **facts: Any) -> Run:
    specification = Specification.objects.create(project=project, name="s", title="S", text=TEXT)
    known = {"number": 1, "text": TEXT, "key": uuid.uuid4(), "server": "test-reana", "name": Run.new_name(), **facts}
    return Run.objects.create(project=project, by=by, specification=specification, **known)


@pytest.fixture
def taken_away(people: dict[str, User]) -> tuple[Project, User]:
    """A project, and somebody who was its member when they asked and is nothing now."""
    return make_project(lead=people["lead"], groups={"escape/km3net": Role.MEMBER}, scope="TEST_SP"), people["outsider"]


@pytest.fixture
def at_reana(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A REANA that notes what it is told; the vault gives tokens without an IAM."""
    told: list[str] = []

    def server(kind: ServiceKind, name: str | None = None) -> Service:
        return Service(kind, name or "x", "Test server", "http://127.0.0.1:9", options={"dialect": "bearer"})

    for module in (worker, polling, archiving, leftovers):
        monkeypatch.setattr(module, "access_token", lambda *_, **__: "token")
        monkeypatch.setattr(module, "service", server)
    monkeypatch.setattr(reana, "stop", lambda *_: told.append("stop"))
    monkeypatch.setattr(reana, "delete", lambda *_: told.append("delete"))
    monkeypatch.setattr(reana, "logs", lambda *_: reana.Logs("", (), False))
    return told


def test_a_queued_launch_of_somebody_who_lost_the_role_is_refused_and_says_why(
    taken_away: tuple[Project, User], at_reana: list[str]
) -> None:
    run = make_run(*taken_away)
    worker.submit(run.pk)
    run.refresh_from_db()
    assert run.status == Run.Status.FAILED
    assert "may no longer run workflows in this project" in run.error
    assert at_reana == []


def test_what_an_interrupted_launch_left_out_there_is_taken_away(
    taken_away: tuple[Project, User], at_reana: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(*taken_away, remote_id="r-1", attempt=1, status=Run.Status.SUBMITTING)
    monkeypatch.setattr(reana, "status", lambda *_: SimpleNamespace(status="created"))
    monkeypatch.setattr(reana, "find_by_name", lambda *_: [] if at_reana else [SimpleNamespace(id="r-1", status="created")])
    worker.submit(run.pk)
    run.refresh_from_db()
    assert (run.status, at_reana) == (Run.Status.FAILED, ["delete"])
    assert "may no longer run workflows" in run.error


def test_a_run_at_work_is_stopped_and_says_why(
    taken_away: tuple[Project, User], at_reana: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(*taken_away, remote_id="r-1", status=Run.Status.RUNNING)
    for state in ("running", "stopped"):
        monkeypatch.setattr(reana, "statuses", lambda *_, state=state: [SimpleNamespace(id="r-1", status=state)])
        polling.follow(run.by_id, "test-reana")
    run.refresh_from_db()
    assert (run.status, at_reana) == (Run.Status.STOPPED, ["stop"])
    assert "may no longer run workflows" in run.error
    assert AuditEntry.objects.filter(action="run.stop").count() == 1


def test_files_of_a_run_that_ended_just_now_are_not_fetched(
    taken_away: tuple[Project, User], at_reana: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(*taken_away, remote_id="r-1", status=Run.Status.RUNNING)
    monkeypatch.setattr(reana, "statuses", lambda *_: [SimpleNamespace(id="r-1", status="finished")])
    polling.follow(run.by_id, "test-reana")
    run.refresh_from_db()
    assert run.collected_at is not None
    assert run.files_note.startswith("Its files were not fetched.")


def test_a_result_is_not_kept_for_somebody_who_lost_the_role(taken_away: tuple[Project, User], at_reana: list[str]) -> None:
    project, by = taken_away
    run = make_run(project, by, status=Run.Status.FINISHED)
    kept = Keep.objects.create(run=run, by=by, key=uuid.uuid4(), lake="escape", scope="S", dataset="D", paths=["a"], rse="A", copy_rse="B")
    archiving.proceed(kept.pk)
    kept.refresh_from_db()
    assert kept.status == Keep.Status.FAILED
    assert "may no longer keep results" in kept.error


@pytest.mark.parametrize("gone", ["role", "person"])
def test_notebooks_of_those_who_left_do_not_start_and_are_stopped(people: dict[str, User], gone: str) -> None:
    project = make_project(lead=people["lead"])
    line = Membership.objects.create(project=project, user=people["outsider"], role=Role.MEMBER)
    facts = {"by": people["outsider"], "hub": "hub", "project": project, "server": "x"}
    running = Session.objects.create(**facts, key=uuid.uuid4(), state=Session.State.READY)
    assert notebooks.of_those_who_left(people["outsider"].pk) == []
    if gone == "role":
        line.delete()
    else:
        User.objects.filter(pk=people["outsider"].pk).update(is_active=False)
    assert notebooks.of_those_who_left(people["outsider"].pk) == [running]
    running.refresh_from_db()
    assert running.state == Session.State.STOPPING
    running.ended("x")
    asked = Session.objects.create(**facts, key=uuid.uuid4())
    notebooks.start(asked.pk)
    asked.refresh_from_db()
    assert asked.state == Session.State.FAILED
    assert "may no longer" in asked.message


def test_who_is_switched_off_here_is_out_at_the_next_page(people: dict[str, User], client: Client) -> None:
    project = make_project(lead=people["lead"])
    client.force_login(people["lead"])
    assert client.get(f"/projects/{project.slug}/people/").status_code == 200
    User.objects.filter(pk=people["lead"].pk).update(is_active=False)
    assert client.get(f"/projects/{project.slug}/people/").status_code == 404
    assert client.get("/me/").status_code == 302


def sign_in(name: str) -> tuple[Client, User]:
    """Through the whole of it, in process, at the stack's IAM."""
    visitor = Client(HTTP_HOST=PORTAL_URL.removeprefix("http://"))
    to_iam = visitor.post("/accounts/login/", {"next": "/me/"})["Location"]
    back = iam_client.sign_in(name).get(to_iam, allow_redirects=False, timeout=10).headers["Location"]
    visitor.get(back.removeprefix(PORTAL_URL))
    return visitor, User.objects.get(issuer=IAM_ISSUER, subject=subject(name))


@pytest.fixture
def member() -> Iterator[str]:
    yield "member"
    restore("member")


@pytest.mark.integration("iam")
def test_who_is_taken_out_of_a_group_at_the_iam_is_out_of_pages_tasks_and_notebooks(
    member: str, people: dict[str, User], settings: Any, at_reana: list[str]
) -> None:
    project = make_project(slug="ours", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    visitor, user = sign_in(member)
    run = make_run(project, user)
    session = Session.objects.create(by=user, hub="hub", project=project, server="x", key=uuid.uuid4(), state=Session.State.READY)
    where = run.get_absolute_url()
    assert visitor.get(where, headers={"HX-Request": "true"}).status_code == 200
    person(member, "--remove", "escape/km3net")
    authorization.require_permission(user, project, Permission.LAUNCH)  # what was asked a moment ago holds until it is old
    User.objects.filter(pk=user.pk).update(groups_seen_at=timezone.now() - timedelta(seconds=settings.GROUPS_SECONDS + 1))
    assert notebooks.of_those_who_left(user.pk) == [session]
    worker.submit(run.pk)
    run.refresh_from_db()
    assert "may no longer run workflows" in run.error
    assert visitor.get(where, headers={"HX-Request": "true"}).status_code == 404


@pytest.mark.integration("iam")
def test_a_page_that_asks_again_by_itself_is_closed_when_the_group_is_gone(member: str, people: dict[str, User], settings: Any) -> None:
    project = make_project(lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    visitor, user = sign_in(member)
    where = make_run(project, user).get_absolute_url()
    assert visitor.get(where, headers={"HX-Request": "true"}).status_code == 200
    settings.GROUPS_SECONDS = 0
    person(member, "--remove", "escape/km3net")
    assert {visitor.get(where, headers={"HX-Request": "true"}).status_code, visitor.get(where).status_code} == {404}


@pytest.mark.integration("iam")
def test_who_is_switched_off_at_the_iam_has_no_notebook_left(member: str, people: dict[str, User], settings: Any) -> None:
    project = make_project(lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    _, user = sign_in(member)
    session = Session.objects.create(by=user, hub="hub", project=project, server="x", key=uuid.uuid4(), state=Session.State.READY)
    settings.GROUPS_SECONDS = 0
    assert notebooks.of_those_who_left(user.pk) == []
    person(member, "--disable")
    assert notebooks.of_those_who_left(user.pk) == [session]
