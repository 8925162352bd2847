"""Inputs that do not exist are said before a launch; a lake that is away stops none."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from projects.models import Project
from projects.workflows.models import Run, Specification
from tests.datalake.conftest import lake_at, visitor
from tests.factories import make_project

__all__ = ["lake_at", "visitor"]
pytestmark = [pytest.mark.integration("rucio", "iam"), pytest.mark.django_db]
FILE, MISSING, DATASET = "KM3NET_ECAP_SP:aeff.fits", "KM3NET_ECAP_SP:nowhere.fits", "KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf"


@pytest.fixture
def project(people: dict[str, Any]) -> Project:
    made = make_project(lead=people["lead"])
    steps = {"type": "serial", "specification": {"steps": [{"name": "s", "environment": "e", "commands": ["echo"]}]}}
    text = json.dumps({"inputs": {"files": ["a.fits", "b.fits"]}, "workflow": steps})
    data = {name: {"lake": "escape", "did": FILE} for name in ("a.fits", "b.fits")}
    Specification.objects.create(project=made, name="s", title="S", text=text, data=data)
    return made


def launch(client: Client, project: Project, first: str, second: str = FILE) -> HttpResponse:
    typed = {"specification": "s", "key": str(uuid.uuid4()), "i-0": first, "i-1": second}
    return client.post(reverse("workflows:launch", args=[project.slug]), typed)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("did", "words"),
    [(MISSING, f"Input {MISSING} not found"), (DATASET, f"{DATASET} has the type dataset"), ("NO_SUCH_SP:x", "NO_SUCH_SP:x")],
)
@pytest.mark.parametrize("place", [0, 1])
def test_an_input_that_is_no_file_of_the_lake_is_said_at_its_field(
    project: Project, visitor: Callable[[str], Client], did: str, words: str, place: int
) -> None:
    reply = launch(visitor("lead"), project, *([did, FILE] if place == 0 else [FILE, did]))
    assert reply.status_code == 422
    assert words in reply.content.decode()
    assert not Run.objects.exists()


def test_inputs_that_are_there_are_launched(project: Project, visitor: Callable[[str], Client]) -> None:
    assert launch(visitor("lead"), project, FILE).status_code == 302
    assert Run.objects.get().inputs["a.fits"]["did"] == FILE


def test_a_lake_that_is_away_stops_no_launch_and_this_is_said(
    project: Project, visitor: Callable[[str], Client], lake_at: Callable[[str], None]
) -> None:
    client = visitor("lead")
    lake_at("http://127.0.0.1:9")
    reply = launch(client, project, FILE)
    assert reply.status_code == 302
    assert any("could not be looked up" in str(message) for message in get_messages(reply.wsgi_request))
