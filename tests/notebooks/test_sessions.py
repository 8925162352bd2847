"""A person opens, follows and stops a notebook in the running portal, as a browser would."""

import uuid
from collections.abc import Iterator

import pytest
import requests

from devstack.address import HUB_URL, PORTAL_URL, secret, subject
from tests.notebooks.visitor import NOTEBOOKS, PROJECT, Visitor, typed_a_password

pytestmark = [pytest.mark.integration("portal", "hub", "iam"), pytest.mark.rare(group="sessions")]


@pytest.fixture(scope="module")
def member() -> Iterator[Visitor]:
    visitor = Visitor("member")
    visitor.stop()
    yield visitor
    visitor.stop()


def test_one_click_leads_into_jupyterlab_without_a_second_password(member: Visitor) -> None:
    lab, passed = member.be_sent_on(member.open_notebook())
    assert lab.url == f"{HUB_URL}/user/{subject('member')}/{PROJECT}/lab/tree/start.ipynb"
    assert "jupyter-config-data" in lab.text
    assert not typed_a_password(passed)
    session = member.session()
    assert session["state"] == "ready"
    assert session["project"] == PROJECT


def test_the_projects_page_shows_the_session_with_open_and_stop(member: Visitor) -> None:
    page = member.get(NOTEBOOKS).text
    number = member.session()["id"]
    assert f"/projects/{PROJECT}/notebooks/{number}/lab/" in page
    assert f"/projects/{PROJECT}/notebooks/{number}/stop/" in page


def test_opening_again_finds_the_same_session(member: Visitor) -> None:
    number = member.session()["id"]
    assert f"/{number}/" in member.open_notebook().url


def test_nobody_else_sees_or_stops_it(member: Visitor) -> None:
    number = member.session()["id"]
    other = Visitor("lead")
    for path in ("", "lab/", "sign-in/"):
        assert other.get(f"{NOTEBOOKS}{number}/{path}").status_code == 404
    assert other.post(f"{NOTEBOOKS}{number}/stop/").status_code == 404
    assert member.session()["state"] == "ready"


def test_no_page_holds_the_portals_own_token(member: Visitor) -> None:
    number = member.session()["id"]
    for url in (NOTEBOOKS, f"{NOTEBOOKS}{number}/", f"{NOTEBOOKS}?format=json"):
        assert secret("hub-service-portal") not in member.get(url).text


def test_stop_ends_it_at_the_hub(member: Visitor) -> None:
    member.stop()
    assert member.session()["state"] == "stopped"
    assert member.get(f"{HUB_URL}/user/{subject('member')}/{PROJECT}/api").status_code != 200


def test_the_same_form_sent_twice_is_one_session(member: Visitor) -> None:
    key = str(uuid.uuid4())
    first, second = member.open_notebook(key), member.open_notebook(key)
    assert first.url == second.url
    member.wait_for("ready")
    member.stop()


def test_an_outsider_and_a_visitor_read_the_page_and_find_no_button() -> None:
    outsider = Visitor("outsider")
    page = outsider.get(NOTEBOOKS)
    assert page.status_code == 200
    assert "notebooks/open/" not in page.text
    assert outsider.open_notebook().status_code == 403
    anonymous = requests.get(NOTEBOOKS, timeout=20)
    assert anonymous.status_code == 200
    assert "notebooks/open/" not in anonymous.text
    assert anonymous.url.startswith(PORTAL_URL)
