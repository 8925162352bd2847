"""The list of projects by theme, stage, experiment, institute and keyword."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects.models import Role
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


def test_values_are_counted_over_what_the_reader_may_see(signed_in: SignIn, projects: None) -> None:
    visitor = counts(signed_in("anonymous"))
    assert visitor["Theme"] == {"Cosmic rays": 2, "Dark Matter": 1}
    assert visitor["Stage"] == {"Analysis": 1, "Data": 1}
    assert visitor["Experiment"] == {"KM3NeT": 2, "CTA": 1}
    assert visitor["Keyword"] == {"x": 2, "y": 1}
    member = counts(signed_in("member"))
    assert (member["Theme"]["Dark Matter"], member["Stage"]["Data"], member["Keyword"]["secret"]) == (2, 2, 1)


def test_a_choice_narrows_the_counts_and_can_be_dropped(client: Client, projects: None) -> None:
    assert counts(client, stage="data")["Keyword"] == {"x": 1, "y": 1}
    stage = next(facet for facet in client.get("/projects/?stage=data&q=").context["facets"] if facet.title == "Stage")
    assert [(value.is_chosen, value.url) for value in stage.values] == [(True, "?")]


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
