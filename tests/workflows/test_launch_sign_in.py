"""Nothing is accepted that a worker would need a token for while there is none: the form leads to the sign-in and comes back filled."""

import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from datalake.operations import services as acts
from datalake.operations.models import Operation
from projects.models import Project
from projects.notebooks.models import Session
from projects.workflows import services
from projects.workflows.models import Keep, Run, RunFile, Specification
from tests.factories import make_project
from tests.iam.browsing import sign_in_as
from tests.iam.conftest import FILE, forget
from tests.iam.issuer import Issuer
from vre_portal.iam import vault
from vre_portal.iam.models import Token, User
from vre_portal.iam.vault import token_rows

pytestmark = pytest.mark.django_db
TEXT = """
inputs: {parameters: {label: none}}
workflow: {type: serial, specification: {steps: [{name: only, environment: python, commands: ["echo 1"]}]}}
outputs: {files: [plot.png]}
"""
LAUNCH = "/projects/km3net/workflows/new/?specification=analysis"
Started = tuple[Issuer, Client, User]


@pytest.fixture
def started(settings: Any, tmp_path: Any) -> Any:
    """Ada, who leads a project with a workflow, signed in."""
    issuer, browser = Issuer(), Client()
    (tmp_path / "services.toml").write_text(FILE.format(issuer=issuer.url))
    settings.SERVICES_FILE, settings.POLICIES_REQUIRED = str(tmp_path / "services.toml"), False
    forget()
    user = sign_in_as(browser, issuer)
    project = make_project(slug="km3net", title="KM3NeT", lead=user, scope="SP")
    Specification.objects.create(project=project, name="analysis", title="Analysis", text=TEXT)
    yield issuer, browser, user
    issuer.stop()
    forget()


def form(**more: str) -> dict[str, str]:
    return {"specification": "analysis", "key": str(uuid.uuid4()), "p-label": "a typed label", "server": "runs", **more}


def ended(user: User) -> None:
    """The IAM ended the sign-in, and a worker found out; the browser does not know."""
    Token.objects.filter(user=user).delete()


def test_a_launch_without_a_sign_in_is_not_accepted_and_loses_nothing(started: Started) -> None:
    issuer, browser, user = started
    ended(user)
    reply = browser.post(LAUNCH, form(), headers={"Referer": f"http://testserver{LAUNCH}"})
    assert reply.status_code == 302
    assert urlsplit(reply["Location"]).path == "/accounts/login/"
    assert not Run.objects.exists()
    back = parse_qs(urlsplit(reply["Location"]).query)["next"][0]
    sign_in_as(browser, issuer)
    page = browser.get(back).content.decode()
    assert 'value="a typed label"' in page
    assert not Run.objects.exists()  # nothing is done by itself


def test_a_launch_for_which_the_iam_gives_no_token_is_refused_in_the_form(started: Started) -> None:
    issuer, browser, _ = started
    issuer.exchange_changes = {}
    issuer.refuse = "access_denied"
    reply = browser.post(LAUNCH, form())
    assert reply.status_code == 422
    assert "Nothing was started" in reply.content.decode()
    assert not Run.objects.exists()


def test_an_iam_that_ends_the_sign_in_at_this_very_launch(started: Started) -> None:
    issuer, browser, user = started
    Token.objects.filter(user=user).update(fresh_until=token_rows.LONG_AGO)
    issuer.refreshes.clear()
    reply = browser.post(LAUNCH, form(), headers={"Referer": f"http://testserver{LAUNCH}"})
    assert urlsplit(reply["Location"]).path == "/accounts/login/"
    assert not Run.objects.exists()


def test_an_iam_that_is_away_stops_no_launch(started: Started) -> None:
    issuer, browser, _ = started
    issuer.down = True
    assert browser.post(LAUNCH, form()).status_code == 302
    assert Run.objects.count() == 1


def test_no_act_of_any_kind_is_written_down_without_a_sign_in(started: Started) -> None:
    """Each service that writes down work for a worker, called as its view does."""
    _, browser, user = started
    project, specification = Project.objects.get(), Specification.objects.get()
    run = Run.objects.create(
        project=project, number=1, by=user, specification=specification, text=TEXT, key=uuid.uuid4(), server="runs", name="a",
        status=Run.Status.FINISHED,
    )  # fmt: skip
    file = RunFile.objects.create(run=run, path="plot.png", size=4, state=RunFile.State.FAILED)
    ended(user)
    keep = {"lake": "lake", "scope": "SP", "dataset": "d", "paths": ["plot.png"], "rse": "R", "copy_rse": ""}
    with pytest.raises(vault.SignInAgain):
        services.keep(by=user, run=run, key=uuid.uuid4(), **keep)  # type: ignore[arg-type]
    with pytest.raises(vault.SignInAgain):
        services.copy_files(by=user, run=run, files=run.outputs.all())
    operation = Operation.objects.create(lake="lake", by=user, kind="create-collection", state=Operation.State.FAILED)
    with pytest.raises(vault.SignInAgain):
        acts.retry(by=user, operation=operation)
    browser.post("/projects/km3net/notebooks/open/", {"key": str(uuid.uuid4())})
    file.refresh_from_db()
    operation.refresh_from_db()
    assert not Keep.objects.exists()
    assert not Session.objects.exists()
    assert (file.state, operation.state) == (RunFile.State.FAILED, Operation.State.FAILED)
