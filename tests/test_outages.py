"""Each server of the stack stopped in turn: pages answer within three seconds with what is known, and nothing typed is lost."""

import time
from collections.abc import Callable

import pytest
import requests

from devstack.address import PORTAL_URL
from tests.portal_client import ended, launch, launch_form, post, run, stopped

pytestmark = [pytest.mark.integration("portal", "reana", "rucio", "iam", "hub", "records"), pytest.mark.timeout(300)]
DID = "/datalake/escape/did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf"
PAGES = (
    "/",
    "/dashboard/",
    "/projects/km3net/",
    "/projects/km3net/workflows/",
    "/projects/km3net/workflows/new/",
    "/projects/km3net/notebooks/",
    "/catalog/software/",
    "/datalake/escape/",
    DID,
    "/status/",
    "/me/",
)
SECONDS = 3.0


@pytest.fixture(scope="module")
def lead(portal_session: Callable[[str], requests.Session]) -> requests.Session:
    """Signed in before anything is stopped, and with every page seen once."""
    session = portal_session("lead")
    for path in PAGES:
        session.get(f"{PORTAL_URL}{path}", timeout=30)
    return session


@pytest.mark.parametrize("server", ["iam", "rucio", "storage", "reana", "hub", "records", "redis"])
def test_pages_answer_while_a_server_is_away(lead: requests.Session, server: str) -> None:
    with stopped(server):
        for path in PAGES:
            begin = time.monotonic()
            reply = lead.get(f"{PORTAL_URL}{path}", timeout=30)
            seconds = time.monotonic() - begin
            assert reply.status_code in (200, 502, 503), (path, reply.status_code)
            assert seconds < SECONDS, (path, seconds)
            assert "</html>" in reply.text


def test_the_lake_shows_what_it_knew_and_its_age(lead: requests.Session) -> None:
    with stopped("rucio"):
        page = lead.get(f"{PORTAL_URL}{DID}", timeout=30).text
    assert "DM.PointSourceIRF.km3irf" in page
    assert "Retry</a>" in page


@pytest.mark.parametrize("server", ["reana", "redis", "rucio"])
def test_a_launch_made_while_a_server_is_away_is_kept_and_runs_afterwards(lead: requests.Session, server: str) -> None:
    with stopped(server):
        made = launch(lead)
        assert run(lead, made["number"])["status"] in ("queued", "submitting")
    assert ended(lead, made["number"], 150)["status"] == "finished"


def test_an_input_that_does_not_exist_is_named_and_what_was_typed_is_kept(lead: requests.Session) -> None:
    form = launch_form(**{"i-0": "KM3NET_ECAP_SP:no-such-file.fits", "p-years": "4.5"})
    reply = post(lead, "/projects/km3net/workflows/new/", form)
    assert reply.status_code == 422
    assert 'value="4.5"' in reply.text
    assert 'value="KM3NET_ECAP_SP:no-such-file.fits"' in reply.text
    assert 'aria-invalid="true"' in reply.text


def test_wrong_parameter_types_launch_nothing_and_stay_in_the_form(lead: requests.Session) -> None:
    reply = post(lead, "/projects/km3net/workflows/new/", launch_form(**{"p-years": "many"}))
    assert reply.status_code == 422
    assert 'value="many"' in reply.text


def test_a_failed_step_is_named_with_the_end_of_its_log(lead: requests.Session) -> None:
    made = launch(lead, **{"p-declination": "85"})
    assert ended(lead, made["number"])["status"] == "failed"
    page = lead.get(f"{PORTAL_URL}/projects/km3net/workflows/{made['number']}/", timeout=20).text
    assert "Step “rates” failed: " in page.replace("<bdi>", "").replace("</bdi>", "")
    assert "declination" in page


def test_a_run_that_waits_is_stopped_before_it_costs_anything(lead: requests.Session) -> None:
    with stopped("worker"):
        made = launch(lead)
        post(lead, f"/projects/km3net/workflows/{made['number']}/stop/", {})
    found = ended(lead, made["number"])
    assert found["status"] == "stopped"
    assert found["remote_id"] is None


def test_a_run_that_reana_has_is_stopped_there(lead: requests.Session) -> None:
    many = [launch(lead, **{"p-years": str(number)}) for number in range(1, 7)]  # more than REANA runs at once
    last = many[-1]["number"]
    deadline = time.monotonic() + 30
    while run(lead, last)["status"] in ("queued", "submitting"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    post(lead, f"/projects/km3net/workflows/{last}/stop/", {})
    assert ended(lead, last)["status"] == "stopped"
    for made in many[:-1]:
        assert ended(lead, made["number"], 120)["status"] == "finished"
