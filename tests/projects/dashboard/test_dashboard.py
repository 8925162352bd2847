"""The dashboard: what each kind of person is offered, the parts that the features fill, and what staff and leads see besides."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from datalake.index.models import IndexedScope, IndexEntry
from datalake.uploads.models import Upload
from projects import checklist, project_health
from projects.dashboard import views as dashboard
from projects.models import Project, Role
from projects.project_health import HealthNote
from projects.requests.models import Request
from projects.requests.services import ask_to_join
from projects.workflows.models import Run
from tests.factories import make_project, make_public, make_resource
from tests.full_portal import run_of
from tests.page_text import text_of
from vre_portal import staff_overview
from vre_portal.iam.models import User
from vre_portal.staff_overview import StaffSection

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def page(browser: Client, where: str = "/dashboard/") -> str:
    answer = browser.get(where)
    assert answer.status_code == 200, where
    return answer.content.decode()


def notes_of(browser: Client, slug: str) -> dict[str, str]:
    items = browser.get("/dashboard/health/?format=json").json()["items"]
    return {note["label"]: note["value"] for item in items if item["project"] == slug for note in item["notes"]}


def test_somebody_without_a_group_is_told_where_to_ask_for_one(signed_in: SignIn, settings: Any) -> None:
    settings.SITE = {**settings.SITE, "contact": "support@vre.example"}
    body = page(signed_in("newcomer"))
    assert "your account belongs to no group" in body
    assert "Ask for a group" in body
    assert "support@vre.example" in body
    assert "Join a project" in body
    assert "Health of your projects" not in body


def test_somebody_with_a_group_and_no_project_is_not_told_to_ask_for_a_group(signed_in: SignIn) -> None:
    body = page(signed_in("outsider"))
    assert "not a member of any project yet" in body
    assert "Ask for a group" not in body


def test_members_see_their_projects_and_leads_their_health_too(signed_in: SignIn, people: dict[str, User]) -> None:
    make_project(title="Shared", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    for name, leads in (("lead", True), ("member", False)):
        body = page(signed_in(name))
        assert "Shared" in body
        assert "Start here" not in body
        assert ("/dashboard/health/" in body) == leads


def test_every_part_of_the_dashboard_is_there_without_a_script_as_a_link(signed_in: SignIn) -> None:
    body = page(signed_in("member"))
    for part in ("attention/", "runs/", "notebooks/", "uploads/"):
        assert f'<a href="/dashboard/{part}">' in body
        assert page(signed_in("member"), f"/dashboard/{part}")


def test_parts_without_anything_say_what_will_stand_there(signed_in: SignIn) -> None:
    browser = signed_in("outsider")
    assert "No notebooks yet." in page(browser, "/dashboard/notebooks/")
    assert "No uploads yet." in page(browser, "/dashboard/uploads/")
    assert "You have not launched a workflow yet." in page(browser, "/dashboard/runs/")
    assert "You do not lead a project." in page(browser, "/dashboard/health/")


def test_uploads_of_the_dashboard_are_ones_own_and_lead_to_the_file(signed_in: SignIn, people: dict[str, User]) -> None:
    facts: dict[str, Any] = {"lake": "escape", "scope": "user.x", "rse": "A", "size": 1}
    Upload.objects.create(**facts, by=people["member"], name="mine.fits", state="done")
    Upload.objects.create(**facts, by=people["lead"], name="other.fits")
    body = page(signed_in("member"), "/dashboard/uploads/")
    assert "/datalake/escape/did/user.x/mine.fits" in body
    assert "other.fits" not in body


def test_the_health_of_a_project_is_for_its_leads_only(signed_in: SignIn, people: dict[str, User]) -> None:
    make_project(slug="led", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    assert notes_of(signed_in("lead"), "led")
    assert signed_in("member").get("/dashboard/health/?format=json").json()["items"] == []


def test_the_health_names_runs_failures_gaps_and_data(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_project(slug="led", lead=people["lead"], scope="LED_SP", summary="Words", contact="lead@vre.example")
    assert notes_of(signed_in("lead"), "led")["Missing"] == "Picture, Licence, Data, software or a workflow"
    for number in (1, 2, 3):
        run_of(project, people["member"], number)
    Run.objects.filter(number=3).update(status=Run.Status.FAILED)
    now = timezone.now()
    scope = IndexedScope.objects.create(lake="escape", name="LED_SP", files=2, bytes=3000)
    for name, age in (("old", 60), ("new", 1)):
        IndexEntry.objects.create(scope=scope, name=name, type="FILE", bytes=1500, created=now - timedelta(days=age))
    IndexEntry.objects.create(scope=scope, name="set", type="DATASET", bytes=3000, created=now)
    notes = notes_of(signed_in("lead"), "led")
    assert notes["Failed in 30 days"] == "1 of 3"
    assert notes["Last run"] == "just now"
    assert notes["Data"] == "3.0 kB (1.5 kB in 1 new file within 30 days)"
    assert notes["Missing"] == "Picture, Licence"  # the runs have a workflow


@pytest.mark.parametrize(
    ("kind", "counts"),
    [(None, False), ("link", False), ("person", False), ("did", True), ("software", True), ("git", True), ("result", True)],
)
def test_the_health_and_the_check_list_mean_the_same_by_data_software_or_a_workflow(
    signed_in: SignIn, people: dict[str, User], kind: str | None, counts: bool
) -> None:
    project = make_project(slug="led", lead=people["lead"])
    if kind:
        make_resource(project, kind=kind)
    label = "Data, software or a workflow"
    assert (label not in notes_of(signed_in("lead"), "led")["Missing"]) == counts
    assert {line.text: line.is_done for line in checklist.checks(people["lead"], project)}[label] == counts


def test_sums_of_a_scope_that_a_lead_may_not_read_are_not_shown(signed_in: SignIn, people: dict[str, User]) -> None:
    make_project(slug="led", lead=people["member"], scope="KM3NET_EMBARGO_SP")
    IndexedScope.objects.create(lake="escape", name="KM3NET_EMBARGO_SP", files=2, bytes=3000)
    assert "Data" not in notes_of(signed_in("member"), "led")


def test_the_lead_of_a_public_project_is_told_of_restricted_references(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_public(slug="led", lead=people["lead"])
    make_resource(project, identifier="KM3NET_EMBARGO_SP:a")
    make_resource(project, identifier="KM3NET_ECAP_SP:b")
    assert notes_of(signed_in("lead"), "led")["Restricted data"] == "1 reference in a public project"
    Project.objects.update(visibility=Project.Visibility.MEMBERS)
    assert "Restricted data" not in notes_of(signed_in("lead"), "led")


def test_a_feature_that_fails_costs_only_its_own_notes(signed_in: SignIn, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(slug="led", lead=people["lead"])

    def broken(user: User, projects: object) -> list[HealthNote]:
        raise RuntimeError("a fault")

    monkeypatch.setattr(project_health._sources, "_sources", [broken, *project_health._sources._sources])
    assert notes_of(signed_in("lead"), "led")["Last run"] == "none yet"
    assert "Part of this list could not be read" in page(signed_in("lead"), "/dashboard/health/")


@pytest.mark.parametrize("section", list(StaffSection))
def test_figures_of_the_portal_are_for_staff_only(signed_in: SignIn, section: StaffSection) -> None:
    where = f"/dashboard/staff/{section}/"
    assert where in page(signed_in("admin"))
    assert where not in page(signed_in("lead"))
    assert [signed_in(name).get(where).status_code for name in ("admin", "lead", "anonymous")] == [200, 404, 302]
    assert signed_in("admin").get("/dashboard/staff/other/").status_code == 404


def test_staff_see_what_is_there_and_what_failed_in_a_day(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_public(lead=people["lead"])
    make_project(lead=people["lead"])
    for number in (1, 2):
        run_of(project, people["lead"], number)
    Run.objects.filter(number=2).update(status=Run.Status.FAILED)
    figures = {item.label: item for section in StaffSection for item in staff_overview.figures(section)[0]}
    assert (figures["People"].value, figures["Projects"].value, figures["Projects"].detail) == (len(people), 2, "1 public")
    assert (figures["Active runs"].value, figures["Runs finished in 24 hours"].value, figures["Failed runs"].value) == (0, 1, 1)
    Run.objects.update(finished_at=timezone.now() - timedelta(hours=25))
    figures = {item.label: item for section in StaffSection for item in staff_overview.figures(section)[0]}
    assert (figures["Runs finished in 24 hours"].value, figures["Failed runs"].value) == (0, 0)
    assert f"/{django_settings.ADMIN_PATH}iam/user/" in page(signed_in("admin"), "/dashboard/staff/figures/")


def test_a_lake_that_cannot_be_asked_about_rules_costs_only_its_own_part(signed_in: SignIn) -> None:
    where = "/datalake/escape/stuck-rules/"
    assert where in page(signed_in("member"))
    assert where not in page(signed_in("newcomer"))  # who has no account there
    body = page(signed_in("member"), where)  # nobody holds a token here
    assert "<html" not in body
    assert "sign in again" in body


def test_many_projects_are_some_on_the_dashboard_and_all_of_them_a_page_away(
    signed_in: SignIn, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "PAGE", 10)
    for number in range(25):
        make_project(slug=f"p-{number:02}", title=f"Project {number:02}", lead=people["lead"])
    lead = signed_in("lead")
    body = page(lead)
    assert body.count('class="card card-link stripe') == dashboard.SHOWN
    assert "All 25 projects" in body
    assert 'href="/dashboard/projects/"' in body
    for where in ("/dashboard/", "/dashboard/projects/"):
        found, following = [], f"{where}?format=json"
        while following:
            part = lead.get(following).json()
            assert len(part["items"]) <= 10
            found += [item["slug"] for item in part["items"]]
            following = part["next"]
        assert found == [f"p-{number:02}" for number in range(25)]
    assert page(lead, "/dashboard/projects/").count('class="card card-link stripe') == 10
    assert "Projects appear here once you have a role" in page(signed_in("newcomer"), "/dashboard/projects/")


def test_one_page_of_projects_costs_what_few_projects_cost(
    signed_in: SignIn, people: dict[str, User], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(60):
        make_project(slug=f"p-{number:02}", lead=people["lead"])
    lead = signed_in("lead")
    page(lead)
    with django_assert_max_num_queries(12):
        page(lead)


def test_staff_without_a_project_see_figures_and_no_first_steps(signed_in: SignIn) -> None:
    body = page(signed_in("admin"))
    assert "Start here" not in body
    assert body.index("/dashboard/staff/figures/") < body.index("/dashboard/staff/problems/") < body.index("/dashboard/runs/")
    assert "Start here" in page(signed_in("outsider"))


def test_ones_own_open_request_stands_on_the_dashboard_with_its_thread(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_public(slug="open", title="Open sky", lead=people["lead"])
    outsider = signed_in("outsider")
    assert 'hx-get="/dashboard/requests/"' in page(outsider)
    assert "No open requests." in page(outsider, "/dashboard/requests/")
    asked = ask_to_join(by=people["outsider"], project=project, role=Role.MEMBER, text="Please", key=uuid.uuid4())
    body = page(outsider, "/dashboard/requests/")
    assert f'href="{asked.get_absolute_url()}"' in body
    assert "open Join Open sky just now" in text_of(body.encode())
    assert "Open sky" not in page(signed_in("lead"), "/dashboard/requests/")
    assert {item.label: item.value for item in staff_overview.figures(StaffSection.PROBLEMS)[0]}["Open requests to join projects"] == 1
    Project.objects.filter(pk=project.pk).update(visibility=Project.Visibility.MEMBERS, title="A new secret title")
    assert "A new secret title" not in page(outsider, "/dashboard/requests/")
    Request.objects.update(state=Request.State.DECLINED)
    assert "No open requests." in page(outsider, "/dashboard/requests/")


def test_of_many_open_requests_the_newest_stand_on_the_dashboard(signed_in: SignIn, people: dict[str, User]) -> None:
    for number in range(7):
        ask_to_join(by=people["outsider"], project=make_public(title=f"Sky {number}"), role=Role.MEMBER, text="x", key=uuid.uuid4())
    body = text_of(page(signed_in("outsider"), "/dashboard/requests/").encode())
    assert re.findall(r"Join Sky (\d)", body) == ["6", "5", "4", "3", "2"]
    assert "All your open requests" in body
