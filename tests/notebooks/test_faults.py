"""A hub that is away, half there or failing: nothing is lost, nothing is taken for what it is not, and people are told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from projects.notebooks import server_limit, services, tasks, worker
from projects.notebooks.models import Session
from tests.notebooks.conftest import BadHub, MakeSession, UseHub, started, stopped
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
AWAY = "http://127.0.0.1:1"


def test_a_wish_waits_for_a_hub_that_is_away(make_session: MakeSession, use_hub: UseHub) -> None:
    use_hub(AWAY)
    session = make_session()
    started(session)
    session.refresh_from_db()
    assert session.state == "asked"
    assert "cannot be reached" in session.message
    Session.objects.update(lease_until=None)
    assert session.pk in worker.starts.waiting()


def test_a_wish_is_given_up_after_ten_minutes_and_says_so(make_session: MakeSession, use_hub: UseHub) -> None:
    use_hub(AWAY)
    session = make_session(asked_at=timezone.now() - timedelta(minutes=11))
    started(session)
    assert session.state == "failed"
    assert "Open the notebook again" in session.message


def test_a_stop_waits_for_a_hub_that_is_away(make_session: MakeSession, use_hub: UseHub) -> None:
    use_hub(AWAY)
    session = make_session(state="stopping")
    stopped(session)
    session.refresh_from_db()
    assert session.state == "stopping"


def test_the_proxys_own_404_is_not_taken_for_an_unknown_person(make_session: MakeSession, bad_hub: BadHub) -> None:
    bad_hub.answer(404)
    session = make_session()
    started(session)
    session.refresh_from_db()
    assert session.state == "asked"


def test_a_running_session_is_not_given_up_because_the_hub_is_half_there(make_session: MakeSession, bad_hub: BadHub) -> None:
    session = make_session(state="ready", checked_at=timezone.now() - timedelta(hours=1))
    bad_hub.answer(404)
    assert "is not available" in str(services.refresh(session))
    assert session.state == "ready"


@pytest.mark.parametrize("body", ["", "[]", "null", '{"servers": 5}', "<html>"])
def test_an_answer_of_another_shape_breaks_nothing(make_session: MakeSession, bad_hub: BadHub, body: str) -> None:
    bad_hub.answer(200, body, X_JupyterHub_Version="6")
    session = make_session()
    started(session)
    session.refresh_from_db()
    assert session.state in ("asked", "starting", "failed")


def test_a_refusal_is_told_in_the_hubs_words(make_session: MakeSession, bad_hub: BadHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.jupyterhub, "server_state", lambda *_: None)
    bad_hub.answer(400, {"status": 400, "message": "You have too many sessions"}, X_JupyterHub_Version="6")
    session = make_session()
    started(session)
    assert session.state == "failed"
    assert "You have too many sessions" in session.message


def test_what_waits_is_started_or_stopped_and_what_nobody_came_back_for_is_given_up(
    make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "look_at_all", lambda hub: [])
    lost = make_session()
    assert (worker.starts.waiting(), worker.stops.waiting()) == ([lost.pk], [])
    Session.objects.filter(pk=lost.pk).update(state="stopping")
    assert (worker.starts.waiting(), worker.stops.waiting()) == ([], [lost.pk])
    Session.objects.filter(pk=lost.pk).update(state="sign-in", checked_at=timezone.now() - timedelta(days=2))
    tasks.sweep()
    lost.refresh_from_db()
    assert lost.state == "failed"


def test_who_came_back_in_the_last_moment_is_not_given_up(make_session: MakeSession) -> None:
    late = make_session(state="sign-in", checked_at=timezone.now() - timedelta(days=2))
    seen = Session.objects.forgotten().get()
    assert late.signed_in()
    seen.was_forgotten()
    assert Session.objects.get(pk=late.pk).state == "asked"


def test_the_page_says_what_is_known_and_how_old_it_is(
    make_session: MakeSession, use_hub: UseHub, signed_in: Callable[..., Client]
) -> None:
    use_hub(AWAY)
    old = timezone.now() - timedelta(hours=3)
    session = make_session(state="ready", path="/user/x/notebook-test/", started_at=old, checked_at=old)
    for address in ("/projects/notebook-test/notebooks/", session.get_absolute_url()):
        reply = signed_in("member").get(address, headers={"host": "127.0.0.1"})
        assert reply.status_code == 200
        page = reply.content.decode()
        assert "cannot be reached" in page
        assert "3 hours ago" in page
        assert "Retry</a>" in page


def test_nothing_remote_is_called_when_the_button_is_pressed(project: object, bad_hub: BadHub, signed_in: Callable[..., Client]) -> None:
    key = "0e1f9cb4-77b5-4d9b-9d67-8f2d8c0f2a11"
    member = signed_in("member")
    for _ in range(2):
        reply = member.post("/projects/notebook-test/notebooks/open/", {"key": key}, headers={"host": "127.0.0.1"})
        assert reply.status_code == 302
    assert Session.objects.count() == 1
    assert bad_hub.asked == []


@pytest.mark.parametrize("key", ["", "x", "0" * 5000, "\0"])
def test_a_broken_form_leads_back_to_the_page(project: object, signed_in: Callable[..., Client], key: str) -> None:
    reply = signed_in("member").post("/projects/notebook-test/notebooks/open/", {"key": key}, headers={"host": "127.0.0.1"})
    assert reply.status_code == 302
    assert not Session.objects.exists()


@pytest.mark.parametrize("state", ["", "x", "-1", "9" * 30, "²"])
def test_coming_back_from_the_hub_with_nonsense_finds_nothing(people: object, signed_in: Callable[..., Client], state: str) -> None:
    assert signed_in("member").get("/notebooks/return/", {"state": state}, headers={"host": "127.0.0.1"}).status_code == 404


def test_nobody_comes_back_for_another(make_session: MakeSession, signed_in: Callable[..., Client]) -> None:
    session = make_session(state="sign-in")
    answer = signed_in("lead").get("/notebooks/return/", {"state": session.pk}, headers={"host": "127.0.0.1"})
    assert answer.status_code == 404
    session.refresh_from_db()
    assert session.state == "sign-in"


def test_coming_back_lets_the_session_go_on(make_session: MakeSession, signed_in: Callable[..., Client]) -> None:
    session = make_session(state="sign-in")
    answer = signed_in("member").get("/notebooks/return/", {"state": session.pk}, headers={"host": "127.0.0.1"})
    assert answer["Location"] == f"{session.get_absolute_url()}?go=1"
    session.refresh_from_db()
    assert session.state == "asked"


def test_a_session_reads_without_javascript(make_session: MakeSession, signed_in: Callable[..., Client]) -> None:
    session = make_session(state="sign-in", message="Sign in to JupyterHub once to continue; no password is needed.")
    page = signed_in("member").get(session.get_absolute_url(), headers={"host": "127.0.0.1"}).content.decode()
    assert '<noscript><meta http-equiv="refresh"' in page
    assert f"/projects/notebook-test/notebooks/{session.pk}/sign-in/" in page


READY = {"ready": True, "url": "/user/x/", "started": "2026-11-28T10:00:00Z"}
ODD = [5, None, {}, {"name": 7, "servers": {}}, {"name": "x", "servers": [1]}, {"servers": {"a": READY}}]


@pytest.mark.parametrize("odd", ODD, ids=str)
@pytest.mark.parametrize("place", [0, 1, 2], ids=["front", "middle", "end"])
def test_an_odd_entry_of_the_hubs_list_costs_only_itself(
    make_session: MakeSession, bad_hub: BadHub, people: dict[str, User], odd: object, place: int
) -> None:
    sessions = [make_session(by=people[name], state="ready", path="/old/") for name in ("member", "lead")]
    entries: list[object] = [{"name": subject(session.by), "servers": {session.server: READY}} for session in sessions]
    gone = make_session(by=people["admin"], state="ready", path="/old/")
    entries.insert(place, odd)
    bad_hub.answer(200, {"items": entries, "_pagination": {"next": {"offset": "x"}}}, X_JupyterHub_Version="6")
    worker.look_at_all(worker.hub_of(gone))
    for session in sessions:
        session.refresh_from_db()
        assert (session.state, session.path) == ("ready", "/user/x/")
    gone.refresh_from_db()
    assert gone.state == "ready"  # it may be the one that could not be read


@pytest.mark.parametrize(
    "odd", [5, None, "x", {"ready": True, "url": "/\0/"}, {"ready": True, "started": "0001-01-01T00:00:00+23:00"}], ids=str
)
@pytest.mark.parametrize("place", [0, 1, 2], ids=["front", "middle", "end"])
def test_an_odd_server_of_the_hub_costs_only_its_own_session(
    make_session: MakeSession, bad_hub: BadHub, people: dict[str, User], odd: object, place: int
) -> None:
    sessions = [make_session(by=people[name], state="ready", path="/old/") for name in ("member", "lead", "admin")]
    servers = [READY, READY]
    servers.insert(place, odd)  # type: ignore[arg-type]
    entries = [{"name": subject(session.by), "servers": {session.server: facts}} for session, facts in zip(sessions, servers, strict=True)]
    bad_hub.answer(200, {"items": entries}, X_JupyterHub_Version="6")
    worker.look_at_all(worker.hub_of(sessions[0]))
    for number, session in enumerate(sessions):
        session.refresh_from_db()
        assert session.state == "ready"
        assert number == place or session.path == "/user/x/"


@pytest.mark.parametrize("odd", [5, None, [], "x"], ids=str)
def test_an_odd_one_of_the_servers_that_count_costs_only_itself(make_session: MakeSession, bad_hub: BadHub, odd: object) -> None:
    hub = worker.hub_of(make_session())
    bad_hub.answer(200, {"servers": {"odd": odd, "stopped": {"stopped": True}, "": {"ready": True}}}, X_JupyterHub_Version="6")
    assert [(server.name, server.is_stopped) for server in worker.jupyterhub.named_servers(hub, "x")] == [("stopped", True)]


@pytest.mark.parametrize("body", [[], {}, {"items": 5}, "null"], ids=str)
def test_a_list_that_is_none_ends_no_session(make_session: MakeSession, bad_hub: BadHub, body: object) -> None:
    session = make_session(state="ready")
    bad_hub.answer(200, body, X_JupyterHub_Version="6")
    worker.look_at_all(worker.hub_of(session))
    session.refresh_from_db()
    assert session.state == "ready"


def subject(person: User) -> str:
    return person.identities.get().subject


@pytest.mark.parametrize(("there", "state"), [(True, "ready"), (False, "stopped")])
def test_a_server_that_slipped_between_two_pages_of_the_list_is_asked_for(
    make_session: MakeSession, bad_hub: BadHub, there: bool, state: str
) -> None:
    session = make_session(state="ready")
    servers = {session.server: READY} if there else {}
    bad_hub.answer(200, {"items": [], "_pagination": {"next": {"offset": 200}}, "servers": servers}, X_JupyterHub_Version="6")
    worker.look_at_all(worker.hub_of(session))
    session.refresh_from_db()
    assert session.state == state


def test_a_hub_that_does_not_list_stopped_servers_is_not_said_to_run_as_many_as_it_lists(
    make_session: MakeSession, bad_hub: BadHub
) -> None:
    session = make_session()
    hub = worker.hub_of(session)
    bad_hub.answer(200, {"servers": {"only": READY}}, X_JupyterHub_Version="2.3.1")
    with pytest.raises(RemoteRefused, match=r"keeps 5 notebook servers for you.*/hub/home") as refused:
        server_limit.make_room(hub, "somebody", session, 5)
    assert not isinstance(refused.value, server_limit.LimitReached)
    with pytest.raises(server_limit.LimitReached, match=r"at most 1 notebook at .*: only"):
        server_limit.make_room(hub, "somebody", session, 1)
