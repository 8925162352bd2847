"""Signing out of the portal is signing out of the hub: the Lab is not open to the next person at the browser."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings as portal
from django.test import Client
from django.utils import timezone

from devstack.address import HUB_URL, IAM_ISSUER, PORTAL_URL, subject
from projects.notebooks import hub_logouts
from projects.notebooks.models import HubLogout, Session
from tests.notebooks.conftest import BadHub, MakeSession, serving, use_service
from tests.notebooks.visitor import PROJECT, Visitor
from vre_portal.iam.models import Identity, User
from vre_portal.services import Service, ServiceKind

LOGOUT = "/accounts/logout/"
DAY = 86400
real = pytest.mark.integration("portal", "hub", "iam", "worker", "beat")


def lab_status(browser: requests.Session) -> int:
    """What the Lab's API says to this browser: 200 where it is open."""
    url = f"{HUB_URL}/user/{subject('member')}/{PROJECT}/api/status"
    return browser.get(url, allow_redirects=False, timeout=20).status_code


def into_the_lab() -> Visitor:
    """A browser of the member with the Lab open in it."""
    visitor = Visitor("member")
    visitor.be_sent_on(visitor.open_notebook())
    assert lab_status(visitor.browser) == 200
    return visitor


@pytest.fixture
def member() -> Iterator[Visitor]:
    yield into_the_lab()
    Visitor("member").stop()


def closed(browser: requests.Session, seconds: float) -> bool:
    """Whether the Lab is closed to this browser within so many seconds."""
    deadline = time.monotonic() + seconds
    while lab_status(browser) == 200:
        if time.monotonic() > deadline:
            return False
        time.sleep(1)
    return True


@real
@pytest.mark.rare(group="sessions")
def test_the_lab_is_closed_to_the_next_person_at_the_browser(member: Visitor) -> None:
    page = member.post(PORTAL_URL + LOGOUT)
    assert "It keeps running until you stop it." in page.text
    assert lab_status(member.browser) == 200  # nothing has happened yet
    page = member.post(PORTAL_URL + LOGOUT, confirmed="1", servers="keep")
    passed = [step.url for step in page.history]
    assert any(url.startswith(f"{HUB_URL}/hub/logout") for url in passed)
    assert page.url == f"{PORTAL_URL}/"
    assert "The portal cannot sign you out of Demonstration IAM" in page.text  # it has no address for that, as INDIGO IAM
    assert lab_status(member.browser) != 200
    for _ in range(2):  # however often: a password is asked for, though the IAM still knows the browser
        lab = member.get(f"{HUB_URL}/user/{subject('member')}/{PROJECT}/lab")
        assert lab.url.startswith(f"{IAM_ISSUER}login")
    assert lab_status(member.browser) != 200
    again = Visitor("member")
    assert again.session()["state"] == "ready"  # the server runs on


@real
@pytest.mark.rare(group="sessions")
def test_who_proves_it_anew_is_in_the_lab_again_and_is_not_asked_a_second_time(member: Visitor) -> None:
    member.post(PORTAL_URL + LOGOUT, confirmed="1", servers="keep")
    address = f"{HUB_URL}/user/{subject('member')}/{PROJECT}/lab"
    page = member.get(address)
    sent = dict(re.findall(r'name="(csrfmiddlewaretoken|next)"\s+value="([^"]*)"', page.text))
    form = {**sent, "next": unescape(sent["next"]), "username": "member", "password": "member"}
    back = member.browser.post(page.url, data=form, headers={"Origin": IAM_ISSUER.rstrip("/")}, timeout=20)
    assert back.url.startswith(HUB_URL)
    assert lab_status(member.browser) == 200
    for cookie in list(member.browser.cookies):
        if cookie.name.startswith("jupyterhub"):
            member.browser.cookies.clear(cookie.domain, cookie.path, cookie.name)
    assert member.get(address).url.startswith(HUB_URL)


@real
@pytest.mark.rare(group="sessions")
def test_stopping_is_a_choice(member: Visitor) -> None:
    member.post(PORTAL_URL + LOGOUT, confirmed="1", servers="stop")
    again = Visitor("member")
    again.wait_for("stopped")
    assert again.session()["message"] == "You stopped it when you signed out."


@real
@pytest.mark.rare(group="sessions")
def test_signing_out_everywhere_closes_the_labs_of_all_browsers(member: Visitor) -> None:
    other = into_the_lab()
    member.post(PORTAL_URL + LOGOUT, confirmed="1", where="everywhere", servers="keep")
    assert closed(other.browser, 90)
    assert Visitor("member").session()["state"] == "ready"


@real
@pytest.mark.rare(group="sessions")
def test_signing_out_in_one_browser_leaves_the_lab_of_the_other(member: Visitor) -> None:
    other = into_the_lab()
    member.post(PORTAL_URL + LOGOUT, confirmed="1", servers="keep")
    assert lab_status(member.browser) != 200
    time.sleep(2)
    assert lab_status(other.browser) == 200


@real
@pytest.mark.rare(group="sessions")
def test_cookies_of_the_hub_live_as_long_as_a_session_of_the_portal(member: Visitor) -> None:
    found = [cookie for cookie in member.browser.cookies if cookie.name.startswith("jupyterhub-")]
    names = {cookie.name.partition("-user")[0] for cookie in found}
    assert {"jupyterhub-hub-login", "jupyterhub-session-id"} <= names
    for cookie in found:
        assert cookie.expires is None or cookie.expires - time.time() <= portal.SESSION_SECONDS + 60, cookie.name


@real
@pytest.mark.rare(group="sessions")
def test_no_other_service_or_person_ends_logins(member: Visitor) -> None:
    address = f"{HUB_URL}/hub/api/users/{subject('member')}/logins"
    assert requests.delete(address, timeout=10).status_code == 403
    assert member.browser.delete(address, timeout=10).status_code == 403
    assert lab_status(member.browser) == 200


@pytest.fixture
def hub(settings: Any, monkeypatch: pytest.MonkeyPatch, people: dict[str, User]) -> Iterator[BadHub]:
    """A hub that answers what it is told, as the portal's only one."""
    with serving(BadHub()) as found:
        made = Service(ServiceKind.JUPYTERHUB, "hub", "Test hub", found.url, options={"token": "t"})
        monkeypatch.setattr(hub_logouts, "service", lambda kind, name=None: made if kind == ServiceKind.JUPYTERHUB else IAM)
        yield found


IAM = Service(ServiceKind.IAM, "iam", "IAM", IAM_ISSUER)


def row(user: User, **facts: Any) -> HubLogout:
    return HubLogout.objects.create(**{"hub": "hub", "user_name": "someone", "by": user, **facts})


def test_a_hub_that_is_away_is_asked_again_until_it_has_ended_the_logins(hub: BadHub, people: dict[str, User]) -> None:
    asked = row(people["member"])
    hub.answer(503)
    hub_logouts.perform(asked.pk)
    asked.refresh_from_db()
    assert asked.done_at is None
    assert asked.message
    HubLogout.objects.update(lease_until=None)
    hub.answer(204, X_JupyterHub_Version="6.1.1")
    hub_logouts.perform(asked.pk)
    asked.refresh_from_db()
    assert (bool(asked.done_at), asked.user_name) == (True, "")
    assert hub.asked[-1] == ("DELETE", "/hub/api/users/someone/logins")


def test_a_hub_without_the_call_is_not_asked_for_ever(hub: BadHub, people: dict[str, User]) -> None:
    asked = row(people["member"])
    hub.answer(404, X_JupyterHub_Version="6.1.1")
    hub_logouts.perform(asked.pk)
    asked.refresh_from_db()
    assert "cannot end logins" in asked.message
    assert asked.done_at


def test_one_that_is_away_for_longer_than_its_cookies_live_is_given_up(hub: BadHub, people: dict[str, User]) -> None:
    asked = row(people["member"], asked_at=timezone.now() - timedelta(seconds=portal.SESSION_SECONDS + 1))
    hub.answer(503)
    hub_logouts.perform(asked.pk)
    asked.refresh_from_db()
    assert asked.done_at


def test_what_is_done_is_forgotten(people: dict[str, User]) -> None:
    old, new = (row(people["member"], done_at=timezone.now() - timedelta(days=days)) for days in (2, 0))
    hub_logouts.forget()
    assert list(HubLogout.objects.all()) == [new]
    assert old != new


def away(settings: Any, tmp_path: Any) -> None:
    """The portal's configuration with a hub at which nobody listens."""
    from tests.iam.conftest import forget

    text = f"""
[[service]]
kind = "iam"
name = "iam"
title = "IAM"
url = "{IAM_ISSUER}"
options = {{ client_id = "portal", client_secret = "s" }}

[[service]]
kind = "jupyterhub"
name = "hub"
title = "Test hub"
url = "http://127.0.0.1:1"
options = {{ token = "t" }}
"""
    (tmp_path / "services.toml").write_text(text)
    settings.SERVICES_FILE = str(tmp_path / "services.toml")
    forget()


@pytest.fixture
def hub_away(settings: Any, tmp_path: Any) -> Iterator[None]:
    from tests.iam.conftest import forget

    away(settings, tmp_path)
    yield
    forget()


def test_where_the_hub_is_away_one_is_signed_out_all_the_same_and_told(
    hub_away: None, people: dict[str, User], signed_in: Any, make_session: MakeSession
) -> None:
    make_session(people["member"], state=Session.State.STOPPED)
    browser: Client = signed_in("member")
    browser.get("/me/")
    answer = browser.post(LOGOUT)
    assert urlsplit(answer["Location"]).netloc != "127.0.0.1:1"
    assert "Test hub is not responding" in browser.get("/projects/").content.decode()
    assert set(HubLogout.objects.values_list("by", "user_name")) == {(people["member"].pk, subject("member"))}


def test_a_running_notebook_is_asked_about_with_and_without_other_sessions(
    hub_away: None, people: dict[str, User], signed_in: Any, make_session: MakeSession
) -> None:
    running = make_session(people["member"], state=Session.State.READY)
    browser: Client = signed_in("member")
    page = browser.post(LOGOUT)
    assert page.status_code == 200
    assert "Notebook of A test of notebooks" in page.content.decode()
    browser.post(LOGOUT, {"confirmed": "1", "servers": "stop"})
    running.refresh_from_db()
    assert (running.state, running.why) == (Session.State.STOPPING, "You stopped it when you signed out.")


def test_who_is_erased_is_signed_out_at_the_hub_and_the_name_there_is_not_kept(
    hub: BadHub, people: dict[str, User], signed_in: Any
) -> None:
    browser: Client = signed_in("newcomer")
    browser.get("/me/")
    name = Identity.objects.get(user=people["newcomer"]).subject
    browser.post("/me/erase/", {"confirmation": "delete my account"})
    assert not Identity.objects.filter(user=people["newcomer"]).exists()
    assert set(HubLogout.objects.values_list("user_name", flat=True)) == {name}
    hub.answer(204, X_JupyterHub_Version="6.1.1")
    HubLogout.objects.update(lease_until=None)
    for pk in HubLogout.objects.values_list("pk", flat=True):
        hub_logouts.perform(pk)
    assert set(HubLogout.objects.values_list("user_name", flat=True)) == {""}


@pytest.mark.django_db
def test_a_hub_whose_iam_is_not_configured_keeps_nobody_from_signing_out(
    signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_service(monkeypatch, "http://127.0.0.1:1", {"token": "x", "iam": "gone"})
    browser = signed_in("member")
    assert browser.post(LOGOUT, {"confirmed": "1"}).status_code == 302
    assert browser.get("/dashboard/").status_code == 302
    assert not HubLogout.objects.exists()
