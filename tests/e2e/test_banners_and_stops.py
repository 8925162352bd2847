"""A banner appears on a page that is open and is dismissed; a launch that is stopped is refused, and taken afterwards as it was typed."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from devstack.address import PORTAL_URL

pytestmark = pytest.mark.browser
WORDS = f"Maintenance {uuid.uuid4().hex[:6]}"


def window(browser: Browser, account: str) -> Page:
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=PORTAL_URL).new_page()
    opened.goto("/dashboard/")
    opened.get_by_role("main").get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).first.click()
    opened.get_by_role("button", name=f"Use the account {account}").click()
    expect(opened).to_have_url(re.compile(f"^{PORTAL_URL}/dashboard/"))
    return opened


@pytest.fixture(scope="module")
def admin(browser: Browser) -> Iterator[Page]:
    """The window of the portal's administrator."""
    opened = window(browser, "admin")
    yield opened
    opened.context.close()


def look_again(page: Page) -> None:
    """As if the person came back to the page after a while."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_banner_appears_on_an_open_page_is_read_aloud_and_dismissed(admin: Page, browser: Browser) -> None:
    visitor = browser.new_context(base_url=PORTAL_URL).new_page()
    visitor.goto("/projects/")
    admin.goto("/banners/new/")
    admin.get_by_label("Text", exact=True).fill(WORDS)
    admin.get_by_label("Severity").select_option("warning")
    admin.get_by_role("button", name="Save banner").click()
    look_again(visitor)
    banners = visitor.get_by_role("region", name="Announcements")
    expect(banners).to_contain_text(WORDS)
    expect(visitor.locator("#banner-news")).to_contain_text(WORDS)
    expect(visitor.locator("#banner-alert")).to_be_empty()
    shown = banners.locator(".banner", has_text=WORDS)
    shown.get_by_role("button", name="Dismiss").click()
    expect(visitor.get_by_text(WORDS)).to_have_count(0)
    expect(visitor.locator("#main")).to_be_focused()
    visitor.goto("/status/")
    expect(visitor.get_by_text(WORDS)).to_have_count(0)
    visitor.context.close()
    admin.goto("/banners/")
    admin.get_by_role("row", name=WORDS).get_by_role("button", name="End now").click()
    expect(admin.get_by_text("The banner is no longer shown.")).to_be_visible()


def test_a_launch_is_refused_while_runs_are_stopped_and_taken_afterwards(admin: Page, browser: Browser) -> None:
    lead = window(browser, "lead")
    lead.goto("/projects/")
    lead.goto("/projects/km3net/workflows/new/")
    admin.goto("/stop-switches/reana/reana/runs/")
    admin.get_by_label("Reason").fill("Upgrade of the cluster")
    admin.get_by_role("button", name="Stop action").click()
    try:
        main = lead.get_by_role("main")
        main.get_by_role("button", name="Launch workflow").click()  # the page was opened before
        expect(main).to_contain_text("New runs on Demonstration REANA are stopped.")
        expect(main).to_contain_text("Upgrade of the cluster")
    finally:
        admin.goto("/stop-switches/")
        admin.get_by_role("listitem").filter(has_text="Upgrade of the cluster").get_by_role("button", name="End the stop").click()
    lead.get_by_role("main").get_by_role("button", name="Launch workflow").click()  # the same form, with what was typed
    expect(lead).to_have_url(re.compile(r"/workflows/\d+/"))
    lead.context.close()
