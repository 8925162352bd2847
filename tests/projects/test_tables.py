"""The project's tables are there for programs, too, and a page costs a page."""

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client

from projects.models import Project, Resource
from tests.factories import make_public


@pytest.fixture
def project(people: dict[str, object]) -> Project:
    made = make_public()
    rows = [Resource(project=made, kind="did", service="escape", identifier=f"KM3NET_ECAP_SP:file-{number:03}") for number in range(120)]
    Resource.objects.bulk_create(rows)
    return made


def test_the_json_pages_lose_and_repeat_nothing(project: Project, signed_in: Callable[..., Client]) -> None:
    client, address, seen = signed_in("anonymous"), f"/projects/{project.slug}/data/?format=json", []
    while address:
        answer = client.get(address).json()
        seen += [item["identifier"] for item in answer["items"]]
        assert len(answer["items"]) <= 50
        address = answer["next"]
    assert sorted(seen) == [f"KM3NET_ECAP_SP:file-{number:03}" for number in range(120)]


def test_csv_is_whole_and_disarms_formulas(project: Project, signed_in: Callable[..., Client]) -> None:
    Resource.objects.create(project=project, kind="did", service="escape", identifier="KM3NET_ECAP_SP:x", title="=cmd()")
    reply = signed_in("anonymous").get(f"/projects/{project.slug}/data/?format=csv")
    rows = list(csv.DictReader(io.StringIO(reply.content.decode())))
    assert len(rows) == 121
    assert rows[-1]["title"] == "'=cmd()"  # the newest is the last, until somebody moves it
    assert "Link" not in reply


@pytest.mark.parametrize("page", ["data", "software", "results", "workflows"])
@pytest.mark.parametrize("wanted", ["", "?format=json", "?format=csv", "?before=²", "?before=99999999999999999999"])
def test_every_table_answers_in_every_form(project: Project, signed_in: Callable[..., Client], page: str, wanted: str) -> None:
    assert signed_in("lead").get(f"/projects/{project.slug}/{page}/{wanted}").status_code == 200
