"""Leads set, change and lift an embargo: its effect is shown first, a past date is refused, it is recorded and can be taken back."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from projects.editing import access
from projects.models import Project, Role
from tests.factories import make_project, make_resource
from tests.projects.confirming import confirm
from tests.search_index import index_all
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
HERE = "/projects/km3net/settings/"
EMBARGO, UNDO = f"{HERE}embargo/", f"{HERE}visibility/undo/"
DATE = {"date": "2097-03-03", "time": ""}
MOMENT = datetime(2097, 3, 3, tzinfo=UTC)
WORDS = "members only until 3 Mar 2097, 00:00 UTC, then public"


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    return make_project(slug="km3net", title="KM3NeT", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})


def facts(project: Project) -> tuple[str, datetime | None]:
    project.refresh_from_db()
    return str(project.visibility), project.embargo_until


def said(client: Client, path: str, **sent: str) -> str:
    return " ".join(client.get(path, sent).content.decode().split())


def test_what_a_date_does_is_said_before_it_is_done(signed_in: SignIn, project: Project) -> None:
    make_resource(project)
    body = said(signed_in("lead"), EMBARGO, **DATE)
    for words in (
        "Members only until 3 Mar 2097, 00:00 UTC",
        "1 person who was added by name",
        "escape/km3net",
        "Datasets",
        "<strong>1</strong>: ",
        "becomes public automatically",
    ):
        assert words in body
    assert facts(project) == ("members", None)
    assert not AuditEntry.objects.filter(action="project.embargo").exists()


def test_a_lead_sets_changes_and_lifts_it_and_each_is_recorded(signed_in: SignIn, project: Project) -> None:
    lead = signed_in("lead")
    confirm(lead, EMBARGO, DATE)
    assert facts(project) == ("members", MOMENT)
    assert WORDS in said(lead, HERE)
    confirm(lead, EMBARGO, {"date": "2098-01-01", "time": "14:30"})
    assert facts(project) == ("members", datetime(2098, 1, 1, 14, 30, tzinfo=UTC))
    assert "It no longer becomes public automatically" in said(lead, EMBARGO, do="lift")
    lead.post(EMBARGO, {"do": "lift"})
    assert facts(project) == ("members", None)
    told = [(entry.facts["was"], entry.facts["now"]) for entry in AuditEntry.objects.filter(action="project.embargo").order_by("number")]
    assert told == [
        ("members", "members until 2097-03-03T00:00Z"),
        ("members until 2097-03-03T00:00Z", "members until 2098-01-01T14:30Z"),
        ("members until 2098-01-01T14:30Z", "members"),
    ]


def test_it_shows_to_those_who_may_see_the_project_on_every_page_of_it(signed_in: SignIn, project: Project) -> None:
    Project.objects.update(embargo_until=MOMENT)
    for part in ("", "people/", "data/", "software/", "results/", "activity/", "workflows/", "notebooks/"):
        assert WORDS in said(signed_in("member"), f"/projects/km3net/{part}"), part
    assert signed_in("member").get("/projects/km3net/?format=json").json()["embargo_until"] == "2097-03-03T00:00:00Z"
    assert said(signed_in("outsider"), "/projects/").count("2097") == 0


@pytest.mark.parametrize("wrong", [{"date": "2020-01-01"}, {"date": "03/03/2097"}, {"date": "2097-13-01"}, {"date": ""}, {"time": "25:00"}])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_date_that_is_over_or_none_is_refused(signed_in: SignIn, project: Project, wrong: dict[str, str], method: str) -> None:
    reply = getattr(signed_in("lead"), method)(EMBARGO, {**DATE, **wrong})
    assert reply.status_code == 400
    assert "errorlist" in reply.content.decode()
    assert facts(project) == ("members", None)


def test_the_present_moment_is_over_too(people: dict[str, User], project: Project) -> None:
    with pytest.raises(access.AccessChangeRefused):
        access.set_embargo(by=people["lead"], project=project, until=timezone.now())


def test_a_public_project_can_be_closed_until_a_date(signed_in: SignIn, project: Project) -> None:
    Project.objects.update(visibility="public")
    lead = signed_in("lead")
    assert "It will become members only." in said(lead, EMBARGO, **DATE)
    confirm(lead, EMBARGO, DATE)
    assert signed_in("anonymous").get("/projects/km3net/").status_code == 404
    confirm(lead, UNDO)
    assert signed_in("anonymous").get("/projects/km3net/").status_code == 200
    assert facts(project) == ("public", None)


@pytest.mark.parametrize("change", [(EMBARGO, DATE), (EMBARGO, {"do": "lift"}), (f"{HERE}visibility/", {"visibility": "public"})])
def test_each_change_can_be_taken_back(signed_in: SignIn, project: Project, change: tuple[str, dict[str, str]]) -> None:
    before = MOMENT + timedelta(days=1)
    Project.objects.update(embargo_until=before)
    lead = signed_in("lead")
    confirm(lead, *change)
    assert facts(project) != ("members", before)
    assert "Visibility changed." in said(lead, HERE)
    confirm(lead, UNDO)
    assert facts(project) == ("members", before)
    assert AuditEntry.objects.filter(action="project.visibility-undo").count() == 1
    confirm(lead, UNDO)
    assert AuditEntry.objects.filter(action="project.visibility-undo").count() == 1


def test_nothing_is_taken_back_that_somebody_else_changed_meanwhile(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead = signed_in("lead")
    confirm(lead, EMBARGO, DATE)
    project.refresh_from_db()
    access.set_visibility(by=people["lead"], project=project, to="public", seen=access.confirmation(people["lead"], project))
    assert "The visibility was changed in the meantime" in lead.post(UNDO, follow=True).content.decode()
    assert facts(project) == ("public", None)


def test_an_embargo_that_is_over_by_now_is_not_brought_back(signed_in: SignIn, project: Project) -> None:
    Project.objects.update(embargo_until=timezone.now() + timedelta(seconds=1))
    lead = signed_in("lead")
    lead.post(EMBARGO, {"do": "lift"})
    time.sleep(1.1)
    assert "The previous embargo has ended" in lead.post(UNDO, follow=True).content.decode()
    assert facts(project) == ("members", None)


def test_undo_ends_after_a_while_and_belongs_to_its_project(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    make_project(slug="other", lead=people["lead"])
    lead = signed_in("lead")
    confirm(lead, EMBARGO, DATE)
    assert "Visibility changed." not in said(lead, "/projects/other/settings/")
    session = lead.session
    session["access_undo"] = {**session["access_undo"], "at": time.time() - 601}
    session.save()
    assert "Nothing to undo." in lead.post(UNDO, follow=True).content.decode()
    assert facts(project) == ("members", MOMENT)


def test_what_was_decided_on_an_old_page_is_not_done(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead, seen = signed_in("lead"), access.confirmation(people["lead"], project)
    assert seen in said(lead, EMBARGO, **DATE)
    access.set_visibility(by=people["lead"], project=project, to="public", seen=access.confirmation(people["lead"], project))
    reply = lead.post(EMBARGO, {**DATE, "version": seen}, follow=True)
    assert "Review it, then try again." in reply.content.decode()
    assert facts(project) == ("public", None)


@pytest.mark.parametrize(("name", "status"), [("member", 403), ("outsider", 404), ("newcomer", 404), ("admin", 404), ("anonymous", 302)])
def test_only_leads_touch_it(signed_in: SignIn, project: Project, name: str, status: int) -> None:
    for path in (EMBARGO, UNDO):
        assert signed_in(name).post(path, DATE).status_code == status
    assert facts(project) == ("members", None)


def test_at_its_moment_it_appears_by_itself_by_the_real_clock(signed_in: SignIn, project: Project, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    project.picture.save("p.png", ContentFile(b"\x89PNG"))
    Project.objects.update(embargo_until=timezone.now() + timedelta(seconds=1.5))
    visitor = signed_in("anonymous")
    places = {"/": "km3net", "/projects/": "km3net", "/projects/?format=json": "km3net", "/search/?q=KM3NeT&exact=no": "/projects/km3net/"}
    index_all()
    pages = ("", "?format=json", "picture", "data/?format=csv", "activity/", "activity/feed.atom", "workflows/?format=json")

    def seen() -> list[bool]:
        lists = [word in visitor.get(path).content.decode() for path, word in places.items()]
        return lists + [visitor.get(f"/projects/km3net/{part}").status_code == 200 for part in pages]

    assert not any(seen())
    assert "<strong>1</strong> public project" not in said(visitor, "/")
    time.sleep(1.6)
    assert all(seen()), seen()
    assert "<strong>1</strong> public project" in said(visitor, "/")


def test_a_picture_is_asked_for_again_each_time(signed_in: SignIn, project: Project, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    project.picture.save("p.png", ContentFile(b"\x89PNG"))
    Project.objects.update(visibility="public")
    visitor, where = signed_in("anonymous"), "/projects/km3net/picture"
    reply = visitor.get(where)
    assert reply["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": reply["ETag"]}
    unchanged = visitor.get(where, headers=known)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    Project.objects.update(visibility="members")
    closed = visitor.get(where, headers=known)
    assert (closed.status_code, closed.get("ETag")) == (404, None)
    assert signed_in("member").get(where, headers=known).status_code == 304
    Project.objects.update(picture="other.png")
    (tmp_path / "other.png").write_bytes(b"new")
    assert signed_in("member").get(where, headers=known).status_code == 200
