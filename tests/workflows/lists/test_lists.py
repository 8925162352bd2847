"""Lists of runs: what the filters leave, in which order, with which columns."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Project
from projects.workflows import headline
from projects.workflows.lists.columns import columns_of
from projects.workflows.models import Run, RunFile, RunTag, Specification, SpecificationVersion
from projects.workflows.models.label import parameter_values
from tests.factories import make_person, make_project
from tests.workflows.lists.made_runs import BEGIN, another, join, numbers
from vre_portal.iam.models import User

SignIn = Callable[[str], Client]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [4, 3, 2, 1]),
        ("sort=oldest", [1, 2, 3, 4]),
        ("sort=longest", [4, 3, 2, 1]),
        ("sort=p:cut", [2, 4, 3, 1]),
        ("sort=-p:cut", [3, 4, 2, 1]),
        ("sort=r:chi2", [3, 2, 4, 1]),
        ("sort=-r:chi2", [2, 3, 4, 1]),
        ("sort=r:nothing", [4, 3, 2, 1]),
        ("sort=odd", [4, 3, 2, 1]),
        ("sort=name", [2, 4, 3, 1]),
        ("sort=-name", [4, 2, 3, 1]),
        ("sort=status", [1, 4, 3, 2]),
        ("sort=-status", [4, 3, 2, 1]),
        ("sort=workflow", [4, 3, 2, 1]),
        ("state=finished", [4, 3, 2]),
        ("state=active", [1]),
        ("state=odd", [4, 3, 2, 1]),
        ("q=3", [3]),
        ("q=best", [2]),
        ("tag=paper", [3]),
        ("tag=pap", []),
        ("workflow=s", [4, 3, 2, 1]),
        ("workflow=other", []),
        ("person=Nobody", []),
        ("since=2026-11-02", [1]),
        ("until=2026-11-01", [4, 3, 2]),
        ("since=tomorrow", [4, 3, 2, 1]),
        ("until=9999-12-31", [4, 3, 2, 1]),
        ("since=0001-01-01", [4, 3, 2, 1]),
        ("archived=only", []),
        ("after=x_y", [4, 3, 2, 1]),
        ("after=nan_5", [4, 3, 2, 1]),
    ],
)
@pytest.mark.parametrize("page", [1, 2, 50])
def test_filters_and_orders_hold_over_pages(
    signed_in: SignIn, run: Run, runs: list[Run], monkeypatch: Any, query: str, expected: list[int], page: int
) -> None:
    monkeypatch.setattr("projects.workflows.lists.query.PAGE", page)
    Run.objects.filter(pk=run.pk).update(created_at=BEGIN + timedelta(days=9))
    RunTag.objects.create(run=runs[1], name="paper")
    runs[0].describe(title="The best cut", note="")
    runs[2].describe(title="the z_odd one", note="")
    assert numbers(signed_in("lead"), run, query) == expected


@pytest.mark.parametrize("page", [1, 50])
def test_runs_are_ordered_by_workflow_and_by_person(signed_in: SignIn, run: Run, runs: list[Run], monkeypatch: Any, page: int) -> None:
    monkeypatch.setattr("projects.workflows.lists.query.PAGE", page)
    other = Specification.objects.create(project=run.project, name="o", title="a fit", text=run.text)
    nameless = make_person("member")
    User.objects.filter(pk=nameless.pk).update(name="", preferred_username="aaron")
    Run.objects.filter(pk=runs[0].pk).update(specification=other, by=nameless)
    client = signed_in("lead")
    assert numbers(client, run, "sort=workflow") == [2, 4, 3, 1]
    assert numbers(client, run, "sort=-workflow") == [4, 3, 1, 2]
    assert numbers(client, run, "sort=person") == [2, 4, 3, 1]
    assert numbers(client, run, "sort=-person") == [4, 3, 1, 2]


def test_heads_of_columns_are_the_orders(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    address = f"/projects/{run.project.slug}/workflows/"
    page = signed_in("lead").get(f"{address}?sort=person&state=finished&after=a_1").content.decode()
    head = page.split("<thead>")[1].split("</thead>")[0]
    for key in ("name", "workflow", "status", "-person"):
        assert f"sort={key}" in head
    assert "after=" not in head
    assert head.count("state=finished") == head.count("href=")
    assert head.count("aria-sort") == 1


def test_runs_of_the_same_second_stand_once_in_the_order_of_their_length(signed_in: SignIn, run: Run, monkeypatch: Any) -> None:
    monkeypatch.setattr("projects.workflows.lists.query.PAGE", 2)
    for number in range(2, 8):
        begin = BEGIN + timedelta(hours=number)
        another(run, number, started_at=begin, finished_at=begin + timedelta(seconds=100, milliseconds=100 * number))
    assert numbers(signed_in("lead"), run, "sort=longest") == [7, 6, 5, 4, 3, 2, 1]


def test_all_chosen_columns_go_on_to_the_next_page(signed_in: SignIn, run: Run, runs: list[Run], monkeypatch: Any) -> None:
    monkeypatch.setattr("projects.workflows.lists.query.PAGE", 1)
    reply = signed_in("lead").get(f"/projects/{run.project.slug}/workflows/?column=r:a&column=r:b&format=json").json()
    assert "column=r%3Aa" in reply["next"]
    assert "column=r%3Ab" in reply["next"]


def test_a_file_of_runs_says_what_people_said_of_them(signed_in: SignIn, run: Run) -> None:
    run.describe(title="Best fit", note="for the paper")
    run.tags.create(name="paper draft")
    client, address = signed_in("lead"), f"/projects/{run.project.slug}/workflows/"
    row = next(csv.DictReader(io.StringIO(client.get(f"{address}?format=csv").content.decode())))
    assert (row["title"], row["note"], row["tags"], row["archived_at"]) == ("Best fit", "for the paper", "paper draft", "")
    item = client.get(f"{address}?format=json").json()["items"][0]
    assert (item["title"], item["note"], item["tags"], item["archived_at"]) == ("Best fit", "for the paper", ["paper draft"], None)


def test_archived_runs_are_left_out_until_they_are_asked_for(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    runs[0].archive(True)
    client = signed_in("lead")
    assert numbers(client, run) == [4, 3, 1]
    assert numbers(client, run, "archived=only") == [2]
    assert numbers(client, run, "archived=all") == [4, 3, 2, 1]
    assert "archived" in client.get(runs[0].get_absolute_url()).content.decode().lower()


def test_results_are_columns_and_others_can_be_chosen(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    client, address = signed_in("lead"), f"/projects/{run.project.slug}/workflows/"
    page = client.get(address).content.decode()
    assert ">chi2</bdi></a>" in page.replace("\n", "")
    assert '<td class="num"><bdi>1.5</bdi></td>' in page
    chosen = client.get(f"{address}?column=p:cut").content.decode()
    assert '<td class="num"><bdi>0.5</bdi></td>' in chosen
    assert '<td class="num"><bdi>1.5</bdi></td>' not in chosen
    none = client.get(f"{address}?columns=").content.decode()
    assert '<td class="num"><bdi>1.5</bdi></td>' not in none


def test_a_column_of_texts_offers_no_order(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    address = f"/projects/{run.project.slug}/workflows/"
    page = signed_in("lead").get(f"{address}?column=p:cut&column=p:name&sort=-p:name").content.decode()
    assert "sort=-p%3Acut" in page
    assert "sort=p%3Aname" not in page
    assert page.split("<thead>")[1].split("</thead>")[0].count("aria-sort") == 0


def test_results_are_offered_before_more_parameters_than_are_offered(
    signed_in: SignIn, run: Run, runs: list[Run], monkeypatch: Any
) -> None:
    monkeypatch.setattr("projects.workflows.lists.columns.MAX_OFFERED", 2)
    page = signed_in("lead").get(f"/projects/{run.project.slug}/workflows/").content.decode()
    assert '<td class="num"><bdi>1.5</bdi></td>' in page
    assert 'value="p:cut"' in page
    assert 'value="p:name"' not in page


def test_only_the_values_that_are_shown_are_loaded(run: Run, runs: list[Run], rf: Any) -> None:
    with CaptureQueriesContext(connection) as asked:
        found = columns_of(rf.get("/?column=p:cut"), runs)
    assert [[row and row.text for row in cells] for cells in found.cells.values()] == [["0.5"], ["2.0"], ["1.0"]]
    assert [column.name for column in found.offered] == ["chi2", "cut", "name"]
    assert "GROUP BY" in asked[0]["sql"]
    assert "'cut'" in asked[1]["sql"]


def test_a_list_as_json_asks_the_same_for_one_run_and_for_several(signed_in: SignIn, run: Run) -> None:
    version = SpecificationVersion.objects.create(specification=run.specification, number=1, text=run.text)
    Run.objects.filter(pk=run.pk).update(version=version)
    client, address = signed_in("lead"), f"/projects/{run.project.slug}/workflows/?format=json"
    costs = []
    for number in (2, 3, 4):
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert len(client.get(address).json()["items"]) == number - 1
        costs.append(len(asked))
        another(run, number, version=version)
    assert len(set(costs)) == 1


def test_a_file_holds_what_the_filter_leaves_with_parameters_and_results(
    signed_in: SignIn, run: Run, runs: list[Run], monkeypatch: Any
) -> None:
    monkeypatch.setattr("vre_portal.tables.EXPORT_PAGE", 1)
    monkeypatch.setattr("projects.workflows.lists.query.PAGE", 1)
    reply = signed_in("lead").get(f"/projects/{run.project.slug}/workflows/?state=finished&format=csv")
    rows = list(csv.DictReader(io.StringIO(reply.content.decode())))
    assert [(row["number"], row["parameter cut"], row["result chi2"]) for row in rows] == [
        ("4", "1.0", ""),
        ("3", "2.0", "1.5"),
        ("2", "0.5", "3"),
    ]


def test_a_person_finds_their_runs_of_all_projects_and_others_that_they_may_see(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    member = make_person("member")
    join(run.project, member)
    another(run, 9, by=member)
    client = signed_in("member")
    assert [item["number"] for item in client.get("/dashboard/runs/all/?format=json").json()["items"]] == [9]
    assert [item["number"] for item in client.get("/dashboard/runs/all/?whose=all&format=json").json()["items"]] == [9, 4, 3, 2, 1]
    assert client.get("/dashboard/runs/all/?whose=all").status_code == 200
    assert signed_in("outsider").get("/dashboard/runs/all/?whose=all&format=json").json()["items"] == []


def test_chosen_runs_are_compared(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    client, address = signed_in("lead"), f"/projects/{run.project.slug}/workflows/"
    reply = client.post("/dashboard/runs/change/", {"act": "compare", "run": [runs[1].pk, runs[0].pk]})
    assert reply["Location"] == f"{address}compare/?run=2&run=3"
    page = " ".join(client.get(reply["Location"]).content.decode().split())
    assert '<th scope="row"> <bdi>cut</bdi> </th> <td class="mono"> <bdi class="before-point-1">0.5</bdi> </td>' in page
    many = [another(run, number).pk for number in range(5, 12)]
    for chosen in ([run.pk], many):
        refused = client.post("/dashboard/runs/change/", {"act": "compare", "run": chosen, "back": address}, follow=True)
        assert "Choose 2 to 6 runs to compare." in refused.content.decode()
    other = another(run, 99, project=make_project(lead=run.by))
    two = client.post("/dashboard/runs/change/", {"act": "compare", "run": [run.pk, other.pk], "back": address}, follow=True)
    assert "Choose runs of one project to compare." in two.content.decode()


def test_a_run_that_the_reader_may_not_see_is_compared_with_nothing(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    Run.objects.filter(pk=runs[0].pk).update(published_at=timezone.now(), made_from=runs[1])
    Project.objects.filter(pk=run.project_id).update(visibility=Project.Visibility.PUBLIC)
    page = signed_in("outsider").get(runs[0].get_absolute_url())
    assert page.status_code == 200
    assert "Differences from" not in page.content.decode()


def test_columns_are_chosen_by_kind(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    page = signed_in("lead").get(f"/projects/{run.project.slug}/workflows/").content.decode()
    results, parameters = page.index("Results on this page"), page.index("Parameters on this page")
    assert results < page.index('value="r:chi2"', results) < parameters < page.index('value="p:cut"', parameters)


def test_the_list_of_all_projects_follows_its_runs_and_its_filter_stays_its_own(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    client, address = signed_in("lead"), "/dashboard/runs/all/"
    assert f'data-topics="listed-{run.pk}"' in client.get(address).content.decode()
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert f"/workflows/{run.number}/" in part
    assert client.get(f"{address}?q=zzz").content.decode().count('value="zzz"') == 1
    assert client.get("/search/?q=zzz").content.decode().count('value="zzz"') == 2


def test_headline_numbers_are_written_down_when_the_files_are_here(run: Run, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    for path, content in (("results/fit.json", b'{"chi2": 1234.5678, "mass [GeV]": 91.2, "name": "x"}'), ("bad.json", b"{")):
        file = RunFile(run=run, path=path, size=len(content), sha256="0" * 64)
        file.file.save("x", ContentFile(content))
    headline.note_results(run)
    headline.note_results(run)
    assert list(run.values.values_list("name", "number", "text")) == [("chi2", 1234.5678, "1234.5678"), ("mass [GeV]", 91.2, "91.2")]


def test_parameters_are_values_as_far_as_they_are_single() -> None:
    rows = parameter_values(Run(pk=1), {"a": 1, "b": True, "c": "x" * 300, "d": [1], "e": 10**400, "f": None, "g": "a\0b"})
    assert [(row.name, row.number, row.text[:5]) for row in rows] == [
        ("a", 1.0, "1"), ("b", None, "true"), ("c", None, "xxxxx"), ("e", None, "10000"), ("g", None, "a\ufffdb"),
    ]  # fmt: skip
    assert len(rows[2].text) == 200


def test_runs_of_an_earlier_version_have_their_parameters_as_values(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(parameters={"cut": 1.5, "list": [1], "name": "a\\b"})
    for _ in range(2):
        import_module("projects.workflows.migrations.0012_parameter_values").write_values(apps, None)
    assert list(run.values.values_list("kind", "name", "number", "text")) == [
        ("parameter", "cut", 1.5, "1.5"),
        ("parameter", "name", None, "a\\b"),
    ]
