"""The story of a request for quota, against the running stack: asked for by a link, found by filters, answered with a template, and set at the real Rucio."""

import re
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from devstack.address import PORTAL_URL
from tests.devstack.rucio_client import rucio

pytestmark = [pytest.mark.browser, pytest.mark.integration("portal", "worker", "rucio", "iam")]
RSE, GB, SECONDS = "DEMO-BOLOGNA", 10**9, 60


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


def limit() -> int:
    return int(rucio("member", "GET", "/accounts/member/limits/local").json()[RSE])


@pytest.fixture
def before() -> Iterator[int]:
    """The limit, which is the same again afterwards."""
    bytes_before = limit()
    yield bytes_before
    rucio("admin", "POST", f"/accountlimits/local/member/{RSE}", json={"bytes": bytes_before})


def test_a_member_asks_for_quota_and_an_administrator_of_the_lake_grants_it(page_of: Callable[[str], Page], before: int) -> None:
    member, admin = page_of("member"), page_of("admin")
    member.goto(f"/requests/new/account-limit/?lake=escape&rse={RSE}&bytes={before + 5 * GB}")
    expect(member.get_by_label("Storage element")).to_have_value(RSE)
    expect(member.get_by_label("Total limit")).to_have_value(f"{before // GB + 5} GB")
    member.get_by_label("Reason").fill("Spectra of the next campaign")
    member.get_by_role("button", name="Send request").click()
    expect(member.get_by_role("heading", level=1)).to_contain_text(f"at {RSE}")
    there = member.url

    admin.goto("/requests/answers/")
    admin.get_by_label("Kind of request").select_option("account-limit")
    admin.get_by_label("Title").fill("Quota raised")
    admin.get_by_label("Text", exact=True).fill("Please delete what you no longer need in summer.")
    admin.get_by_role("button", name="Save template").click()
    admin.goto("/requests/")
    admin.get_by_label("Show").select_option("others")
    admin.get_by_label("Status").select_option("unfinished")
    admin.get_by_label("Kind").select_option("account-limit")
    admin.get_by_role("button", name="Filter requests").click()
    expect(admin.get_by_role("row", name=re.compile(RSE))).to_have_count(1)
    admin.get_by_role("link", name=re.compile(RSE)).click()
    expect(admin.get_by_text("Spectra of the next campaign")).to_be_visible()
    admin.get_by_label("Begin with").select_option("Quota raised")
    admin.get_by_role("button", name="Use template").click()
    expect(admin.get_by_label("Message to the person")).to_have_value("Please delete what you no longer need in summer.")
    admin.get_by_role("button", name="Grant request").click()
    end = time.monotonic() + SECONDS
    while limit() != before + 5 * GB:
        assert time.monotonic() < end, admin.content()
        time.sleep(0.5)
    member.goto(there)
    expect(member.get_by_text(f"The limit at {RSE} is ").first).to_be_visible()
    expect(member.get_by_text("Please delete what you no longer need in summer.")).to_be_visible()
    admin.goto("/requests/answers/")
    row = admin.get_by_role("row", name=re.compile("Quota raised"))
    row.locator("summary").click()
    row.get_by_role("button", name="Delete template").click()
    expect(admin.get_by_text("Template deleted.")).to_be_visible()
