"""The pages of the landing, the dashboard and the science projects, for few and for many."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects.models import Membership, Project, Resource, Role
from tests.factories import make_project, make_public, make_resource
from tests.search_index import index_all
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
PAGES = ("", "people/", "data/", "software/", "results/")


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def test_a_visitor_who_wants_a_project_signs_in_and_comes_to_its_form(client: Client) -> None:
    assert 'href="/projects/new/">Sign in to start a project' in page(client, "/")
    assert client.get("/projects/new/")["Location"].endswith("?next=/projects/new/")


@pytest.mark.parametrize("count", [0, 1, 51])
def test_the_landing_page_and_the_list_stand_with_any_number_of_projects(client: Client, count: int) -> None:
    for _ in range(count):
        make_public()
    assert f"<strong>{count}</strong> public project" in page(client, "/")
    assert page(client, "/projects/").count("<article") == min(count, 50)
    seen: list[str] = []
    address = "/projects/?format=json"
    while address:
        body = client.get(address).json()
        seen += [item["slug"] for item in body["items"]]
        address = body["next"]
    assert len(seen) == len(set(seen)) == count


def test_the_next_page_begins_after_the_last_one_also_among_equal_titles(client: Client) -> None:
    for number in range(60):
        make_public(title="The same title", slug=f"same-{number:02}")
    first = client.get("/projects/?format=json&q=same").json()
    second = client.get(first["next"]).json()
    assert "q=same" in first["next"]
    assert [item["slug"] for item in first["items"] + second["items"]] == [f"same-{number:02}" for number in range(60)]
    assert second["next"] is None
    assert 'rel="next" href="?after=same-49"' in page(client, "/projects/")


@pytest.mark.parametrize("query", ["", "neutrino", "%", "_", "\\", "'", "a" * 500, "é\u202e", "AND OR NOT", "(", "' OR 1=1 --"])
def test_any_text_may_be_searched_for(client: Client, query: str) -> None:
    make_public(title="A neutrino project")
    for address in ("/search/", "/projects/"):
        assert client.get(address, {"q": query}).status_code == 200


def test_search_looks_into_title_summary_and_description_and_takes_signs_as_they_are(client: Client) -> None:
    make_public(slug="blazars", title="Blazars", description="Where do **cosmic rays** come from?", summary="100% sure")
    index_all()
    for query, found in (("blazar", True), ("COSMIC", True), ("100%", True), ("9%9", False), ("_", False), ("magic", False)):
        assert ('href="/projects/blazars/"' in client.get("/search/", {"q": query}).content.decode()) == found


def test_every_page_of_a_project_stands_for_everybody_who_may_see_it(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_public(lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    for kind in Resource.Kind:
        make_resource(project, kind=kind, title=f"A {kind} thing")
    for name in ("anonymous", "newcomer", "outsider", "member", "lead", "admin"):
        browser = signed_in(name)
        for part in PAGES:
            assert project.title in page(browser, f"/projects/{project.slug}/{part}")


def test_a_page_without_anything_says_so(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_project(lead=people["lead"])
    texts = {"": "No description yet", "data/": "No data yet", "results/": "", "software/": "", "people/": "Lena Lead"}
    for part, text in texts.items():
        assert text in page(signed_in("lead"), f"/projects/{project.slug}/{part}")


def test_things_with_odd_identifiers_do_not_break_a_page(client: Client) -> None:
    project = make_public()
    odd = ["no-colon", ":", "a:", ":b", "a:b/../../c", "s:n?x=1#y", "scope:with space", "javascript:alert(1)", "a" * 600, "s:" + "é" * 50]
    for identifier in odd:
        for kind in Resource.Kind:
            make_resource(project, kind=kind, identifier=identifier, service="", facts={"entry": "../x"})
    for part in PAGES:
        body = page(client, f"/projects/{project.slug}/{part}")
        assert 'href="javascript:' not in body
    assert client.get(f"/projects/{project.slug}/?format=json").status_code == 200


def test_the_dashboard_shows_ones_own_projects_only(signed_in: SignIn, people: dict[str, User]) -> None:
    make_public(title="Somebody else's")
    make_project(title="Mine by group", groups={"escape/km3net": Role.MEMBER})
    body = page(signed_in("member"), "/dashboard/")
    assert "Mine by group" in body
    assert "Somebody else" not in body
    assert "You're not a member of any project yet" in page(signed_in("newcomer"), "/dashboard/")


def test_the_choice_of_projects_holds_those_that_one_leads(signed_in: SignIn, people: dict[str, User]) -> None:
    make_project(title="Led", lead=people["lead"])
    make_project(title="Joined", groups={"escape": Role.MEMBER})
    fragment = signed_in("lead").get("/projects/choose/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    whole = page(signed_in("lead"), "/projects/choose/?kind=did&service=escape&identifier=A_SP:events")
    assert "<html" in whole
    for body in (fragment, whole):
        assert "Led" in body
        assert "Joined" not in body


def test_a_project_as_json_has_the_promised_shape(signed_in: SignIn, people: dict[str, User]) -> None:
    facts: dict[str, Any] = {
        "title": "Points", "summary": "Short", "theme": "Neutrinos", "keywords": ["a"], "stage": "data", "licence": "MIT", "institutes": ["CERN"],
        "institute_rors": {"CERN": "01ggx4157"}, "funding": [{"funder": "EU"}], "contacts": [{"name": "Ann"}], "description": "**x**",
    }  # fmt: skip
    project = make_public(slug="km3net", lead=people["lead"], **facts)
    make_resource(project, identifier="KM3NET_ECAP_SP:DM.Events:odd", facts={"type": "DATASET"})
    make_resource(project, kind=Resource.Kind.LINK, identifier="https://example.org/")
    data = [{"lake": "escape", "scope": "KM3NET_ECAP_SP", "name": "DM.Events:odd", "type": "DATASET"}]
    line: dict[str, Any] = {
        "slug": "km3net",
        "title": "Points",
        "summary": "Short",
        "visibility": "public",
        "data": data,
        "embargo_until": None,
    }
    line |= {"stage": "data", "keywords": ["a"], "licence": "MIT", "institutes": [{"name": "CERN", "ror": "https://ror.org/01ggx4157"}]}
    line |= {"funding": [{"funder": "EU"}], "contacts": [{"name": "Ann"}], "url": project.address}
    whole = {**line, "description": "**x**", "licence_is_spdx": True, "latest_result": None}
    for name, role in (("lead", "lead"), ("anonymous", None)):
        body = signed_in(name).get("/projects/km3net/?format=json").json()
        assert {key: body[key] for key in whole} == whole
        assert body["role"] == role
        assert body["people"] == [{"name": "Lena Lead", "group": None, "role": "lead"}]
        assert [(item["kind"], item["identifier"]) for item in body["references"]] == [
            ("did", "KM3NET_ECAP_SP:DM.Events:odd"),
            ("link", "https://example.org/"),
        ]
        assert set(body["citation"]) == {"text", "bibtex", "ris", "csl", "cff"}
    listed = signed_in("anonymous").get("/projects/?format=json").json()
    assert {key: listed["items"][0][key] for key in line} == line
    assert listed["next"] is None


@pytest.mark.parametrize("address", ["/projects/", "/projects/?format=json", "/", "/dashboard/", "/search/?q=project", "/projects/choose/"])
def test_a_list_of_fifty_costs_no_more_than_a_list_of_one(
    signed_in: SignIn, people: dict[str, User], django_assert_max_num_queries: Any, address: str
) -> None:
    for _ in range(50):
        make_resource(make_public(lead=people["lead"]))
    browser = signed_in("lead")
    page(browser, address)  # the first page of a sign-in also notes it
    with django_assert_max_num_queries(10 if address == "/" else 8):  # the start page shows a little of everything
        page(browser, address)


@pytest.mark.parametrize("part", [*PAGES, "?format=json"])
def test_a_project_with_fifty_resources_costs_few_queries(
    signed_in: SignIn, people: dict[str, User], django_assert_max_num_queries: Any, part: str
) -> None:
    project = make_project(lead=people["lead"], groups={"escape": Role.VIEWER})
    for kind in (Resource.Kind.DID, Resource.Kind.SOFTWARE, Resource.Kind.RESULT):
        for _ in range(50):
            make_resource(project, kind=kind, added_by=people["member"])
    browser = signed_in("lead")
    page(browser, f"/projects/{project.slug}/{part}")  # the first page of a sign-in also notes it
    with django_assert_max_num_queries(10):  # what any page may cost
        page(browser, f"/projects/{project.slug}/{part}")


@pytest.mark.parametrize("part", ["", "?format=json", "references/", "data/"])
def test_a_project_with_five_hundred_references_costs_few_queries(
    signed_in: SignIn, people: dict[str, User], django_assert_max_num_queries: Any, part: str
) -> None:
    project = make_public(lead=people["lead"], groups={"escape": Role.VIEWER})
    make_many(project, 500)
    for name in ("lead", "outsider"):
        browser = signed_in(name)
        page(browser, f"/projects/{project.slug}/{part}")  # the first page of a sign-in also notes it
        with django_assert_max_num_queries(10):
            page(browser, f"/projects/{project.slug}/{part}")


def make_many(project: Project, count: int) -> None:
    """References of each kind in turn."""
    kinds = list(Resource.Kind)
    Resource.objects.bulk_create(
        Resource(
            project=project, kind=kinds[place % len(kinds)], service="escape", identifier=f"KM3NET_ECAP_SP:{place:03}", position=place + 1
        )
        for place in range(count)
    )


def test_the_json_of_a_project_holds_the_first_of_each_list_and_leads_to_the_rest(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_public(slug="many", lead=people["lead"])
    make_many(project, 600)
    Membership.objects.bulk_create(Membership(project=project, group=f"escape/{number:03}", role=Role.VIEWER) for number in range(120))
    browser = signed_in("lead")
    body = browser.get("/projects/many/?format=json").json()
    for name, shown, total in (("references", 50, 600), ("data", 50, 60), ("people", 100, 121)):
        rows, address, count = body[name], body[f"{name}_next"], len(body[name])
        assert count == shown, name
        while address:
            following = browser.get(address).json()
            rows, address = following["items"], following["next"]
            count += len(rows)
        assert count == total, name
    assert [item["identifier"] for item in body["references"]] == [f"KM3NET_ECAP_SP:{place:03}" for place in range(50)]
    small = browser.get(f"/projects/{make_public(lead=people['lead']).slug}/?format=json").json()
    assert (small["references_next"], small["data_next"], small["people_next"]) == (None, None, None)


def test_a_lead_who_has_not_signed_in_yet_has_the_account_name_on_both_pages(client: Client) -> None:
    lead = User.objects.create(issuer="https://iam.example", subject="x", preferred_username="marie")
    project = make_public(slug="nameless")
    project.memberships.create(user=lead, role=Role.LEAD)
    for address in ("/projects/nameless/", "/projects/nameless/people/"):
        assert "marie" in page(client, address).split("<main")[1], address


def test_a_search_that_finds_nothing_says_so(client: Client) -> None:
    text = page(client, "/search/?q=gammapy")
    assert "No results for “<bdi>gammapy</bdi>”" in text
    assert "Try another search" in text
