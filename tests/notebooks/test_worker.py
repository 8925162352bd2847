"""What the worker does at the real hub: everything may happen twice, and nothing is started twice."""

import uuid
from collections.abc import Iterator

import pytest

from devstack.address import IAM_ISSUER, STATE, secret, subject
from projects.models import Membership, Role
from projects.notebooks import jupyterhub, worker
from projects.notebooks.models import Session
from tests.devstack.hub_client import browser_at_hub, service, stop
from tests.notebooks.conftest import MakeSession, started, stopped
from vre_portal.iam.models import Identity, User
from vre_portal.services import Service, ServiceKind

pytestmark = [pytest.mark.integration("hub", "iam", "portal"), pytest.mark.django_db, pytest.mark.rare(group="sessions")]


@pytest.fixture
def known_member(granted: None) -> Iterator[None]:
    browser_at_hub("member")
    yield
    stop("member", "notebook-test")


def servers() -> dict[str, object]:
    """The member's servers as the hub lists them."""
    found: dict[str, object] = service("GET", f"/users/{subject('member')}").json()["servers"]
    return found


@pytest.mark.usefixtures("known_member")
def test_a_wish_becomes_a_running_server_and_a_second_run_changes_nothing(make_session: MakeSession) -> None:
    session = make_session()
    started(session)
    assert session.state == "ready"
    assert session.path == f"/user/{subject('member')}/notebook-test/"
    running = servers()["notebook-test"]
    Session.objects.filter(pk=session.pk).update(state="asked", path="")
    session.refresh_from_db()
    started(session)
    assert session.state == "ready"
    assert servers()["notebook-test"] == running


@pytest.mark.usefixtures("known_member")
def test_the_project_and_its_data_reach_the_starter_notebook(make_session: MakeSession) -> None:
    started(make_session())
    facts = (STATE / "hub" / "homes" / subject("member") / "notebook-test" / "project.json").read_text()
    assert "A test of notebooks" in facts
    assert "KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf" in facts


@pytest.mark.usefixtures("known_member")
def test_what_ends_by_itself_is_seen_by_the_sweep(make_session: MakeSession) -> None:
    session = make_session()
    started(session)
    assert (subject("member"), "notebook-test") in jupyterhub.running(worker.hub_of(session)).servers
    stop("member", "notebook-test")
    worker.look_at_all(worker.hub_of(session))
    session.refresh_from_db()
    assert session.state == "stopped"


@pytest.mark.usefixtures("known_member")
def test_stop_ends_it_and_may_be_said_twice(make_session: MakeSession) -> None:
    session = make_session()
    started(session)
    for _ in range(2):
        Session.objects.filter(pk=session.pk).update(state="stopping")
        session.refresh_from_db()
        stopped(session)
        assert session.state == "stopped"
    assert "notebook-test" not in servers()


def test_whom_the_hub_does_not_know_is_sent_there(make_session: MakeSession) -> None:
    stranger = User.objects.for_identity(IAM_ISSUER, str(uuid.uuid4()))
    session = make_session(by=stranger)
    Membership.objects.create(project=session.project, user=stranger, role=Role.MEMBER)
    started(session)
    assert session.state == "sign-in"
    with pytest.raises(jupyterhub.SignInNeeded):
        jupyterhub.server_state(worker.hub_of(session), stranger.subject, session.server)


@pytest.mark.usefixtures("known_member")
def test_signing_in_by_a_linked_identity_hides_no_running_session(make_session: MakeSession, people: dict[str, User]) -> None:
    session, member = make_session(), people["member"]
    started(session)
    Identity.objects.create(user=member, issuer="https://elsewhere/", subject="other")
    User.objects.for_identity("https://elsewhere/", "other", groups=["escape/km3net"])
    worker.look_at_all(worker.hub_of(session))
    session = Session.objects.get(pk=session.pk)
    assert session.by.subject == "other"
    worker.look(session)
    assert session.state == "ready"
    assert session.asked_to_stop("You stopped it.")
    stopped(session)
    assert session.state == "stopped"
    assert "notebook-test" not in servers()


def test_a_hub_that_does_not_know_the_portal_is_named(make_session: MakeSession) -> None:
    session = make_session()
    hub = worker.hub_of(session)
    stranger = Service(ServiceKind.JUPYTERHUB, "hub", hub.title, hub.url, options={"token": secret("hub-service-portal")[::-1]})
    with pytest.raises(jupyterhub.RemoteRefused, match="does not accept the portal's token"):
        jupyterhub.server_state(stranger, subject("member"), "notebook-test")
