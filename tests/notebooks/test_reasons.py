"""Why a session stopped is always told, and what is opened is looked at first."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from projects.models import Membership
from projects.notebooks import services, tasks, worker
from projects.notebooks.models import Session
from tests.notebooks.conftest import BadHub, MakeSession, UseHub, stopped, use_service
from vre_portal.audit.models import AuditEntry
from vre_portal.http import RemoteError
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, service

pytestmark = pytest.mark.django_db
AWAY = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.delete("hub-away-hub")


def none_runs(bad_hub: BadHub) -> None:
    bad_hub.answer(200, {"items": [], "servers": {}}, X_JupyterHub_Version="6")


def read(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def test_a_lost_role_is_told_also_after_the_hub_was_away(make_session: MakeSession, bad_hub: BadHub, people: dict[str, User]) -> None:
    session = make_session(state="ready")
    Membership.objects.all().delete()
    tasks.check(people["member"].pk)
    assert "may no longer use notebooks" in read(session).message
    assert "may no longer use notebooks" in AuditEntry.objects.get(action="notebook.stop").facts["why"]
    bad_hub.answer(503, X_JupyterHub_Version="6")
    assert "failing" in stopped(session).message
    Session.objects.update(lease_until=None)
    bad_hub.answer(204, X_JupyterHub_Version="6")
    ended = stopped(read(session))
    assert ended.state == "stopped"
    assert "may no longer use notebooks" in ended.message


def test_somebody_who_was_switched_off_is_told(make_session: MakeSession, people: dict[str, User]) -> None:
    session = make_session(state="ready")
    User.objects.filter(pk=people["member"].pk).update(is_active=False)
    worker.of_those_who_left(people["member"].pk)
    assert "may no longer use this portal" in read(session).message


def test_ones_own_press_is_told(make_session: MakeSession, bad_hub: BadHub) -> None:
    session = make_session(state="ready")
    services.stop_session(session=session)
    bad_hub.answer(204, X_JupyterHub_Version="6")
    assert stopped(session).message == "You stopped it."


def test_what_the_hub_ended_is_told_as_far_as_it_is_known(make_session: MakeSession, bad_hub: BadHub) -> None:
    session = make_session(state="ready", active_at=timezone.now() - timedelta(hours=3))
    none_runs(bad_hub)
    worker.look_at_all(worker.hub_of(session))
    assert read(session).state == "stopped"
    assert "no longer runs this session" in read(session).message


def test_an_idle_one_is_told_where_the_hub_ends_those(make_session: MakeSession, bad_hub: BadHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Service(ServiceKind.JUPYTERHUB, "hub", "Test hub", bad_hub.url, options={"token": "t", "idle_minutes": 60})
    monkeypatch.setattr(worker, "hub_of", lambda session: hub)
    idle = make_session(state="ready", active_at=timezone.now() - timedelta(minutes=61))
    none_runs(bad_hub)
    worker.look(idle)
    assert "after 60 minutes without use" in read(idle).message
    used = make_session(state="ready", active_at=timezone.now() - timedelta(minutes=5))
    worker.look(used)
    assert "60 minutes" not in read(used).message


def test_a_hub_that_was_away_is_told(make_session: MakeSession, bad_hub: BadHub) -> None:
    session = make_session(state="ready")
    bad_hub.answer(503, X_JupyterHub_Version="6")
    with pytest.raises(RemoteError):
        worker.look_at_all(worker.hub_of(session))
    none_runs(bad_hub)
    worker.look_at_all(worker.hub_of(session))
    assert "restarted or was unreachable" in read(session).message
    later = make_session(state="ready")
    worker.look_at_all(worker.hub_of(later))
    assert "restarted or was unreachable" not in read(later).message


def test_nothing_ends_without_a_word(make_session: MakeSession, bad_hub: BadHub) -> None:
    """Whoever ends it: of all the ways there is none that leaves the message empty."""
    none_runs(bad_hub)
    for state in ("ready", "stopping"):
        session = make_session(state=state)
        worker.look(session)
        assert read(session).state == "stopped"
        assert read(session).message


def test_a_message_of_a_running_one_stays(make_session: MakeSession) -> None:
    session = make_session(state="ready", message="It was started directly in JupyterHub.")
    session.became_ready("/user/x/", None)
    assert read(session).message == "It was started directly in JupyterHub."


def test_open_while_stopping_is_a_wish_for_a_new_one(make_session: MakeSession, signed_in: Callable[[str], Client]) -> None:
    session = make_session(state="stopping", why="You stopped it.", message="You stopped it.")
    for page in (session.get_absolute_url(), "/projects/notebook-test/notebooks/"):
        assert "Open a notebook" in signed_in("member").get(page).content.decode()
    reply = signed_in("member").post("/projects/notebook-test/notebooks/open/", {"key": str(uuid.uuid4())})
    assert reply["Location"] == f"{session.get_absolute_url()}?go=1"
    again = read(session)
    assert (again.state, again.anew, again.why) == ("asked", True, "")
    assert "still stopping" in again.message
    assert session.pk in worker.starts.waiting()


def test_an_old_form_sent_again_opens_nothing_anew(make_session: MakeSession, signed_in: Callable[[str], Client]) -> None:
    session = make_session(state="stopping")
    signed_in("member").post("/projects/notebook-test/notebooks/open/", {"key": str(session.key)})
    assert read(session).state == "stopping"


def test_the_worker_that_stops_the_old_one_does_not_end_the_new_one(make_session: MakeSession) -> None:
    session = make_session(state="stopping")
    old = Session.claim(session.pk)
    assert old
    assert read(session).open_again(uuid.uuid4())
    old.ended("JupyterHub stopped it.")
    assert read(session).state == "asked"


def test_open_has_a_session_looked_at_that_was_ready(make_session: MakeSession, signed_in: Callable[[str], Client]) -> None:
    session = make_session(state="ready", path="/user/x/", checked_at=timezone.now())
    signed_in("member").post("/projects/notebook-test/notebooks/open/", {"key": str(uuid.uuid4())})
    assert read(session).state == "asked"
    assert session.pk in worker.starts.waiting()


def test_going_to_a_lab_that_is_gone_leads_to_what_happened(
    make_session: MakeSession, bad_hub: BadHub, signed_in: Callable[[str], Client]
) -> None:
    session = make_session(state="ready", path="/user/x/", checked_at=timezone.now() - timedelta(seconds=4))
    none_runs(bad_hub)
    reply = signed_in("member").get(f"{session.get_absolute_url()}lab/")
    assert reply["Location"] == session.get_absolute_url()
    page = signed_in("member").get(session.get_absolute_url()).content.decode()
    assert "no longer runs this session" in page
    assert "/projects/notebook-test/notebooks/open/" in page


def test_going_to_a_lab_of_a_hub_that_is_away_says_so(
    make_session: MakeSession, use_hub: UseHub, signed_in: Callable[[str], Client]
) -> None:
    use_hub(AWAY)
    session = make_session(state="ready", path="/user/x/", checked_at=timezone.now() - timedelta(seconds=4))
    reply = signed_in("member").get(f"{session.get_absolute_url()}lab/")
    assert reply.status_code == 200
    assert b"cannot be reached" in reply.content
    assert read(session).state == "ready"


def test_a_session_that_waited_for_the_browser_is_ready_where_it_was_started_at_the_hub(make_session: MakeSession, bad_hub: BadHub) -> None:
    session = make_session(state="sign-in")
    facts = {"ready": True, "url": "/user/x/", "started": "2026-11-28T10:00:00Z"}
    name = session.by.identities.get().subject
    bad_hub.answer(200, {"items": [{"name": name, "servers": {session.server: facts}}]}, X_JupyterHub_Version="6")
    assert worker.look_at_all(worker.hub_of(session)) == []
    assert read(session).state == "ready"


def test_one_hub_that_cannot_be_looked_at_costs_only_itself(monkeypatch: pytest.MonkeyPatch, make_session: MakeSession) -> None:
    first = use_service(monkeypatch, AWAY, {"token": "t"})
    second = Service(ServiceKind.JUPYTERHUB, "second", "Second hub", AWAY, options={"token": "t"})
    seen = []

    def look(hub: Service) -> list[int]:
        seen.append(hub.name)
        if hub == first:
            raise ValueError("an odd one")
        return []

    monkeypatch.setattr(tasks, "services", lambda kind: (first, second))
    monkeypatch.setattr(worker, "look_at_all", look)
    tasks.sweep()
    assert seen == ["hub", "second"]
    assert service(ServiceKind.JUPYTERHUB, "hub") == first
