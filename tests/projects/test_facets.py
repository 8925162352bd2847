"""The list of projects by theme, stage, experiment, institute and keyword."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects.models import Project, Role
from tests.factories import make_project, make_public
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


def slugs(client: Client, **chosen: str) -> list[str]:
    return [item["slug"] for item in client.get("/projects/", {**chosen, "format": "json"}).json()["items"]]


def counts(client: Client, **chosen: str) -> dict[str, dict[str, int]]:
    facets = client.get("/projects/", chosen).context["facets"]
    return {facet.title: {value.text: value.count for value in facet.values} for facet in facets}


@pytest.fixture
def projects(people: dict[str, User]) -> None:
    make_public(slug="a", theme="Dark Matter", further_themes=["Cosmic rays"], stage="data", experiments=["KM3NeT"], keywords=["x", "y"])
    make_public(slug="b", theme="Cosmic rays", stage="analysis", experiments=["KM3NeT", "CTA"], keywords=["x"], institutes=["CERN"])
    make_project(slug="c", theme="Dark Matter", stage="data", keywords=["secret"], groups={"escape/km3net": Role.MEMBER})


def test_each_value_leads_to_the_projects_that_have_it(client: Client, projects: None) -> None:
    for chosen, expected in (
        ({"theme": "Cosmic rays"}, ["a", "b"]),
        ({"stage": "data"}, ["a"]),
        ({"experiment": "CTA"}, ["b"]),
        ({"keyword": "x"}, ["a", "b"]),
        ({"institute": "CERN"}, ["b"]),
        ({"keyword": "x", "stage": "analysis"}, ["b"]),
        ({"keyword": "X"}, []),
        ({"theme": "nosuch"}, []),
    ):
        assert sorted(slugs(client, **chosen)) == expected, chosen


@pytest.fixture
def many(projects: None) -> None:
    """Six public projects with those above, and another hidden one."""
    make_public(slug="d", theme="Dark Matter", further_themes=["Cosmic rays"], stage="data", experiments=["KM3NeT"], keywords=["x", "y"])
    make_public(slug="e", theme="Cosmic rays", stage="analysis", experiments=["KM3NeT", "CTA"], keywords=["x"])
    for slug in ("f", "g"):
        make_public(slug=slug, stage="data", keywords=["z"])
    make_project(slug="h", theme="Dark Matter", stage="data", keywords=["secret"], groups={"escape/km3net": Role.MEMBER})


def test_values_are_counted_over_what_the_reader_may_see(signed_in: SignIn, many: None) -> None:
    visitor = counts(signed_in("anonymous"))
    assert visitor["Theme"] == {"Cosmic rays": 4, "Dark Matter": 2}
    assert visitor["Stage"] == {"Data": 4, "Analysis": 2}
    assert visitor["Experiment"] == {"KM3NeT": 4, "CTA": 2}
    assert visitor["Keyword"] == {"x": 4, "y": 2, "z": 2}
    member = counts(signed_in("member"))
    assert (member["Theme"]["Dark Matter"], member["Stage"]["Data"], member["Keyword"]["secret"]) == (4, 6, 2)


def test_a_choice_narrows_the_counts_and_can_be_dropped(client: Client, many: None) -> None:
    for slug in ("i", "j"):
        make_public(slug=slug, stage="data")
    assert counts(client, stage="data")["Keyword"] == {"x": 2, "y": 2, "z": 2}
    stage = next(facet for facet in client.get("/projects/?stage=data&q=").context["facets"] if facet.title == "Stage")
    assert [(value.is_chosen, value.url) for value in stage.values] == [(True, "?")]


def test_a_short_list_has_no_facets_but_what_is_chosen(client: Client, many: None) -> None:
    Project.objects.filter(slug="g").delete()
    assert not any(counts(client).values())
    assert {name: values for name, values in counts(client, stage="analysis").items() if values} == {"Stage": {"Analysis": 2}}


def test_a_value_that_all_or_one_of_the_projects_have_is_no_facet(client: Client, many: None) -> None:
    Project.objects.update(experiments=["KM3NeT"])
    Project.objects.filter(slug="a").update(keywords=["x", "y", "only"])
    listed = counts(client)
    assert (listed["Experiment"], listed["Keyword"]) == ({}, {"x": 4, "y": 2, "z": 2})
    assert counts(client, keyword="only")["Keyword"] == {"only": 1}


def test_a_facet_has_its_six_most_frequent_values(client: Client, many: None) -> None:
    Project.objects.filter(slug__in=("a", "b")).update(keywords=list("mnopqrs"))
    Project.objects.filter(slug__in=("d", "e", "f")).update(keywords=["s", "t"])
    assert list(counts(client)["Keyword"].items()) == [("s", 5), ("t", 3), ("m", 2), ("n", 2), ("o", 2), ("p", 2)]


def test_a_choice_stays_on_the_next_page_and_in_a_search(client: Client) -> None:
    for number in range(60):
        make_public(keywords=["x"], title="Same", slug=f"same-{number:02}")
    body = client.get("/projects/?keyword=x&q=Same").content.decode()
    assert 'href="?keyword=x&amp;q=Same&amp;after=same-49"' in body
    assert '<input type="hidden" name="keyword" value="x">' in body


@pytest.mark.parametrize("value", ["%", "'", "\\", "a" * 500, "\u202e", "[]", '"', "{}"])
def test_any_value_may_be_asked_for(client: Client, projects: None, value: str) -> None:
    for name in ("theme", "stage", "experiment", "institute", "keyword"):
        assert client.get("/projects/", {name: value}).status_code == 200


def test_the_page_of_a_project_leads_to_the_list(client: Client, projects: None) -> None:
    body = client.get("/projects/b/").content.decode()
    for address in ("?theme=Cosmic%20rays", "?stage=analysis", "?experiment=CTA", "?keyword=x", "?institute=CERN"):
        assert f"/projects/{address}" in body


def test_the_facets_cost_one_question(client: Client, projects: None, django_assert_max_num_queries: Any) -> None:
    client.get("/projects/?stage=data")
    with django_assert_max_num_queries(4):
        client.get("/projects/?stage=data")
