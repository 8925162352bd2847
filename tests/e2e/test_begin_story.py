"""A lead begins a project from a git repository, in a browser, fills what is missing and publishes it."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from devstack import address

pytestmark = pytest.mark.browser
SLOW = 90_000  # milliseconds: a repository that is fetched on a busy machine
REPOSITORY = f"http://{address.HOST}:{address.PORT_BASE + 10}/km3net.git"
TITLE = f"Repeated sensitivity {uuid.uuid4().hex[:6]}"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """The lead's window."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address.PORTAL_URL)
    opened = context.new_page()
    opened.goto("/dashboard/")
    opened.get_by_role("main").get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).first.click()
    opened.get_by_role("button", name="Use the account lead").click()
    expect(opened).to_have_url(re.compile(f"^{address.PORTAL_URL}/dashboard/"))
    yield opened
    context.close()


def test_the_repository_is_read_and_offered(page: Page) -> None:
    page.get_by_role("link", name="New project").first.click()
    page.get_by_role("link", name="Git repository", exact=True).click()
    page.get_by_label("Address of the repository").fill(REPOSITORY)
    page.get_by_role("button", name="Fetch repository").click()
    expect(page.get_by_label("Title", exact=True)).not_to_have_value("", timeout=SLOW)
    expect(page.get_by_text("reana.yaml").first).to_be_visible()


def test_the_project_is_created_as_a_draft(page: Page) -> None:
    page.get_by_label("Title", exact=True).fill(TITLE)
    page.get_by_label("Summary").fill("The sensitivity of KM3NeT/ARCA to a point source, once more.")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE)
    expect(page.get_by_role("main").get_by_text(re.compile("draft", re.IGNORECASE)).first).to_be_visible()


def test_the_check_list_leads_to_what_is_missing_and_a_press_publishes(page: Page, browser: Browser) -> None:
    where = page.url
    page.goto(f"{where}settings/")
    page.get_by_label(re.compile("^Licen[cs]e")).first.fill("BSD-3-Clause")
    page.get_by_label(re.compile("^Contact")).first.fill("lead@vre.example")
    page.get_by_role("button", name=re.compile("^Save")).first.click()
    page.goto("/catalog/software/?q=agnpy")
    page.get_by_role("main").get_by_role("link", name=re.compile("^agnpy", re.IGNORECASE)).first.click()
    page.get_by_role("combobox", name="Project").select_option(label=TITLE)
    page.get_by_role("button", name=re.compile("Add", re.IGNORECASE)).first.click()
    page.goto(f"{where}lifecycle/")
    page.get_by_role("link", name="Make project public").click()
    page.get_by_role("button", name="Make project public").click()
    visitor = browser.new_context(base_url=address.PORTAL_URL).new_page()
    reply = visitor.goto(where)
    assert reply is not None
    assert reply.status == 200
    expect(visitor.get_by_role("heading", level=1)).to_contain_text(TITLE)
    visitor.context.close()
