"""From draft to public: what is missing is listed with links, an untouched outline keeps a project back, and a press publishes."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects import checklist
from projects.models import Project, Resource, Role
from projects.outlines import OUTLINES
from projects.start import services
from projects.workflows.models import Specification
from tests.factories import make_project, make_resource
from tests.page_text import text_of
from tests.projects.confirming import confirm
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
READY = {"summary": "A summary", "licence": "CC-BY-4.0", "contact": "list@example.org"}


def begun(people: dict[str, User], **values: Any) -> Project:
    outline = values.pop("outline", "")
    return services.create(by=people["lead"], key=uuid.uuid4(), slug="begun", values={"title": "Begun", **values}, outline=outline)


def publish(browser: Client) -> Any:
    return confirm(browser, "/projects/begun/settings/visibility/", {"visibility": "public"})


def test_each_missing_line_leads_to_where_it_is_added(signed_in: SignIn, people: dict[str, User]) -> None:
    begun(people)
    page = signed_in("lead").get("/projects/begun/lifecycle/").content.decode()
    for name in ("summary", "licence", "contact"):
        assert f'href="/projects/begun/settings/#id_{name}"' in page
        assert f'id="id_{name}"' in signed_in("lead").get("/projects/begun/settings/").content.decode()
    assert 'href="/projects/begun/data/"' in page


def test_a_draft_leads_to_the_list_from_every_page_but_its_own(signed_in: SignIn, people: dict[str, User]) -> None:
    begun(people)
    lead = signed_in("lead")
    for path, count in (("", 1), ("people/", 1), ("lifecycle/", 0)):
        assert text_of(lead.get(f"/projects/begun/{path}").content).count("open the check list") == count


@pytest.mark.parametrize("lacking", ["summary", "licence", "contact", "content"])
def test_a_project_that_lacks_something_is_not_published(signed_in: SignIn, people: dict[str, User], lacking: str) -> None:
    project = begun(people, **{name: value for name, value in READY.items() if name != lacking})
    if lacking != "content":
        make_resource(project)
    browser = signed_in("lead")
    page = browser.get("/projects/begun/settings/visibility/", {"visibility": "public"}).content.decode()
    assert not re.search(r'<button[^>]*type="submit">\s*Make project public', page)
    publish(browser)
    assert not Project.objects.get().is_public


@pytest.mark.parametrize("content", ["did", "software", "workflow"])
def test_a_complete_project_is_published_with_a_press_and_it_can_be_undone(
    signed_in: SignIn, people: dict[str, User], content: str
) -> None:
    project = begun(people, **READY)
    if content == "workflow":
        Specification.objects.create(project=project, name="analysis", title="Analysis", text="workflow: {}")
    else:
        make_resource(project, kind=content, service="", identifier="KM3NET_ECAP_SP:x")
    browser = signed_in("lead")
    assert publish(browser).status_code == 302
    assert Project.objects.get().is_public
    assert signed_in("anonymous").get("/projects/begun/").status_code == 200
    browser.post("/projects/begun/settings/visibility/undo/")
    assert Project.objects.get().visibility == "draft"
    assert signed_in("anonymous").get("/projects/begun/").status_code == 404


@pytest.mark.parametrize("way", ["visibility", "embargo"])
def test_an_untouched_outline_keeps_a_project_back(signed_in: SignIn, people: dict[str, User], way: str) -> None:
    text = OUTLINES["analysis"].text
    project = begun(people, **READY, outline="analysis", description=text)
    make_resource(project)
    sent = {"visibility": "public"} if way == "visibility" else {"date": "2090-01-01"}
    browser = signed_in("lead")
    confirm(browser, f"/projects/begun/settings/{way}/", sent)
    assert Project.objects.get().visibility == "draft"
    assert str(OUTLINES["analysis"].sections[0][1][0]) in text_of(browser.get("/projects/begun/lifecycle/").content)
    written = "\n".join(f"Own words {number}" if line.startswith("- ") else line for number, line in enumerate(text.splitlines()))
    Project.objects.update(description=written)
    assert confirm(browser, f"/projects/begun/settings/{way}/", sent).status_code == 302
    assert Project.objects.get().visibility == ("public" if way == "visibility" else "members")


def test_each_line_of_the_list_leads_to_the_field_that_mends_it(signed_in: SignIn, people: dict[str, User]) -> None:
    project, browser = begun(people), signed_in("lead")
    lines = {check.text: check.url for check in checklist.checks(people["lead"], project)}
    for text, field in (("A summary", "summary"), ("A contact", "contact"), ("A picture of your own", "picture")):
        assert f'name="{field}"' in browser.get(lines[text].partition("#")[0]).content.decode()


def test_who_makes_a_project_public_sees_its_page_and_the_way_back(signed_in: SignIn, people: dict[str, User]) -> None:
    make_resource(begun(people, **READY))
    browser = signed_in("lead")
    assert publish(browser).url == "/projects/begun/"
    page = browser.get("/projects/begun/").content.decode()
    assert "The project is now public. Change or undo this in Settings" in text_of(page.encode())
    assert '<a href="/projects/begun/settings/">Change or undo this in Settings</a>' in page
    assert browser.post("/projects/begun/settings/visibility/", {"visibility": "members"}).url == "/projects/begun/settings/"


def test_projects_that_were_not_begun_here_are_not_kept_back(people: dict[str, User]) -> None:
    assert checklist.missing(people["lead"], make_project(lead=people["lead"])) == []


def test_a_draft_goes_to_members_only_and_back(signed_in: SignIn, people: dict[str, User]) -> None:
    begun(people)
    browser, where = signed_in("lead"), "/projects/begun/settings/visibility/"
    assert "Make visible to members" in text_of(browser.get(where, {"visibility": "members"}).content)
    browser.post(where, {"visibility": "members"})
    assert Project.objects.get().visibility == "members"
    browser.post(where, {"visibility": "draft"})
    assert Project.objects.get().visibility == "draft"
    assert "changed the visibility of the project: draft" in text_of(browser.get("/projects/begun/activity/").content)


def test_a_draft_is_for_its_people_and_in_no_list_of_others(signed_in: SignIn, people: dict[str, User]) -> None:
    project = begun(people)
    for name in ("anonymous", "outsider", "admin"):
        for where in ("/projects/", "/search/?q=begun", "/"):
            assert b"/projects/begun/" not in signed_in(name).get(where).content
    project.memberships.create(group="escape/km3net", role=Role.VIEWER)
    assert signed_in("member").get("/projects/begun/").status_code == 200
    assert project.resources.filter(kind=Resource.Kind.LINK).count() == 0
