"""The local JupyterHub, seen as the portal and a browser see it."""

import json
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests

from devstack.address import ENVS, HUB_URL, PORTAL_URL, PORTS, ROOT, RUCIO_URL, STATE, subject
from devstack.iam.control import person
from tests.devstack.changed_people import restore
from tests.devstack.hub_client import DIDS, ask, browser_at_hub, grant, progress, service, stop

pytestmark = [pytest.mark.integration("hub", "iam", "portal"), pytest.mark.rare(group="hub")]
PROJECT = "hub-test"
HOME = STATE / "hub" / "homes" / subject("member")
TOKEN = STATE / "hub" / "settings" / subject("member") / "rucio.token"


def ended(name: str, project: str) -> bool:
    """Whether the hub has forgotten the session, within ten seconds."""
    for _ in range(50):
        if project not in service("GET", f"/users/{subject(name)}").json()["servers"]:
            return True
        time.sleep(0.2)
    return False


@pytest.fixture(scope="module")
def session() -> Iterator[tuple[requests.Session, list[dict[str, Any]]]]:
    """A member's browser and the events of the start of their session."""
    shutil.rmtree(HOME / PROJECT, ignore_errors=True)
    browser, _ = browser_at_hub("member")
    grant(PROJECT)
    reply = ask("member", PROJECT)
    assert reply.status_code in (201, 202), reply.text
    yield browser, list(progress("member", PROJECT))
    stop("member", PROJECT)
    assert ended("member", PROJECT)


def test_a_member_comes_in_without_a_second_password() -> None:
    _, page = browser_at_hub("member")
    assert page.url == f"{HUB_URL}/hub/home"
    assert "demonstration with public passwords" in page.text
    known = service("GET", f"/users/{subject('member')}").json()
    assert sorted(known["groups"]) == ["escape", "escape/km3net"]
    assert "auth_state" not in known


def test_a_newcomer_is_told_what_is_missing() -> None:
    _, page = browser_at_hub("newcomer")
    assert page.status_code == 403
    assert "not yet a member of the ESCAPE group" in page.text
    assert service("GET", f"/users/{subject('newcomer')}").status_code == 404


def test_a_session_starts_and_says_how_far_it_is(session: tuple[requests.Session, list[dict[str, Any]]]) -> None:
    _, events = session
    assert events[-1]["ready"] is True
    assert events[-1]["url"] == f"/user/{subject('member')}/{PROJECT}/"


def test_the_lab_opens_for_its_owner_only(session: tuple[requests.Session, list[dict[str, Any]]]) -> None:
    browser, _ = session
    address = f"{HUB_URL}/user/{subject('member')}/{PROJECT}/lab"
    assert "jupyter-config-data" in browser.get(address, timeout=30).text
    stranger, _ = browser_at_hub("lead")
    assert stranger.get(address, timeout=30).status_code == 403
    assert service("GET", f"/../../user/{subject('member')}/{PROJECT}/api/contents").status_code in (403, 404)


def test_the_session_holds_a_starter_notebook_of_its_project(session: tuple[requests.Session, list[dict[str, Any]]]) -> None:
    folder = HOME / PROJECT
    assert json.loads((folder / "project.json").read_text())["dids"] == DIDS
    notebook = json.loads((folder / "start.ipynb").read_text())
    title = "".join(notebook["cells"][0]["source"])
    assert title.startswith("# Point sources with KM3NeT")
    assert DIDS[0] in title


def test_the_token_file_is_the_owners_and_for_the_data_lake_only(session: tuple[requests.Session, list[dict[str, Any]]]) -> None:
    assert stat.S_IMODE(TOKEN.stat().st_mode) == 0o600
    claims = jwt.decode(TOKEN.read_text(), options={"verify_signature": False})
    assert claims["sub"] == subject("member")
    assert "rucio" in claims["aud"]


@pytest.fixture
def rucio() -> None:
    """Skip where the stack has no Data Lake."""
    try:
        requests.get(f"{RUCIO_URL}/ping", timeout=5)
    except requests.ConnectionError:
        pytest.skip("no Rucio runs in this stack")


@pytest.mark.usefixtures("rucio")
def test_rucio_knows_the_session_as_its_owner(session: tuple[requests.Session, list[dict[str, Any]]]) -> None:
    reply = requests.get(f"{RUCIO_URL}/accounts/whoami", headers={"X-Rucio-Auth-Token": TOKEN.read_text()}, timeout=20)
    assert reply.json()["account"] == "member"


@pytest.mark.usefixtures("rucio")
def test_the_labs_rucio_extension_is_signed_in_from_the_start(session: tuple[requests.Session, list[dict[str, Any]]]) -> None:
    browser, _ = session
    lab = f"{HUB_URL}/user/{subject('member')}/{PROJECT}"
    browser.get(f"{lab}/lab", timeout=30)
    query = {"namespace": "escape", "did": DIDS[0], "type": "all"}
    reply = browser.get(f"{lab}/rucio-jupyterlab/did-search", params=query, timeout=30)
    assert reply.status_code == 200, reply.text
    assert DIDS[0] in reply.text


@pytest.mark.usefixtures("rucio")
def test_the_starter_notebook_runs_and_brings_a_file(session: tuple[requests.Session, list[dict[str, Any]]]) -> None:
    lab = ENVS / "lab" / "bin"
    env = {
        "HOME": str(HOME),
        "PATH": f"{lab}:/usr/bin:/bin",
        "RUCIO_CONFIG": str(TOKEN.with_name("rucio.cfg")),
        "PYTHONPATH": str(ROOT / "devstack" / "lab" / "session"),
        "RUCIO_OIDC_FILE_NAME": str(TOKEN),
        "RUCIO_CA": str(STATE / "storage" / "ca.pem"),
    }
    command = [str(lab / "jupyter-nbconvert"), "--execute", "--to", "markdown", "--stdout", "start.ipynb"]
    done = subprocess.run(command, cwd=HOME / PROJECT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "signed in to the Data Lake as 'member'" in done.stdout
    assert "checksum OK" in done.stdout
    assert "Warning" not in done.stdout


def test_a_notebook_of_somebody_is_never_written_over(session: tuple[requests.Session, list[dict[str, Any]]]) -> None:
    stop("member", PROJECT)
    assert ended("member", PROJECT)
    (HOME / PROJECT / "start.ipynb").write_text("{}")
    assert ask("member", PROJECT).status_code in (201, 202)
    assert list(progress("member", PROJECT))[-1]["ready"] is True
    assert (HOME / PROJECT / "start.ipynb").read_text() == "{}"


@pytest.mark.parametrize(
    "options",
    [
        {"project": "another", "title": "x", "dids": []},
        {"project": "forged", "title": "x", "dids": [], "image": "evil"},
        {"project": "forged", "title": "x", "dids": "scope:name"},
        {"project": "forged", "title": "x", "dids": [{"scope": "name"}]},
        {"project": "forged", "title": "x", "dids": [], "more": "<b>"},
        {"project": "forged", "title": "x" * 300, "dids": []},
        {"project": "forged", "title": "line\nline", "dids": []},
    ],
)
def test_forged_options_are_refused(options: dict[str, Any]) -> None:
    browser_at_hub("member")
    reply = ask("member", "forged", options)
    assert reply.status_code == 400, reply.text
    assert not (HOME / "forged" / "project.json").exists()


@pytest.mark.parametrize("name", ["Up-Per", "a.b", "-", "a" * 80])
def test_a_session_is_named_after_a_project(name: str) -> None:
    browser_at_hub("member")
    assert ask("member", name, {}).status_code == 400


def test_nobody_is_started_who_has_not_signed_in() -> None:
    reply = service("POST", "/users/11111111-2222-3333-4444-555555555555/servers/x", json={})
    assert reply.status_code == 404


@pytest.mark.parametrize("path", ["servers/not-a-project", "server"])
def test_what_the_portal_does_not_grant_does_not_start(path: str) -> None:
    browser_at_hub("member")
    reply = service("POST", f"/users/{subject('member')}/{path}", json={})
    assert reply.status_code == (409 if "not-a" in path else 400), reply.text  # the default server has no name of a project


@pytest.mark.parametrize("change", [("--groups", ""), ("--disable",)])
def test_whom_the_iam_turned_away_starts_nothing_any_more(change: tuple[str, ...]) -> None:
    browser_at_hub("outsider")
    try:
        person("outsider", *change)
        reply = ask("outsider", PROJECT)
        assert reply.status_code == 403, reply.text
        assert not list((STATE / "hub" / "homes").glob(f"{subject('outsider')}/{PROJECT}"))
    finally:
        restore("outsider")


def test_the_portal_may_not_see_tokens_nor_make_people() -> None:
    assert service("POST", "/users/somebody").status_code == 403
    assert service("GET", "/groups").status_code == 403
    assert service("GET", "/proxy").status_code == 403


def test_the_hub_sends_a_signed_in_browser_back_to_the_portal() -> None:
    target = f"/hub/api/oauth2/authorize?client_id=service-portal&response_type=code&state=7&redirect_uri={PORTAL_URL}/notebooks/return/"
    browser, _ = browser_at_hub("member")
    reply = browser.get(f"{HUB_URL}{target}", allow_redirects=False, timeout=10)
    assert reply.status_code == 302
    assert reply.headers["Location"].startswith(f"{PORTAL_URL}/notebooks/return/?")
    assert "state=7" in reply.headers["Location"]


@pytest.mark.parametrize("port", ["hub", "hub-proxy-api", "hub-internal"])
def test_another_host_name_is_not_answered(port: str) -> None:
    url = f"http://127.0.0.1:{PORTS[port]}/"
    assert requests.get(url, headers={"Host": f"evil.example:{PORTS[port]}"}, timeout=5).status_code == 421


def test_the_state_is_closed_to_others() -> None:
    for folder in (STATE / "hub", TOKEN.parent, HOME):
        assert not folder.stat().st_mode & 0o077
