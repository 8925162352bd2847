"""People are told before they press, and told again by the server when they press all the same; nothing typed is lost."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from datalake.operations.models import Operation
from datalake.uploads import capacity
from datalake.uploads.models import Upload
from projects.models import Role
from projects.notebooks.models import Session
from projects.workflows import services as workflows
from projects.workflows.models import Run, Specification
from tests.datalake.uploads.conftest import Sender
from tests.datalake.uploads.conftest import sender as sender
from tests.datalake.uploads.conftest import spool as spool
from tests.factories import make_project, make_stop
from tests.security.test_queries import give_token
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services
from vre_portal.stop_switches.models import StopSwitch

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
TEXT = """
inputs: {parameters: {years: 10.0}}
workflow: {type: serial, specification: {steps: [{name: only, environment: python, commands: ["echo 1"]}]}}
"""
REASON = "Upgrade of the cluster"


@pytest.fixture
def lead(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> User:
    """The lead of the project `p`, which has a workflow; no sign-in is asked for again."""
    project = make_project(slug="p", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    Specification.objects.create(project=project, name="s", title="S", text=TEXT)
    monkeypatch.setattr(workflows, "require_token", lambda *_, **__: None)
    give_token(people["lead"])
    return people["lead"]


def launch(browser: Client, **more: Any) -> Any:
    return browser.post("/projects/p/workflows/new/?specification=s", {"key": uuid.uuid4(), "p-years": "7.25", "server": "reana", **more})


def test_the_launch_form_says_it_and_the_server_refuses_and_keeps_what_was_typed(lead: User, signed_in: SignIn) -> None:
    for server in services(ServiceKind.REANA):
        make_stop("reana", server.name, "runs", reason=REASON, until=timezone.now() + timedelta(days=2))
    browser = signed_in("lead")
    shown = browser.get("/projects/p/workflows/new/").content.decode()
    assert "are stopped until" in shown
    assert REASON in shown
    assert 'aria-disabled="true"' in shown
    refused = launch(browser)
    whole = refused.content.decode()
    assert refused.status_code == 503
    assert REASON in whole
    assert 'value="7.25"' in whole
    assert not Run.objects.exists()


def test_where_another_server_takes_runs_the_form_can_be_sent_there(lead: User, signed_in: SignIn) -> None:
    make_stop("reana", "reana", "runs", reason=REASON)
    shown = signed_in("lead").get("/projects/p/workflows/new/").content.decode()
    assert REASON in shown
    assert 'aria-disabled="true"' not in shown


def test_a_form_that_was_opened_before_is_taken_again_afterwards(lead: User, signed_in: SignIn) -> None:
    browser, key = signed_in("lead"), uuid.uuid4()
    make_stop("reana", "reana", "runs")
    assert launch(browser, key=key).status_code == 503
    StopSwitch.objects.update(ended_at=timezone.now())
    assert launch(browser, key=key).status_code == 302
    make_stop("reana", "reana", "runs")
    assert launch(browser, key=key).status_code == 302  # the same press again finds its run
    assert Run.objects.count() == 1


def test_a_run_says_for_what_it_waits_and_an_open_page_of_it_is_told(lead: User, signed_in: SignIn) -> None:
    browser = signed_in("lead")
    launch(browser)
    where = Run.objects.get().get_absolute_url()
    seen = browser.get(where).context["body"]()["digest"]
    assert browser.get(f"{where}?seen={seen}", headers={"HX-Request": "true"}).status_code == 204
    make_stop("reana", "reana", "runs", reason=REASON)
    told = browser.get(f"{where}?seen={seen}", headers={"HX-Request": "true"}).content.decode()
    assert "This run waits and starts by itself" in told
    assert REASON in told
    Run.objects.update(status=Run.Status.RUNNING)
    assert REASON not in browser.get(where).content.decode()


def test_no_notebook_is_opened_and_an_open_one_stays_open(lead: User, signed_in: SignIn) -> None:
    make_stop("jupyterhub", "hub", "sessions", reason=REASON)
    browser = signed_in("lead")
    shown = browser.get("/projects/p/notebooks/").content.decode()
    assert REASON in shown
    assert 'aria-disabled="true"' in shown
    refused = browser.post("/projects/p/notebooks/open/", {"key": uuid.uuid4()})
    assert refused.status_code == 503
    assert REASON in refused.content.decode()
    assert "Retry-After" in refused
    assert not Session.objects.exists()
    project = lead.memberships.get().project if hasattr(lead, "memberships") else Run.project.field.related_model.objects.get(slug="p")
    session = Session.objects.create(by=lead, project=project, hub="hub", server="p", key=uuid.uuid4(), state=Session.State.READY)
    assert browser.post("/projects/p/notebooks/open/", {"key": uuid.uuid4()}).status_code == 302
    session.refresh_from_db()
    assert session.state == Session.State.READY


def test_a_session_that_is_stopping_is_not_started_again(lead: User, signed_in: SignIn) -> None:
    make_stop("jupyterhub", "hub", "sessions")
    project = Specification.objects.get().project
    Session.objects.create(by=lead, project=project, hub="hub", server="p", key=uuid.uuid4(), state=Session.State.STOPPING)
    assert signed_in("lead").post("/projects/p/notebooks/open/", {"key": uuid.uuid4()}).status_code == 503


def test_no_upload_is_begun_and_one_that_has_begun_is_completed(sender: Callable[[str], Sender], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datalake.uploads.services.require_token", lambda *_, **__: None)
    monkeypatch.setattr("datalake.uploads.services._check_dataset", lambda *_: None)
    monkeypatch.setattr(capacity, "fit", lambda *_, **__: capacity.CapacityCheck("A", 0, None, 0))
    lead = sender("lead")
    begun = lead.create(3, name="begun.root")
    assert begun.status_code == 201, begun.content
    make_stop("rucio", "escape", "uploads", reason=REASON)
    refused = lead.create(3, name="other.root")
    assert (refused.status_code, REASON in refused.content.decode()) == (503, True)
    assert int(refused["Retry-After"]) > 0
    assert lead.create(3, name="begun.root").status_code == 409  # which leads to the one that has begun
    assert lead.patch(begun["Location"], b"abc", 0).status_code == 204
    assert Upload.objects.get().state == Upload.State.CHECKING


def test_no_change_is_requested_and_what_was_typed_is_kept(people: dict[str, User], signed_in: SignIn) -> None:
    give_token(people["lead"])
    make_stop("rucio", "escape", "changes", reason=REASON)
    browser = signed_in("lead")
    sent = {"dids": "user.lead:some.file", "rse": "DEMO-ANNECY", "copies": "1", "days": "30", "comment": "My words", "key": uuid.uuid4()}
    refused = browser.post(
        "/datalake/escape/make-available/ask/", sent, headers={"Referer": "http://testserver/datalake/escape/make-available/"}
    )
    assert refused.status_code == 503, refused.headers
    assert REASON in refused.content.decode()
    assert "Return to your form" in refused.content.decode()
    assert not Operation.objects.exists()


def test_a_request_that_was_queued_says_for_what_it_waits(people: dict[str, User], signed_in: SignIn) -> None:
    give_token(people["lead"])
    operation = Operation.objects.create(
        by=people["lead"], lake="escape", kind="close", subjects=["a:b"], arguments={"scope": "a", "name": "b"}
    )
    make_stop("rucio", "escape", "changes", reason=REASON)
    whole = signed_in("lead").get(operation.get_absolute_url()).content.decode()
    assert "carried out by itself" in whole
    assert whole.count(REASON) == 1


def test_a_stop_of_an_action_that_is_no_longer_known_can_be_turned_off(signed_in: SignIn) -> None:
    """A row that another version of the portal left."""
    stop = make_stop("reana", "reana", "everything")
    reply = signed_in("admin").post(f"/stop-switches/{stop.pk}/off/", follow=True)
    assert reply.status_code == 200
    assert "everything: no longer stopped" in reply.content.decode()
