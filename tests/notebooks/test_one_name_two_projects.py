"""Two projects whose servers have one name at the hub: `a-b`, and the further session `b` of `a`."""

import uuid
from typing import Any

import pytest
from django.test import Client

from projects.models import Membership, Project
from projects.notebooks import grants, services
from projects.notebooks.models import Session
from tests.factories import make_project
from tests.notebooks.conftest import TOKEN, MakeSession, SignIn, use_service
from tests.notebooks.test_grants import ask
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.policies.services import accept
from vre_portal.policies.texts import policies
from vre_portal.services import Service

pytestmark = pytest.mark.django_db
MEMBERS = {"escape/km3net": "member"}


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> Service:
    return use_service(monkeypatch, "http://127.0.0.1:9", {"token": TOKEN})


@pytest.fixture
def further(project: Project, make_session: MakeSession) -> Session:
    """The session `b` of the project notebook-test."""
    return make_session(server="notebook-test-b", name="b", state=Session.State.READY, path="/user/x/notebook-test-b/")


def test_a_session_of_another_project_is_not_opened_in_its_place(further: Session, signed_in: SignIn) -> None:
    make_project(slug="notebook-test-b", groups=MEMBERS)
    reply = signed_in("member").post("/projects/notebook-test-b/notebooks/open/", {"key": str(uuid.uuid4())})
    assert reply.status_code == 502
    assert "is called notebook-test-b at the hub. Stop it first." in reply.content.decode()
    assert Session.objects.count() == 1


def test_of_two_projects_it_is_the_one_that_the_person_may_see(hub: Service, project: Project, people: dict[str, User]) -> None:
    hidden = make_project(slug="notebook-test-b", visibility="members")
    assert grants.project_of(hub, people["member"], "notebook-test-b") == project
    Membership.objects.create(project=hidden, group="escape/km3net", role="member")
    assert grants.project_of(hub, User.objects.get(pk=people["member"].pk), "notebook-test-b") == hidden


def test_the_address_in_a_refusal_is_that_of_the_project_or_of_all(people: dict[str, User], settings: Any) -> None:
    settings.POLICIES_REQUIRED = True
    make_project(slug="sed-fit", groups=MEMBERS)
    member = people["member"]
    assert "/projects/sed-fit/notebooks/" in str(ask(Client(), member.subject, "sed-fit")["reason"])
    accept(member, policies())
    make_project(slug="sed-hidden", visibility="members")
    for server in ("sed-hidden", "no-such-project", ""):
        reason = str(ask(Client(), member.subject, server)["reason"])
        assert reason.endswith("/projects/"), reason


def test_the_audit_log_names_who_stopped_a_session_and_whose_it_was(further: Session, people: dict[str, User]) -> None:
    services.stop_session(session=further, by=people["admin"], why="An administrator stopped it.")
    entry = AuditEntry.objects.get(action="notebook.stop")
    assert (entry.actor, entry.facts["whose"]) == (people["admin"].handle, str(further.by.handle))
