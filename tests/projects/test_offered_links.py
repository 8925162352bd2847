"""Whatever a page of a project offers somebody, they can open: every link of every tab, for each role, in each state of the project."""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urldefrag

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Project, Resource, Role
from projects.workflows.models import Specification
from tests.factories import make_news, make_public, make_resource
from tests.page_text import text_of
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
TABS = (
    "", "people/", "data/", "software/", "references/", "workflows/", "notebooks/", "results/", "activity/", "cite/", "settings/",
    "settings/picture/", "settings/visibility/", "lifecycle/", "people/invitations/", "workflows/new/", "news/",
)  # fmt: skip
LINK = re.compile(r'\b(?:href|hx-get)="(/[^"]*)"')
TEXT = "workflow: {type: serial, specification: {steps: []}}"
ROLES: tuple[Role | str | None, ...] = (*Role, None, "anonymous")


def make(state: str, lead: User) -> Project:
    """A project with one of everything, with nothing, or archived."""
    project = make_public(slug="offered", lead=lead, outline="")
    if state == "empty":
        return project
    for kind in Resource.Kind:
        make_resource(project, kind=kind)
    make_news(project, written_by=lead)
    Specification.objects.create(project=project, name="s", title="S", text=TEXT)
    if state == "archived":
        Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    return project


def browser_of(signed_in: SignIn, people: dict[str, User], project: Project, role: Role | str | None) -> Client:
    if role == "anonymous":
        return signed_in("anonymous")
    if role == Role.LEAD:
        return signed_in("lead")
    if role:
        Membership.objects.create(project=project, user=people["outsider"], role=role)
    return signed_in("outsider")


@pytest.mark.parametrize("state", ["full", "empty", "archived"])
@pytest.mark.parametrize("role", ROLES)
def test_no_page_of_a_project_offers_what_its_reader_may_not_open(
    signed_in: SignIn, people: dict[str, User], role: Role | str | None, state: str
) -> None:
    project = make(state, people["lead"])
    browser = browser_of(signed_in, people, project, role)
    offered: dict[str, str] = {}
    for tab in TABS:
        page = browser.get(f"/projects/{project.slug}/{tab}")
        if page.status_code != 200:
            continue  # this reader has no such page; whether it is offered is what the others say
        for found in LINK.findall(page.content.decode().split("<main", 1)[1]):
            address = urldefrag(unescape(found)).url
            if address.startswith(("/projects/", "/requests/")):
                offered.setdefault(address, tab)
    assert f"/projects/{project.slug}/people/" in offered
    refused = {(tab, address): status for address, tab in offered.items() if (status := browser.get(address).status_code) >= 400}
    assert refused == {}


@pytest.mark.parametrize("role", [Role.LEAD, Role.EDITOR, Role.MEMBER])
def test_without_a_workflow_there_is_no_launch_and_its_page_says_so(signed_in: SignIn, people: dict[str, User], role: Role) -> None:
    project = make("empty", people["lead"])
    browser = browser_of(signed_in, people, project, role)
    for tab in ("", "data/", "workflows/", "workflows/latest/"):
        assert "Launch workflow" not in text_of(browser.get(f"/projects/offered/{tab}").content), tab
    page = browser.get("/projects/offered/workflows/new/")
    assert (page.status_code, browser.post("/projects/offered/workflows/new/").status_code) == (200, 409)
    assert "No workflows yet" in text_of(page.content)
    knows_how = role in (Role.LEAD, Role.EDITOR)
    assert ("Add a workflow" in text_of(page.content)) == knows_how
    assert ("No workflow yet" in text_of(browser.get("/projects/offered/").content)) == knows_how
    Specification.objects.create(project=project, name="s", title="S", text=TEXT)
    for tab in ("", "data/", "workflows/latest/"):
        assert "Launch workflow" in text_of(browser.get(f"/projects/offered/{tab}").content), tab


def test_the_lead_of_an_archived_project_restores_it_from_any_of_its_pages(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make("archived", people["lead"])
    Membership.objects.create(project=project, user=people["member"], role=Role.EDITOR)
    for tab in ("", "data/", "people/"):
        assert text_of(signed_in("lead").get(f"/projects/offered/{tab}").content).count("Restore project") == 1
        assert "Restore project" not in text_of(signed_in("member").get(f"/projects/offered/{tab}").content)
    assert 'href="/projects/offered/lifecycle/"' in signed_in("lead").get("/projects/offered/").content.decode()
    signed_in("lead").post("/projects/offered/lifecycle/restore/")
    assert not Project.objects.get().is_archived


def test_the_missing_facts_are_offered_to_those_who_can_add_them_only(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_public(slug="offered", lead=people["lead"], licence="MIT")
    page = signed_in("lead").get("/projects/offered/").content.decode()
    assert "/projects/offered/settings/#id_contact" in page
    assert "/projects/offered/settings/#id_licence" not in page
    assert "settings/#id_" not in signed_in("outsider").get("/projects/offered/").content.decode()
    assert project.missing_facts
