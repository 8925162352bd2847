"""Adding things to a project and removing them: by its leads only, and only what could be there."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from projects.models import Project, Resource, Role
from tests.factories import make_project, make_public, make_resource
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
DID = {"kind": "did", "service": "escape", "identifier": "KM3NET_ECAP_SP:DM.Events", "title": "Events"}


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    return make_public(slug="km3net", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})


def add(client: Client, **changes: str) -> int:
    """The status of the answer to the form."""
    return client.post("/projects/resources/", {"project": "km3net", **DID, **changes}).status_code


def test_a_lead_adds_a_dataset_and_sees_it(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead = signed_in("lead")
    reply = lead.post("/projects/resources/", {"project": "km3net", **DID}, follow=True)
    assert reply.redirect_chain == [("/projects/km3net/data/", 302)]
    assert "Added to" in reply.content.decode()
    assert 'href="/datalake/escape/did/KM3NET_ECAP_SP/DM.Events"' in reply.content.decode()
    assert project.resources.get().added_by == people["lead"]


def test_adding_it_twice_is_adding_it_once(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    assert [add(signed_in("lead")), add(signed_in("lead"), title="Better title")] == [302, 302]
    assert project.resources.get().title == "Better title"


@pytest.mark.parametrize(("name", "status"), [("anonymous", 302), ("newcomer", 403), ("outsider", 403), ("member", 403), ("admin", 403)])
def test_nobody_else_adds_or_removes(signed_in: SignIn, project: Project, name: str, status: int) -> None:
    bound = make_resource(project)
    assert add(signed_in(name)) == status
    assert signed_in(name).post(f"/projects/km3net/resources/{bound.pk}/remove/").status_code == status
    assert list(project.resources.all()) == [bound]


def test_a_lead_removes_it_and_only_from_the_own_project(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    bound, foreign = make_resource(project), make_resource(make_project())
    assert signed_in("lead").post(f"/projects/km3net/resources/{foreign.pk}/remove/").status_code == 404
    assert signed_in("lead").post(f"/projects/km3net/resources/{bound.pk}/remove/").status_code == 302
    assert list(Resource.objects.all()) == [foreign]


def test_looking_at_the_address_of_a_change_changes_nothing(signed_in: SignIn, project: Project) -> None:
    bound = make_resource(project)
    assert signed_in("lead").get(f"/projects/km3net/resources/{bound.pk}/remove/").status_code == 405
    assert signed_in("lead").get("/projects/resources/").status_code == 405
    assert project.resources.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"identifier": "no-colon"},
        {"identifier": ":name"},
        {"identifier": "scope:"},
        {"identifier": "scope:a b"},
        {"identifier": "scope:a\nb"},
        {"identifier": "scope:\u202eb"},
        {"identifier": "a" * 601},
        {"identifier": "s:\0"},
        {"service": "no-such-lake"},
        {"service": ""},
        {"kind": "result"},
        {"kind": "link", "identifier": "javascript:alert(1)"},
        {"kind": "software", "service": "escape"},
        {"kind": "software", "service": "ossr", "entry": "../../x"},
        {"title": "t" * 301},
        {"project": "../km3net"},
    ],
)
def test_what_cannot_be_there_is_refused_and_what_was_typed_is_kept(signed_in: SignIn, project: Project, changes: dict[str, str]) -> None:
    reply = signed_in("lead").post("/projects/resources/", {"project": "km3net", **DID, **changes})
    assert reply.status_code == 400
    assert "could not be added" in reply.content.decode()
    assert project.resources.count() == 0


def test_fields_that_the_form_does_not_have_are_ignored(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    sent = {"added_by": str(people["admin"].pk), "facts": '{"type": "x"}', "visibility": "members", "is_staff": "1"}
    assert add(signed_in("lead"), **sent) == 302
    bound = project.resources.get()
    assert (bound.added_by, bound.facts) == (people["lead"], {})
    project.refresh_from_db()
    assert project.is_public


def test_adding_works_without_javascript(signed_in: SignIn, project: Project) -> None:
    lead = signed_in("lead")
    page = lead.get("/projects/choose/", {**DID, "title": "<b>"}).content.decode()
    assert '<option value="km3net">' in page
    assert "<b>" not in page.replace("&lt;b&gt;", "")
    values = dict(re.findall(r'<input type="hidden" name="(kind|service|identifier)" value="([^"]*)"', page))
    assert lead.post("/projects/resources/", {"project": "km3net", **values}).status_code == 302
    assert project.resources.get().identifier == DID["identifier"]
    assert "<html" not in lead.get("/projects/choose/", headers={"HX-Request": "true"}).content.decode()
    assert "You may add things to no project" in signed_in("outsider").get("/projects/choose/", DID).content.decode()
