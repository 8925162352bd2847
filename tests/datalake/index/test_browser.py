"""The search in a browser: names are completed by keyboard, facets narrow, and all of it works without JavaScript."""

from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from devstack.address import PORTAL_URL

pytestmark = [pytest.mark.browser, pytest.mark.integration("portal", "rucio", "iam")]
LAKE = f"{PORTAL_URL}/datalake/escape/"


def sign_in(context: BrowserContext, portal_session: Callable[[str], requests.Session]) -> None:
    cookies = portal_session("lead").cookies
    context.add_cookies(
        [{"name": item.name, "value": item.value or "", "url": PORTAL_URL} for item in cookies if item.name.startswith("vre")]
    )


def ready(page: Page) -> None:
    """The portal's worker has filled the index since the stack began."""
    for _ in range(60):
        page.goto(LAKE)
        if page.get_by_role("link", name="KM3NeT point-source sensitivity").count():
            return
        page.wait_for_timeout(1000)
    raise AssertionError("the index was not filled within a minute")


def test_a_name_is_completed_by_keyboard(context: BrowserContext, page: Page, portal_session: Callable[[str], requests.Session]) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    sign_in(context, portal_session)
    ready(page)
    field = page.get_by_role("combobox", name="Name")
    field.click()
    field.press_sequentially("KM3NET_ECAP_SP:aef", delay=10)
    expect(page.get_by_role("option", name="KM3NET_ECAP_SP:aeff.fits")).to_be_visible()
    field.press("ArrowDown")
    expect(page.locator("#find-names [aria-selected=true]")).to_have_text("KM3NET_ECAP_SP:aeff.fits")
    field.press("Enter")
    expect(page.get_by_role("rowheader")).to_contain_text(["aeff.fits"])
    expect(page.get_by_role("link", name="Scope: KM3NET_ECAP_SP Remove filter")).to_be_visible()
    page.get_by_role("link", name="Check against Rucio").click()
    expect(page.get_by_text("Rucio and the index agree on the 1 result on this page.")).to_be_visible()
    assert said == []


def test_the_search_works_without_javascript(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=PORTAL_URL)
    page = context.new_page()
    ready(page)
    page.get_by_text("Size, date, metadata").click()
    page.locator("input[name=key]").first.fill("experiment")
    page.locator("input[name=value]").first.fill("KM3NeT")
    page.get_by_role("search", name="Search data").get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="experiment is KM3NeT Remove filter")).to_be_visible()
    page.locator(".facets").get_by_role("link", name="Datasets").click()
    expect(page.get_by_role("rowheader").filter(has_text="DM.PointSourceIRF.km3irf")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect(page.get_by_role("link", name="KM3NeT point-source sensitivity")).to_be_visible()
    context.close()
