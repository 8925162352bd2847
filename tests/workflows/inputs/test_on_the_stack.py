"""A serial fit reads a whole dataset as a directory: small files through the portal, large ones by the portal's own step, from real storage."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.cache import cache

from datalake.operations import worker as operation_worker
from datalake.operations.models import Operation
from projects.workflows import reana, staging, worker
from projects.workflows.inputs import opened as opened_datasets
from projects.workflows.inputs.choices import Question
from projects.workflows.inputs.opened import Opened, choices_in
from projects.workflows.models import FetchSecret, Run, Specification
from projects.workflows.reana import calls
from tests.datalake.operations.elements import put_on_tape, tape_library
from tests.devstack.rucio_client import rucio as as_person
from tests.devstack.rucio_client import storage, unique
from tests.factories import make_project
from tests.workflows.inputs.stack_runs import ended, sign_in_lead, submitted
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service

pytestmark = [
    pytest.mark.integration("postgres", "redis", "iam", "rucio", "reana", "storage"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]
DATASET = "KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf"
FIT = (
    "import json,os,zlib; "
    "sums={name: '%08x' % zlib.adler32(open('data/'+name,'rb').read()) for name in sorted(os.listdir('data'))}; "
    "json.dump(sums, open('sums.json','w')); print('token here:', any(k.startswith('VRE_INPUTS_') for k in os.environ))"
)
STEP = {"name": "fit", "environment": "docker.io/library/python:3.13-slim", "commands": [f'python3 -c "{FIT}"']}
TEXT = json.dumps(
    {
        "inputs": {"directories": ["data"]},
        "workflow": {"type": "serial", "specification": {"steps": [STEP]}},
        "outputs": {"files": ["sums.json"]},
    }
)


@pytest.fixture
def lead() -> User:
    return sign_in_lead()


@pytest.fixture
def run(lead: User) -> Iterator[Run]:
    project = make_project(lead=lead, scope="TEST_SP")
    specification = Specification.objects.create(project=project, name="fit", title="Fit", text=TEXT)
    inputs = {"data": {"lake": "escape", "did": DATASET}}
    facts = {"text": TEXT, "inputs": inputs, "key": uuid.uuid4(), "server": "reana", "name": Run.new_name()}
    made = Run.objects.create(project=project, number=1, by=lead, specification=specification, **facts)
    cache.delete(f"follow-{lead.pk}-reana")
    yield made
    server = service(ServiceKind.REANA, "reana")
    for secret in FetchSecret.objects.filter(run=made):  # of a test that failed
        reana.delete_secret(server, vault.access_token(lead, server, purpose="clear up"), secret.name)


def test_a_dataset_is_opened_to_choose_one_of_its_files(lead: User, monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question(person=lead, project=make_project(lead=lead, scope="TEST_SP"), takes_collection=False)
    opened = Opened.of(f"escape {DATASET}")
    assert opened
    found = choices_in(opened, question)
    assert not found.note
    assert found.rows
    assert all(row.value == f"escape {row.name}" and row.type == "FILE" and row.bytes for row in found.rows)
    monkeypatch.setattr(opened_datasets, "PAGE", 2)
    paged, page = [], choices_in(opened, question)
    while page.following:
        paged += page.rows
        page = choices_in(opened, replace(question, after=page.following))
    assert [row.name for row in (*paged, *page.rows)] == [row.name for row in found.rows]
    assert len(paged) > 2
    gone = Opened.of("escape KM3NET_ECAP_SP:DM.nothing")
    assert gone
    assert choices_in(gone, question).note


@pytest.mark.parametrize("largest", [0, 100])
def test_a_dataset_is_read_as_a_directory(run: Run, settings: Any, monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
    settings.STREAMED_MEGABYTES = largest  # with 0, each file is large
    carried: list[str] = []
    real = staging.streaming.pieces
    monkeypatch.setattr(staging.streaming, "pieces", lambda lake, by, file, *rest: carried.append(file.name) or real(lake, by, file, *rest))
    run = submitted(run)
    assert run.status == Run.Status.PENDING, run.error
    rows = list(run.input_files.all())
    assert len(rows) == 5
    assert len(set(carried)) == (0 if largest == 0 else 5)  # the bytes that pass the portal
    run = ended(run)
    assert run.status == Run.Status.FINISHED, (run.error, run.steps)
    server = service(ServiceKind.REANA, "reana")
    token = vault.access_token(run.by, server, purpose="look at the result")
    with reana.download(server, token, run.remote_id, "sums.json", run.outputs.get(path="sums.json").size or 0) as stream:
        sums = json.loads(b"".join(stream.chunks()))
    assert sums == {row.name: row.adler32 for row in rows}
    rows = list(run.input_files.all())
    assert {(row.how, row.state) for row in rows} == {("streamed" if largest else "fetched", "delivered")}
    assert all(row.rse.startswith("DEMO-") and row.seconds is not None for row in rows)
    assert not FetchSecret.objects.exclude(state=FetchSecret.State.DELETED).exists()
    listed = calls.call(server, token, "get_secrets").json()
    assert FetchSecret(run=run).name not in [item["name"] for item in listed]
    assert not run.outputs.copied().filter(path__startswith="data/").exists()
    print({row.name: (row.bytes, row.how, row.rse, round(row.seconds or 0, 2)) for row in rows}, run.seconds)


def taped(count: int) -> tuple[str, list[str]]:
    """A new dataset of the lead's with files that are on tape alone: its name, and where they are to be read."""
    library, scope, dataset = tape_library(), "user.lead", unique("taped")
    files = [put_on_tape(library, scope, f"{dataset} {number}".encode()) for number in range(count)]
    body = {"dids": [{"scope": scope, "name": file} for file in files]}
    assert as_person("lead", "POST", f"/dids/{scope}/{dataset}", json={"type": "DATASET"}).status_code == 201
    assert as_person("lead", "POST", f"/dids/{scope}/{dataset}/dids", json=body).status_code == 201
    replicas = as_person("lead", "POST", "/replicas/list", json={**body, "schemes": ["https"]}).text.splitlines()
    return f"{scope}:{dataset}", [url for row in replicas for url in json.loads(row)["pfns"]]


def test_a_run_waits_for_files_on_tape_and_starts_when_they_are_on_disk(run: Run) -> None:
    did, addresses = taped(2)
    Run.objects.filter(pk=run.pk).update(inputs={"data": {"lake": "escape", "did": did}})
    assert [storage("lead", "GET", url).status_code for url in addresses] == [403, 403]  # a tape does not give its files at once
    notes, deadline = [], time.monotonic() + 240
    while (run := Run.objects.get(pk=run.pk)).status in Run.UNSUBMITTED and time.monotonic() < deadline:
        Run.objects.filter(pk=run.pk).update(lease_until=None)
        worker.submit(run.pk)
        for operation in Operation.objects.filter(by=run.by, state__in=(Operation.State.QUEUED, Operation.State.RUNNING)):
            operation_worker.execute(operation.pk)
        run.refresh_from_db()
        if run.inputs_note and run.inputs_note not in notes:
            assert run.remote_id == ""  # nothing of it is at REANA until all of them are there
            notes.append(run.inputs_note)
        time.sleep(0.5)
    assert run.status == Run.Status.PENDING, (run.error, run.inputs_note, list(Operation.objects.values("state", "answer")))
    assert notes[0] == "Waiting for tape: 0 of 2 files online."
    assert {(row.tape, row.copies[0][0]) for row in run.input_files.all()} == {("online", "DEMO-ANNECY")}
    run = ended(run)
    assert run.status == Run.Status.FINISHED, (run.error, run.steps)
    assert {row.state for row in run.input_files.all()} == {"delivered"}
