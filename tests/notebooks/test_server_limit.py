"""A hub's limit on named servers, at a real hub whose limit is two: stopped ones make room, and what runs is told."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from projects.notebooks import jupyterhub, server_limit, services, worker
from projects.notebooks.models import Session
from tests.notebooks.conftest import TOKEN, opened, stopped, use_service
from tests.notebooks.own_hub import OwnHub
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, service

Somebody = Callable[..., tuple[User, str]]
pytestmark = pytest.mark.django_db(transaction=True)


def opened_and_stopped(person: User, slug: str) -> Session:
    session = opened(person, slug)
    assert session.state == "ready", session.message
    services.stop_session(session=session)
    return stopped(session)


def hub() -> Service:
    return service(ServiceKind.JUPYTERHUB, "hub")


def test_one_project_after_another_opens_and_the_files_of_all_stay(own_hub: OwnHub, somebody: Somebody) -> None:
    slugs = ["first", "second", "third", "fourth"]
    person, _ = somebody(*slugs)
    for slug in slugs:
        opened_and_stopped(person, slug)
        (own_hub.home(person.subject) / slug / "mine.txt").write_text(slug)
    assert set(own_hub.servers(person.subject)) == {"third", "fourth"}  # those that were used last
    for slug in slugs:
        assert (own_hub.home(person.subject) / slug / "mine.txt").read_text() == slug
    assert opened(person, "first").state == "ready"
    assert (own_hub.home(person.subject) / "first" / "mine.txt").read_text() == "first"


def test_what_runs_is_named_and_can_be_stopped_where_nothing_can_make_room(somebody: Somebody) -> None:
    person, _ = somebody("alpha", "beta", "gamma")
    running = [opened(person, slug) for slug in ("alpha", "beta")]
    session = opened(person, "gamma")
    assert (session.state, session.at_limit) == ("failed", True)
    assert "at most 2" in session.message
    assert "alpha, beta" in session.message
    browser = Client()
    browser.force_login(person)
    page = browser.get(session.get_absolute_url()).content.decode()
    for one in running:
        assert f"/projects/{one.server}/notebooks/{one.pk}/stop/" in page
    assert "/projects/gamma/notebooks/open/" in page
    browser.post(f"/projects/alpha/notebooks/{running[0].pk}/stop/")
    stopped(running[0])
    assert opened(person, "gamma").state == "ready"


def test_a_stopped_server_that_the_portal_never_started_makes_room(own_hub: OwnHub, somebody: Somebody) -> None:
    person, _ = somebody("one", "two", "three")
    for name in ("one", "two"):
        own_hub.api("POST", f"/users/{person.subject}/servers/{name}")
        own_hub.wait_for(person.subject, name, ready=True)
        own_hub.api("DELETE", f"/users/{person.subject}/servers/{name}")
        own_hub.wait_for(person.subject, name, ready=False)
    assert opened(person, "three").state == "ready"


def test_a_server_that_somebody_is_about_to_start_is_not_removed(own_hub: OwnHub, somebody: Somebody) -> None:
    person, _ = somebody("wanted", "other", "new")
    opened_and_stopped(person, "wanted")
    opened_and_stopped(person, "other")
    asked = Session.objects.get(by=person, server="wanted")
    Session.objects.filter(pk=asked.pk).update(state="asked")  # the least recently used one, were it not for this
    assert opened(person, "new").state == "ready"
    assert set(own_hub.servers(person.subject)) == {"wanted", "new"}


def test_where_files_may_go_with_the_server_nothing_is_removed(
    own_hub: OwnHub, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_service(monkeypatch, own_hub.url, {"token": TOKEN})
    person, _ = somebody("kept", "kept-too", "late")
    opened_and_stopped(person, "kept")
    opened_and_stopped(person, "kept-too")
    session = opened(person, "late")
    assert session.state == "failed"
    assert f"{own_hub.url}/hub/home" in session.message
    assert set(own_hub.servers(person.subject)) == {"kept", "kept-too"}


def test_a_start_waits_while_a_server_of_the_same_person_is_removed(own_hub: OwnHub, somebody: Somebody) -> None:
    person, token = somebody("slow")
    key = server_limit._key(hub(), person.subject)
    cache.set(key, True, 60)
    reply = own_hub.api("POST", f"/users/{person.subject}/servers/slow", token)
    assert (reply.status_code, "Try again in a moment" in reply.text) == (424, True)
    begin = time.monotonic()
    threading.Timer(1.5, cache.delete, [key]).start()
    assert opened(person, "slow").state == "ready"
    assert time.monotonic() - begin > 1.4


def test_two_removals_for_one_person_do_not_meet(somebody: Somebody) -> None:
    person, _ = somebody("crowded")
    session = Session(by=person, server="crowded", hub="hub")
    cache.set(server_limit._key(hub(), person.subject), True, 60)
    with pytest.raises(RemoteUnavailable, match="is starting"):
        server_limit.make_room(hub(), person.subject, session, 2)


def test_two_that_open_at_once_at_the_limit_both_open(own_hub: OwnHub, somebody: Somebody) -> None:
    slugs = ["left", "right", "new-left", "new-right"]
    person, _ = somebody(*slugs)
    opened_and_stopped(person, "left")
    opened_and_stopped(person, "right")
    results: dict[str, Any] = {}

    def run(slug: str) -> None:
        session = opened(person, slug)
        while session.state in ("asked", "starting"):  # as the sweep does
            Session.objects.filter(pk=session.pk).update(lease_until=None)
            worker.start(session.pk)
            session = Session.objects.get(pk=session.pk)
        results[slug] = session.state

    threads = [threading.Thread(target=run, args=[slug]) for slug in slugs[2:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {"new-left": "ready", "new-right": "ready"}
    assert set(own_hub.servers(person.subject)) == {"new-left", "new-right"}


def test_a_server_that_the_hub_does_not_remove_costs_only_itself(somebody: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = somebody("stuck", "loose", "wanted")
    opened_and_stopped(person, "stuck")
    opened_and_stopped(person, "loose")
    remove = jupyterhub.remove_server

    def failing(at: Service, user: str, name: str) -> bool:
        if name == "stuck":
            raise RemoteUnavailable("no", service=at)
        return remove(at, user, name)

    monkeypatch.setattr(jupyterhub, "remove_server", failing)
    assert opened(person, "wanted").state == "ready"
