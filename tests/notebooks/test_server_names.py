"""Names of servers: such as the hub takes, and such as tell to which project they belong."""

import re

import pytest

from projects.notebooks.server_names import belongs_to, name_in, server_name, slugs_of

SLUGS = ["km3net", "a", "a" * 30, "a" * 31, "a" * 60, "4c-survey", "two--hyphens", "under_score", "Capital", f"{'ab-' * 19}abc"]
TAKEN_BY_THE_HUB = re.compile(r"(?=.{1,30}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("name", ["", "2", "fit2", "x" * 12])
def test_the_hub_takes_each_name_and_it_belongs_to_its_project_alone(slug: str, name: str) -> None:
    server = server_name(slug, name)
    assert TAKEN_BY_THE_HUB.fullmatch(server), server
    assert belongs_to(server, slug)
    assert name_in(server, slug) == name
    assert [other for other in SLUGS if belongs_to(server, other)] == [slug]


def test_an_ordinary_project_and_its_server_have_one_name() -> None:
    assert server_name("km3net") == "km3net"
    assert server_name("km3net", "fit2") == "km3net-fit2"


@pytest.mark.parametrize(
    ("server", "slugs"),
    [("km3net", ["km3net"]), ("km3net-fit2", ["km3net-fit2", "km3net"]), ("a-b-c", ["a-b-c", "a-b"]), ("-x", ["-x"]), ("a-", ["a-"])],
)
def test_a_name_may_be_that_of_a_project_or_of_its_further_session(server: str, slugs: list[str]) -> None:
    assert slugs_of(server) == slugs
