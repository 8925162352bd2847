"""A run reads data of two lakes, and its result is kept in the second one, whose storage and people are real."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from devstack import address
from projects.models import Resource
from projects.workflows import archiving, copying, services
from projects.workflows.models import Keep, Run, Specification
from tests.devstack.rucio_client import rucio, unique, upload
from tests.factories import make_project
from tests.workflows.inputs.stack_runs import ended, sign_in_lead, submitted
from vre_portal import services as configured

pytestmark = [
    pytest.mark.integration("postgres", "redis", "iam", "rucio", "reana", "storage"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]
SCOPE, FIRST = "user.lead", "KM3NET_ECAP_SP:aeff.fits"
# The same Rucio under another name of this machine: its account, scope and storage are the second lake's.
SECOND = """
[[service]]
kind = "rucio"
name = "second"
title = "Second Lake"
url = "${SECOND_URL}"
audience = "rucio"
options = { ca = "${STORAGE_CA}", hosts = ["${STORAGE_HOST}"], upload_rse = "DEMO-ERLANGEN", copy_rses = ["DEMO-BOLOGNA"] }
"""
STEP = {"name": "sum", "environment": "python:3.13", "commands": ["cat first.fits second.txt | wc -c > size.txt"]}
TEXT = json.dumps(
    {
        "inputs": {"files": ["first.fits", "second.txt"]},
        "workflow": {"type": "serial", "specification": {"steps": [STEP]}},
        "outputs": {"files": ["size.txt"]},
    }
)


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[list[tuple[str, str]]]:
    """Two lakes; under which host name, and with which method, the lakes' Rucio is asked."""
    monkeypatch.setenv("SECOND_URL", address.RUCIO_URL.replace(address.HOST, "localhost"))
    (tmp_path / "services.toml").write_text(Path(settings.SERVICES_FILE).read_text() + SECOND)
    settings.SERVICES_FILE, settings.MEDIA_ROOT = str(tmp_path / "services.toml"), str(tmp_path / "media")
    configured._all.cache_clear()
    asked: list[tuple[str, str]] = []
    real = requests.Session.send

    def send(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        if parts.port == address.PORTS["rucio"]:
            asked.append((str(parts.hostname), str(request.method)))
        return real(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", send)
    yield asked
    configured._all.cache_clear()


@pytest.fixture
def run(hosts: list[tuple[str, str]]) -> Run:
    lead = sign_in_lead()
    project = make_project(lead=lead, scope=SCOPE)
    specification = Specification.objects.create(project=project, name="sum", title="Sum", text=TEXT)
    second = upload("lead", SCOPE, b"of the second lake")
    inputs = {"first.fits": {"lake": "escape", "did": FIRST}, "second.txt": {"lake": "second", "did": f"{SCOPE}:{second}"}}
    facts = {"text": TEXT, "inputs": inputs, "key": uuid.uuid4(), "server": "reana", "name": Run.new_name()}
    return Run.objects.create(project=project, number=1, by=lead, specification=specification, **facts)


def kept(run: Run) -> Keep:
    """Its output, kept in the second lake until the copy is at the other site, too."""
    keep = services.keep(
        by=run.by, run=run, key=uuid.uuid4(), lake="second", scope=SCOPE, dataset=unique("sum"), paths=["size.txt"], rse="DEMO-ERLANGEN",
        copy_rse="DEMO-BOLOGNA",
    )  # fmt: skip
    deadline = time.monotonic() + 180
    while not keep.ended and time.monotonic() < deadline:
        Keep.objects.update(lease_until=None)
        archiving.proceed(keep.pk)
        keep = Keep.objects.get(pk=keep.pk)
        time.sleep(1)
    return keep


def test_two_lakes_are_read_and_the_result_is_kept_in_the_second(run: Run, hosts: list[tuple[str, str]]) -> None:
    run = submitted(run)
    assert run.status == Run.Status.PENDING, run.error
    assert {row.path: row.lake for row in run.input_files.all()} == {"first.fits": "escape", "second.txt": "second"}
    assert {host for host, _method in hosts} == {address.HOST, "localhost"}
    run = ended(run)
    assert run.status == Run.Status.FINISHED, (run.error, run.steps)
    copying.copy_files(run.pk)
    output = run.outputs.get(path="size.txt")
    with output.file.open("rb") as file:
        assert int(file.read()) == sum(row.bytes for row in run.input_files.all())
    hosts.clear()
    keep = kept(run)
    assert (keep.status, keep.uploaded) == (Keep.Status.OK, ["size.txt"]), keep.error
    assert {host for host, _method in hosts} == {"localhost"}  # the first lake hears nothing of it
    assert run.project.resources.get(kind=Resource.Kind.RESULT).service == "second"
    rules = rucio("lead", "GET", f"/dids/{SCOPE}/{keep.dataset}/rules").text.splitlines()
    assert sorted(json.loads(rule)["rse_expression"] for rule in rules) == ["DEMO-BOLOGNA", "DEMO-ERLANGEN"]
