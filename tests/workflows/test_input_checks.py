"""What the portal knows of inputs is said before a launch, without asking a lake; what it does not know, the run finds out."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datalake.index.models import IndexedScope, IndexEntry
from projects.models import Project
from projects.workflows.models import Run, Specification
from tests.factories import make_project

pytestmark = pytest.mark.django_db
FILE, MISSING, DATASET = "KM3NET_ECAP_SP:aeff.fits", "KM3NET_ECAP_SP:nowhere.fits", "KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf"


@pytest.fixture
def project(people: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Project:
    made = make_project(lead=people["lead"])
    steps = {"type": "serial", "specification": {"steps": [{"name": "s", "environment": "e", "commands": ["echo"]}]}}
    text = json.dumps({"inputs": {"files": ["a.fits", "b.fits"]}, "workflow": steps})
    data = {name: {"lake": "escape", "did": FILE} for name in ("a.fits", "b.fits")}
    Specification.objects.create(project=made, name="s", title="S", text=text, data=data)
    scope = IndexedScope.objects.create(lake="escape", name="KM3NET_ECAP_SP")
    for did, kind in ((FILE, "FILE"), (DATASET, "DATASET")):
        IndexEntry.objects.create(scope=scope, name=did.partition(":")[2], type=kind, created=timezone.now())
    monkeypatch.setattr("projects.workflows.services.require_token", lambda *_args, **_options: None)
    monkeypatch.setattr("urllib3.util.connection.create_connection", lambda *_args, **_options: pytest.fail("a launch asked a service"))
    return made


def launch(client: Client, project: Project, first: str, second: str = FILE) -> HttpResponse:
    typed = {"specification": "s", "key": str(uuid.uuid4()), "i-0": first, "i-1": second}
    return client.post(reverse("workflows:launch", args=[project.slug]), typed)  # type: ignore[return-value]


@pytest.mark.parametrize("place", [0, 1])
def test_an_input_that_is_no_file_is_said_at_its_field(project: Project, signed_in: Callable[[str], Client], place: int) -> None:
    reply = launch(signed_in("lead"), project, *([DATASET, FILE] if place == 0 else [FILE, DATASET]))
    assert reply.status_code == 422
    assert f"{DATASET} has the type dataset" in reply.content.decode()
    assert not Run.objects.exists()


def test_inputs_that_are_there_are_launched(project: Project, signed_in: Callable[[str], Client]) -> None:
    reply = launch(signed_in("lead"), project, FILE)
    assert reply.status_code == 302
    assert Run.objects.get().inputs["a.fits"]["did"] == FILE
    assert not list(get_messages(reply.wsgi_request))


@pytest.mark.parametrize("did", [MISSING, "NO_SUCH_SP:x"])
def test_an_input_that_is_not_in_the_index_is_left_to_the_run_and_this_is_said(
    project: Project, signed_in: Callable[[str], Client], did: str
) -> None:
    reply = launch(signed_in("lead"), project, did)
    assert reply.status_code == 302
    (message,) = get_messages(reply.wsgi_request)
    assert str(message) == (f"{did} is not in the index of the Data Lake yet. If a file is missing, the run fails and says which one.")
