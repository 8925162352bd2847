"""The story of restricted data, against the running stack: closed, asked for, granted, read, taken away."""

import time
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from devstack import address
from devstack.address import PORTAL_URL
from vre_portal.iam.groups import membership
from vre_portal.services import ServiceKind, service

pytestmark = [pytest.mark.browser, pytest.mark.integration("portal", "worker", "beat", "rucio", "storage", "iam")]
SCOPE, GROUP = "KM3NET_EMBARGO_SP", "escape/km3net-embargo"
HOME, FILE = "/datalake/escape/access/", f"/datalake/escape/download/{SCOPE}/candidates_mrk421_simulated.ecsv"
FEW_MINUTES = 60


@pytest.fixture
def page_of(browser: Browser, portal_session: Callable[[str], requests.Session]) -> Callable[[str], Page]:
    """A browser's page in which somebody is signed in."""

    def page(name: str) -> Page:
        context = browser.new_context(base_url=PORTAL_URL)
        for item in portal_session(name).cookies:
            if item.name.startswith("vre"):
                context.add_cookies([{"name": item.name, "value": item.value or "", "url": PORTAL_URL}])
        return context.new_page()

    return page


@pytest.fixture(autouse=True)
def _out_again() -> Iterator[None]:
    yield
    membership.remove(service(ServiceKind.IAM), GROUP, address.subject("outsider"))


def wait_for(page: Page, status: int, words: str) -> None:
    """Until the file's address answers so."""
    end = time.monotonic() + FEW_MINUTES
    while True:
        reply = page.request.get(FILE)
        if reply.status == status and words in reply.text():
            return
        assert time.monotonic() < end, (reply.status, reply.text()[:500])
        time.sleep(1)


def test_access_is_asked_for_granted_used_and_taken_away(page_of: Callable[[str], Page]) -> None:
    outsider, lead = page_of("outsider"), page_of("lead")
    outsider.goto(f"/datalake/escape/did/{SCOPE}/Candidates.Mrk421.simulated")
    outsider.get_by_role("link", name="Request access").click()
    outsider.get_by_label("Reason").fill("A follow-up of the flare of Mrk 421")
    outsider.get_by_role("button", name="Send request").click()
    expect(outsider.get_by_text("The answer appears here and on your dashboard")).to_be_visible()

    lead.goto(HOME)
    lead.get_by_role("link", name="View requests for access").click()
    lead.get_by_role("link", name="Access to Candidate neutrinos").first.click()
    expect(lead.get_by_text("A follow-up of the flare of Mrk 421")).to_be_visible()
    lead.get_by_label("Message to the person").fill("Welcome. Please cite the collaboration.")
    lead.get_by_role("button", name="Grant request").click()
    expect(lead.locator(".page-header").get_by_text("granted")).to_be_visible()

    wait_for(outsider, 200, "# %ECSV")
    outsider.goto("/requests/?whose=mine")
    outsider.get_by_role("link", name="Access to Candidate neutrinos").first.click()
    expect(outsider.get_by_text("Please cite the collaboration")).to_be_visible()

    lead.goto(HOME)
    row = lead.get_by_role("row", name="Olga Outsider").first
    row.locator("summary", has_text="End access").click()
    row.get_by_role("button", name="End access").click()
    wait_for(outsider, 403, "These data are restricted")
