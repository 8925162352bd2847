"""Adding things to a project and removing them: by its leads only, and only what could be there."""

import html
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


def test_adding_it_twice_is_adding_it_once_and_keeps_its_words(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    assert [add(signed_in("lead")), add(signed_in("lead"), title="Better title")] == [302, 302]
    assert project.resources.get().title == "Events"


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
    assert "Not added." in reply.content.decode()
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
    values = dict(re.findall(r'<input type="hidden"\s+name="(kind|service|identifier)"\s+value="([^"]*)"', page))
    assert lead.post("/projects/resources/", {"project": "km3net", **values}).status_code == 302
    assert project.resources.get().identifier == DID["identifier"]
    assert "<html" not in lead.get("/projects/choose/", headers={"HX-Request": "true"}).content.decode()
    assert "You can't add to any project yet" in signed_in("outsider").get("/projects/choose/", DID).content.decode()


def test_restricted_data_are_added_by_their_readers_and_it_is_said_who_sees_them(signed_in: SignIn, project: Project) -> None:
    closed = {"identifier": "KM3NET_EMBARGO_SP:secret.ecsv", "title": "Secret"}
    lead = signed_in("lead")
    told = "only people with access to KM3NET_EMBARGO_SP (Candidate neutrinos before publication (simulated)) will see it"
    assert told in html.unescape(re.sub(r"<[^>]+>", "", lead.get("/projects/choose/", {**DID, **closed}).content.decode()))
    fragment = lead.get("/projects/choose/", {**DID, **closed}, headers={"HX-Request": "true"}).content.decode()
    assert told in fragment
    assert told in lead.post("/projects/resources/", {"project": "km3net", **DID, **closed}, follow=True).content.decode()
    assert project.resources.get().title == "Secret"
    for page in ("", "data/"):
        assert "restricted</span>" in lead.get(f"/projects/km3net/{page}").content.decode()
    assert "only people with access" not in lead.get("/projects/choose/", DID).content.decode()


def test_data_that_are_not_public_say_who_sees_them(signed_in: SignIn, project: Project) -> None:
    shown = signed_in("lead").get("/projects/choose/", {**DID, "identifier": "ATLAS_LAPP_SP:x"}).content.decode()
    assert "in a public project, only project members and people with an account at Demonstration Data Lake will see it" in shown


def test_who_may_not_read_restricted_data_is_sent_to_ask_for_access(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_project(slug="mine", lead=people["member"])
    member = signed_in("member")
    reply = member.post("/projects/resources/", {**DID, "project": "mine", "identifier": "KM3NET_EMBARGO_SP:secret.ecsv"})
    assert reply.status_code == 400
    assert '<a href="/requests/new/restricted-data/?lake=escape&amp;scope=KM3NET_EMBARGO_SP">Request access</a>' in reply.content.decode()
    assert project.resources.count() == 0
    shown = member.get("/projects/choose/", {**DID, "identifier": "KM3NET_EMBARGO_SP:x"}).content.decode()
    assert "only people with access to" not in shown


def test_a_refusal_tells_nothing_of_a_scope_that_nobody_is_told_of(
    signed_in: SignIn, people: dict[str, User], lake_options: Callable[..., None]
) -> None:
    lake_options(restricted_scopes={"UNHEARD_SP": ["escape/nobody"]})
    make_project(slug="mine", lead=people["member"])
    sent = {**DID, "project": "mine", "identifier": "UNHEARD_SP:x"}
    reply = signed_in("member").post("/projects/resources/", sent)
    assert (reply.status_code, "Data not found." in reply.content.decode()) == (400, True)
    assert "restricted" not in reply.content.decode()
    # Who leads nothing here hears nothing of any scope.
    replies = [
        signed_in("outsider").post("/projects/resources/", {**sent, "identifier": f"{scope}:x"}) for scope in ("UNHEARD_SP", "NO_SP")
    ]
    assert [reply.status_code for reply in replies] == [404, 404]


def test_a_lead_removes_data_that_they_may_not_see_without_learning_the_name(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_project(slug="mine", lead=people["member"])
    closed = make_resource(project, identifier="KM3NET_EMBARGO_SP:secret.ecsv", title="Secret")
    member = signed_in("member")
    body = member.get("/projects/mine/data/").content.decode()
    assert "1 restricted dataset is not shown" in body
    assert "Request access" in body
    assert f"/projects/mine/resources/{closed.pk}/remove/" in body
    reply = member.post(f"/projects/mine/resources/{closed.pk}/remove/", follow=True)
    assert "The restricted data were removed from this project." in reply.content.decode()
    assert "ecret" not in body + reply.content.decode()
    assert project.resources.count() == 0


def test_data_of_a_scope_that_nobody_is_told_of_cannot_be_found_by_removing_numbers(
    signed_in: SignIn, people: dict[str, User], lake_options: Callable[..., None]
) -> None:
    lake_options(restricted_scopes={"UNHEARD_SP": ["escape/nobody"]})
    project = make_project(slug="mine", lead=people["member"])
    hidden = make_resource(project, identifier="UNHEARD_SP:x")
    member = signed_in("member")
    assert "not shown" not in member.get("/projects/mine/data/").content.decode()
    assert member.post(f"/projects/mine/resources/{hidden.pk}/remove/").status_code == 404
    assert project.resources.count() == 1


def test_data_of_a_lake_that_is_gone_are_counted_for_its_people_and_can_be_removed(
    signed_in: SignIn, project: Project, people: dict[str, User]
) -> None:
    gone = make_resource(project, service="old-lake", identifier="KM3NET_ECAP_SP:x", title="Lost title")
    for name, told in (("lead", True), ("member", True), ("outsider", False), ("anonymous", False)):
        body = signed_in(name).get("/projects/km3net/data/").content.decode()
        assert ("1 dataset is not shown" in body) == told
        assert ("old-lake" in body) == told
        assert "Lost title" not in body
    assert signed_in("lead").post(f"/projects/km3net/resources/{gone.pk}/remove/").status_code == 302
