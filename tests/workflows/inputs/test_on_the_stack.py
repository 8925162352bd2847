"""A serial fit reads a whole dataset as a directory: small files through the portal, large ones by the portal's own step, from real storage."""

import json
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.cache import cache
from django.utils import timezone

from devstack.address import IAM_ISSUER
from projects.workflows import polling, reana, staging, worker
from projects.workflows.inputs import worker as secret_worker
from projects.workflows.inputs.choices import Question
from projects.workflows.inputs.opened import Opened, choices_in
from projects.workflows.models import FetchSecret, Run, Specification
from projects.workflows.reana import calls
from tests.devstack.iam_client import login
from tests.factories import make_project
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.iam.oidc.tokens import Tokens
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
    """The demonstration's lead, with a sign-in at the real IAM in this database."""
    answer = login("lead")
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    person = User.objects.for_identity(IAM_ISSUER, claims["sub"], name="lead")
    end = timezone.now() + timedelta(seconds=answer["expires_in"])
    tokens = Tokens(access=answer["access_token"], refresh=answer["refresh_token"], identity="", scope=answer["scope"], expires_at=end)
    vault.store_sign_in(person, tokens)
    return person


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


def test_a_dataset_is_opened_to_choose_one_of_its_files(lead: User) -> None:
    question = Question(person=lead, project=make_project(lead=lead, scope="TEST_SP"), takes_collection=False)
    opened = Opened.of(f"escape {DATASET}")
    assert opened
    found = choices_in(opened, question)
    assert not found.note
    assert found.rows
    assert all(row.value == f"escape {row.name}" and row.type == "FILE" and row.bytes for row in found.rows)
    gone = Opened.of("escape KM3NET_ECAP_SP:DM.nothing")
    assert gone
    assert choices_in(gone, question).note


def submitted(run: Run) -> Run:
    """The run, launched; a server that is slow just now is asked again, as the workers do."""
    deadline = time.monotonic() + 120
    while (found := Run.objects.get(pk=run.pk)).status in Run.UNSUBMITTED and time.monotonic() < deadline:
        Run.objects.filter(pk=run.pk).update(lease_until=None)
        worker.submit(run.pk)
    return found


def ended(run: Run) -> Run:
    """The run, followed to its end as the workers do."""
    secret, deadline = FetchSecret.objects.filter(run=run).first(), time.monotonic() + 400
    while time.monotonic() < deadline:
        Run.objects.filter(pk=run.pk).update(lease_until=None)
        polling.follow(run.by_id, "reana")
        if secret:
            FetchSecret.objects.update(lease_until=None)
            secret_worker.look_after(secret.pk)
        run = Run.objects.get(pk=run.pk)
        if run.ended:
            return run
        time.sleep(1)
    raise AssertionError((run.status, run.error))


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
