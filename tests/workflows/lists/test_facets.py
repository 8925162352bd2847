"""Facets of a list of runs: how many are of each workflow and person, for each reader among the runs that they see."""

import re
from typing import Any

import pytest
from django.test import Client

from projects.workflows.models import Run, RunOrigin, Specification
from tests.factories import make_person
from tests.page_text import text_of
from tests.workflows.lists.test_lists import SignIn, another, join, numbers
from vre_portal.iam.models import User


@pytest.fixture
def many(run: Run) -> tuple[Specification, User]:
    """Eight runs: five of one workflow, and three of another, which somebody else launched two of."""
    other = Specification.objects.create(project=run.project, name="plot", title="Plot", text=run.text)
    someone = make_person("newcomer")
    join(run.project, someone)
    for number in range(2, 9):
        facts: dict[str, Any] = {"specification": other} if number > 5 else {}
        another(run, number, **facts, **({"by": someone} if number > 6 else {}))
    return other, someone


def links(client: Client, address: str) -> dict[str, str]:
    """The address behind each value, with its count."""
    facets = client.get(address).context["facets"]
    return {f"{value.text} {value.count}": value.url for facet in facets for value in facet.values}


def test_facets_count_and_lead_to_the_list_of_these_runs(signed_in: SignIn, run: Run, many: tuple[Specification, User]) -> None:
    lead, where, sam = signed_in("lead"), f"/projects/{run.project.slug}/workflows/", many[1]
    assert 'href="?counts=1"' in lead.get(where).content.decode()  # which costs two questions more
    found = links(lead, f"{where}?counts=1")
    assert {f"{run.specification.title} 5", "Plot 3", f"{sam} 2", f"{run.by} 6"} == found.keys()
    assert numbers(lead, run, found["Plot 3"].removeprefix("?")) == [8, 7, 6]
    assert numbers(lead, run, found[f"{sam} 2"].removeprefix("?")) == [8, 7]
    of_plot = links(lead, where + found["Plot 3"])
    assert {f"{run.specification.title} 5", "Plot 3", f"{sam} 2", f"{run.by} 1"} == of_plot.keys()
    assert of_plot["Plot 3"] == "?counts=1"  # drops it again
    both = lead.get(where + of_plot[f"{sam} 2"])
    assert [row[0].number for row in both.context["runs"]] == [8, 7]
    assert text_of(both.content).count("By person") == 1
    assert 'name="of"' in both.content.decode()  # goes on with the other filters


def test_a_reader_counts_only_what_they_see(signed_in: SignIn, run: Run, many: tuple[Specification, User], people: dict[str, User]) -> None:
    RunOrigin.objects.create(run=Run.objects.get(number=8), lake="escape", scope="KM3NET_EMBARGO_SP")
    join(run.project, people["outsider"])
    found = links(signed_in("outsider"), f"/projects/{run.project.slug}/workflows/?counts=1")
    assert "Plot 2" in found
    assert f"{many[1]} 1" in found


@pytest.mark.parametrize("query", ["of=0", "of=x", "by=-1", f"of={10**30}", "of=999999", "by=1&by=2"])
def test_odd_choices_do_no_harm(signed_in: SignIn, run: Run, many: tuple[Specification, User], query: str) -> None:
    assert signed_in("lead").get(f"/projects/{run.project.slug}/workflows/?{query}").status_code == 200


def test_counts_of_one_workflow_are_shown_and_can_be_hidden(signed_in: SignIn, run: Run) -> None:
    another(run, 2)
    lead, where = signed_in("lead"), f"/projects/{run.project.slug}/workflows/"
    assert 'href="?counts=1"' in lead.get(where).content.decode()
    found = links(lead, f"{where}?counts=1")
    assert {f"{run.specification.title} 2", f"{run.by} 2"} == found.keys()
    chosen = found[f"{run.by} 2"].removeprefix("?")
    page = lead.get(f"{where}?{chosen}").content.decode()
    assert "Hide counts" in page
    hidden = lead.get(f"{where}?{chosen.replace('counts=1', 'counts=0')}")
    assert "Hide counts" not in hidden.content.decode()
    assert [row[0].number for row in hidden.context["runs"]] == [2, 1]  # what was chosen stays


def test_short_lists_have_none(signed_in: SignIn, run: Run) -> None:
    assert "?counts=1" not in signed_in("lead").get(f"/projects/{run.project.slug}/workflows/").content.decode()


def sent_by_filter(page: str) -> list[tuple[str, str]]:
    """The hidden fields of the filters."""
    form = page[page.index("request-filter") :].partition("</form>")[0]
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)


def test_filters_keep_counts_and_fix_no_columns_that_nobody_chose(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    lead, where = signed_in("lead"), f"/projects/{run.project.slug}/workflows/"
    assert sent_by_filter(lead.get(where).content.decode()) == []
    assert sent_by_filter(lead.get(f"{where}?counts=1").content.decode()) == [("counts", "1")]
    assert sent_by_filter(lead.get(f"{where}?columns=&column=p:cut").content.decode()) == [("columns", ""), ("column", "p:cut")]
    assert sent_by_filter(lead.get(f"{where}?columns=").content.decode()) == [("columns", "")]
    assert 'name="counts" value="1"' in lead.get(f"{where}?counts=1").content.decode().partition("Results on this page")[0]
