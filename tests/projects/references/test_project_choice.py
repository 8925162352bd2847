"""Adding from the thing's own page: the right project is offered first, and only projects that the person may edit."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Role
from projects.references import project_choice
from tests.factories import make_project, make_resource
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
THING = {"kind": "did", "service": "escape", "identifier": "KM3NET_ECAP_SP:x"}


@pytest.fixture(autouse=True)
def projects(people: dict[str, User]) -> None:
    for name in ("alpha", "beta", "gamma", "zeta"):
        make_project(slug=name, title=name.title(), lead=people["lead"])
    make_project(slug="theirs", title="Aaa", groups={"escape/km3net": Role.MEMBER})


def offered(browser: Client, **query: str) -> list[str]:
    return re.findall(r'<option value="([\w-]+)"', browser.get("/projects/choose/", {**THING, **query}).content.decode())


def test_without_a_hint_they_stand_by_title_and_only_those_that_the_person_edits(signed_in: SignIn) -> None:
    assert offered(signed_in("lead")) == ["alpha", "beta", "gamma", "zeta"]
    assert offered(signed_in("member")) == []


def test_the_project_of_the_scope_is_first(signed_in: SignIn) -> None:
    from projects.models import Project

    Project.objects.filter(slug="gamma").update(scope="KM3NET_ECAP_SP")
    make_resource(Project.objects.get(slug="zeta"), identifier="KM3NET_ECAP_SP:y")
    assert offered(signed_in("lead")) == ["gamma", "zeta", "alpha", "beta"]


def test_the_project_last_added_to_goes_before_that_of_the_scope(signed_in: SignIn, people: dict[str, User]) -> None:
    from projects.models import Project

    Project.objects.filter(slug="gamma").update(scope="KM3NET_ECAP_SP")
    make_resource(Project.objects.get(slug="alpha"), added_by=people["lead"], added_at=timezone.now() - timedelta(days=1))
    make_resource(Project.objects.get(slug="beta"), added_by=people["lead"])
    make_resource(Project.objects.get(slug="zeta"), added_by=people["member"])
    assert offered(signed_in("lead"))[:2] == ["beta", "gamma"]


def test_the_project_that_somebody_comes_from_is_first_of_all_for_an_hour(
    signed_in: SignIn, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    from projects.models import Project

    make_resource(Project.objects.get(slug="beta"), added_by=people["lead"])
    lead = signed_in("lead")
    assert lead.get("/projects/zeta/references/find/?place=data")["Location"] == "/datalake/"
    assert offered(lead)[:2] == ["zeta", "beta"]
    assert offered(lead, project="gamma")[0] == "gamma"
    assert offered(lead, project="theirs")[0] == "beta"
    monkeypatch.setattr(project_choice, "ADDING_SECONDS", -1)
    assert offered(lead)[0] == "beta"


def test_only_those_who_edit_the_project_are_sent_to_look(signed_in: SignIn) -> None:
    assert signed_in("member").get("/projects/theirs/references/find/?place=data").status_code == 403
    assert signed_in("lead").get("/projects/zeta/references/find/?place=software")["Location"] == "/catalog/software/"
    assert signed_in("lead").get("/projects/zeta/references/find/?place=//evil.example/")["Location"] == "/datalake/"


def test_many_projects_cost_as_much_as_few(
    signed_in: SignIn, people: dict[str, User], django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(30):
        make_resource(make_project(slug=f"more-{number}", lead=people["lead"]), identifier="KM3NET_ECAP_SP:y", added_by=people["lead"])
    lead = signed_in("lead")
    lead.get("/projects/choose/", THING)
    with django_assert_max_num_queries(10):  # type: ignore[attr-defined]
        assert len(offered(lead)) == 34


def test_a_project_that_holds_the_thing_already_is_named_and_not_offered(signed_in: SignIn) -> None:
    from projects.models import Project, Resource

    make_resource(Project.objects.get(slug="beta"), **THING)
    make_resource(Project.objects.get(slug="gamma"), **{**THING, "kind": Resource.Kind.RESULT})
    make_resource(Project.objects.get(slug="zeta"), **{**THING, "service": "another"})
    lead = signed_in("lead")
    assert offered(lead, project="beta") == ["zeta", "alpha"] or offered(lead, project="beta") == ["alpha", "zeta"]
    for headers in ({}, {"HX-Request": "true"}):
        page = " ".join(lead.get("/projects/choose/", THING, headers=headers).content.decode().split())
        held = page[page.index("Already in") : page.index("<select")]
        assert re.findall(r'href="/projects/(\w+)/"', held) == ["beta", "gamma"]
    assert "Already in" not in signed_in("member").get("/projects/choose/", THING).content.decode()


def test_where_every_project_holds_it_there_is_nothing_to_press(signed_in: SignIn) -> None:
    from projects.models import Project

    for project in Project.objects.exclude(slug="theirs"):
        make_resource(project, **THING)
    page = signed_in("lead").get("/projects/choose/", THING).content.decode()
    assert "Already in" in page
    assert "<select" not in page
    assert "You can't add" not in page


def test_an_archived_project_is_not_offered(signed_in: SignIn) -> None:
    from projects.models import Project

    Project.objects.filter(slug="alpha").update(archived_at=timezone.now())
    assert offered(signed_in("lead")) == ["beta", "gamma", "zeta"]


def test_the_form_has_so_many_and_the_search_finds_the_others(
    signed_in: SignIn, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_choice, "MAX_OFFERED", 2)
    lead = signed_in("lead")
    assert offered(lead, project="zeta") == ["zeta", "alpha"]
    part = lead.get("/projects/choose/", THING, headers={"HX-Request": "true"}).content.decode()
    assert "All 4 projects" in part
    assert offered(lead, q="GAM") == ["gamma"]
    assert offered(lead, q="no such") == []
    assert "Search projects" in lead.get("/projects/choose/", {**THING, "q": "no such"}).content.decode()
