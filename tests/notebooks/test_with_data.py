"""From the page of something in the Data Lake into a notebook that has it, with the real lake and the real hub."""

import json
import subprocess
import uuid
import zlib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from re import search
from typing import Any

import pytest
from django.test import Client

from datalake.files.notebook_cells import notebook_name
from devstack.address import ENVS, HUB_URL, PORTAL_URL, ROOT, STATE, subject
from projects.models import Project, Role
from projects.notebooks.models import Session
from tests.datalake.conftest import visitor
from tests.devstack.hub_client import browser_at_hub, stop
from tests.devstack.rucio_client import rucio
from tests.factories import make_project
from tests.notebooks.conftest import MakeSession, started
from tests.notebooks.visitor import NOTEBOOKS, Visitor

pytestmark = [pytest.mark.integration("portal", "hub", "iam", "rucio", "storage"), pytest.mark.rare(group="sessions")]
__all__ = ["visitor"]
SCOPE, FILE, DATASET = "KM3NET_ECAP_SP", "aeff.fits", "DM.PointSourceIRF.km3irf"
QUERY = f"lake=escape&did={SCOPE}%3A"


def run(notebook: str, folder: Path) -> str:
    """Run a notebook as the session's own kernel would; what it printed."""
    settings = STATE / "hub" / "settings" / subject("lead")
    lab = ENVS / "lab" / "bin"
    env = {
        "HOME": str(folder.parent),
        "PATH": f"{lab}:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT / "devstack" / "lab" / "session"),
        "RUCIO_CONFIG": str(settings / "rucio.cfg"),
        "RUCIO_OIDC_FILE_NAME": str(settings / "rucio.token"),
        "RUCIO_CA": str(STATE / "storage" / "ca.pem"),
    }
    command = [str(lab / "jupyter-nbconvert"), "--execute", "--to", "markdown", "--stdout", notebook]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def lead() -> Iterator[Visitor]:
    found = Visitor("lead")
    found.stop()
    yield found
    found.stop()


def contents(lead: Visitor, name: str) -> dict[str, Any]:
    """A notebook as the running session's own server tells of it."""
    reply = lead.get(f"{HUB_URL}/user/{subject('lead')}/km3net/api/contents/{name}")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()["content"]
    return found


def test_a_file_and_then_a_dataset_are_opened_in_a_notebook_that_has_them(lead: Visitor) -> None:
    home = STATE / "hub" / "homes" / subject("lead") / "km3net"
    brought = home / "data" / SCOPE / FILE
    for earlier in (brought, home / notebook_name(SCOPE, FILE), home / notebook_name(SCOPE, DATASET)):
        earlier.unlink(missing_ok=True)
    page = lead.get(f"{PORTAL_URL}/datalake/escape/did/{SCOPE}/{FILE}").text
    link = search(r'href="(/notebooks/use/\?[^"]+)"', page)
    assert link
    choice = lead.get(PORTAL_URL + unescape(link[1])).text
    assert f"/projects/km3net/notebooks/?{QUERY}{FILE}" in unescape(choice)
    assert f"/projects/km3net/notebooks/open/?{QUERY}{FILE}" in unescape(lead.get(f"{NOTEBOOKS}?{QUERY}{FILE}").text)
    lab, _ = lead.be_sent_on(lead.post(f"{NOTEBOOKS}open/?{QUERY}{FILE}", key=str(uuid.uuid4())))
    name = notebook_name(SCOPE, FILE)
    assert lab.url == f"{HUB_URL}/user/{subject('lead')}/km3net/lab/tree/{name}"
    assert f"scope, name = '{SCOPE}', '{FILE}'" in json.dumps(contents(lead, name))
    said = run(name, home)
    assert "checksum OK" in said
    assert "EFFECTIVE AREA" in said
    known = rucio("lead", "GET", f"/dids/{SCOPE}/{FILE}").json()
    assert (brought.stat().st_size, f"{zlib.adler32(brought.read_bytes()):08x}") == (known["bytes"], known["adler32"])

    offer = lead.get(f"{NOTEBOOKS}?{QUERY}{DATASET}").text
    assert "already running and started without these data" in offer
    assert f"scope, name = '{SCOPE}', '{DATASET}'" in unescape(offer)
    left = lead.post(f"{NOTEBOOKS}open/?{QUERY}{DATASET}", key=str(uuid.uuid4()))
    assert left.url == f"{NOTEBOOKS}?{QUERY}{DATASET}"
    lab, _ = lead.be_sent_on(lead.post(f"{NOTEBOOKS}open/?{QUERY}{DATASET}", key=str(uuid.uuid4()), anew="on"))
    name = notebook_name(SCOPE, DATASET)
    assert lab.url == f"{HUB_URL}/user/{subject('lead')}/km3net/lab/tree/{name}"
    assert lead.session()["data"] == {"lake": "escape", "did": f"{SCOPE}:{DATASET}", "given": True}
    page = " ".join(lead.get(f"{NOTEBOOKS}?{QUERY}{DATASET}").text.split())
    assert "Your session started with a notebook for these data" in page
    assert "checksum OK" in run(name, home)


@pytest.mark.django_db
def test_the_project_is_chosen_where_there_are_several_and_told_of_where_there_is_none(project: Project, visitor: Any) -> None:
    member: Client = visitor("member")
    address = f"/notebooks/use/?{QUERY}{DATASET}"
    here = f"/projects/notebook-test/notebooks/?{QUERY}{DATASET}"
    assert member.get(address)["Location"] == here
    make_project(slug="second", title="Second", groups={"escape/km3net": Role.MEMBER})
    make_project(slug="third", title="Third", groups={"escape/km3net": Role.VIEWER})
    page = member.get(address).content.decode()
    assert here in unescape(page)
    assert "/projects/second/notebooks/" in page
    assert "/projects/third/" not in page
    assert "dataset" in page
    assert "5 files" in page
    none = visitor("outsider").get(address).content.decode()
    assert "in any project yet" in none
    assert f"/datalake/escape/did/{SCOPE}/{DATASET}" in none
    assert member.get(f"/notebooks/use/?{QUERY}no.such.thing").status_code == 404


@pytest.mark.django_db
@pytest.mark.usefixtures("granted")
def test_a_server_that_the_portal_did_not_start_with_the_data_is_begun_anew_with_them(make_session: MakeSession, visitor: Any) -> None:
    visitor("member")  # with a sign-in for the lake
    browser_at_hub("member")
    try:
        started(make_session(state="asked"))
        Session.objects.all().delete()
        session = make_session(lake="escape", did=f"{SCOPE}:{FILE}")
        started(session)
        assert session.lacks_data
        assert session.begin_anew(session.key, "escape", f"{SCOPE}:{FILE}")
        started(session)
        assert session.is_ready
        assert session.given
        assert (STATE / "hub" / "homes" / subject("member") / "notebook-test" / notebook_name(SCOPE, FILE)).exists()
    finally:
        stop("member", "notebook-test")


@pytest.mark.django_db
def test_data_that_the_lake_does_not_have_start_nothing(make_session: MakeSession, visitor: Any) -> None:
    visitor("member")
    browser_at_hub("member")
    session = make_session(lake="escape", did=f"{SCOPE}:no.such.thing")
    started(session)
    assert session.state == "failed"
    assert f"{SCOPE}:no.such.thing could not be fetched" in session.message
