"""A project from its first minute to its last, in a browser: begun from a git repository, published, seen by a visitor, deleted."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from devstack.address import GIT_URL, PORTAL_URL
from tests.e2e.test_story import sign_in

pytestmark = pytest.mark.browser
SLOW = 90_000  # milliseconds: a worker may be busy
TITLE = f"Begun from git {uuid.uuid4().hex[:6]}"
SLUG = TITLE.lower().replace(" ", "-")
DATA = "kind=did&service=escape&identifier=KM3NET_ECAP_SP:aeff.fits&title=aeff.fits"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One window for the whole story; a script or style that the policy refuses fails it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=PORTAL_URL)
    opened = context.new_page()
    refused: list[str] = []
    opened.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
    yield opened
    context.close()
    assert not refused


def test_a_repository_fills_in_the_form_and_a_draft_is_created(page: Page) -> None:
    sign_in(page, "lead")
    page.goto("/projects/new/?from=repository")
    page.get_by_label("Address of the repository").fill(f"{GIT_URL}/km3net.git")
    page.get_by_role("button", name="Fetch repository").click()
    expect(page.get_by_label("Title")).to_have_value(re.compile("KM3NeT"), timeout=SLOW)
    expect(page.get_by_text("Read from LICENSE.")).to_be_visible()
    page.get_by_label("Title").fill(TITLE)
    expect(page.locator("#slug-check")).to_contain_text(f"/projects/{SLUG}/")
    page.get_by_role("button", name="Create project").click()
    expect(page).to_have_url(f"{PORTAL_URL}/projects/{SLUG}/")
    expect(page.get_by_text("Only the people of this project can see it.").last).to_be_visible()


def test_the_list_names_what_is_missing_before_it_is_published(page: Page) -> None:
    page.goto(f"/projects/{SLUG}/settings/visibility/?visibility=public")
    expect(page.get_by_role("button", name="Make project public")).to_have_count(0)
    page.get_by_role("link", name="A contact").click()
    page.get_by_label(re.compile("^Contact")).fill("list@vre.example")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.goto(f"/projects/choose/?{DATA}")
    page.get_by_label("Project").select_option(SLUG)
    page.get_by_role("main").get_by_role("button", name=re.compile("Add")).click()
    expect(page).to_have_url(re.compile(f"/projects/{SLUG}/data/"))


def test_a_press_publishes_it_and_a_visitor_sees_it(page: Page, browser: Browser) -> None:
    page.goto(f"/projects/{SLUG}/lifecycle/")
    page.get_by_role("link", name="Make project public").click()
    page.get_by_role("button", name="Make project public").click()
    expect(page.get_by_text("The project is now public.")).to_be_visible()
    visitor = browser.new_page(base_url=PORTAL_URL)
    visitor.goto(f"/projects/{SLUG}/")
    expect(visitor.get_by_role("heading", name=TITLE)).to_be_visible()
    visitor.close()


def test_a_deleted_project_leaves_a_tombstone(page: Page, browser: Browser) -> None:
    page.goto(f"/projects/{SLUG}/lifecycle/delete/")
    page.get_by_label("Address", exact=True).fill(SLUG)
    page.get_by_role("button", name="Delete project").click()
    expect(page.get_by_text(f"{TITLE} was deleted.")).to_be_visible()
    visitor = browser.new_page(base_url=PORTAL_URL)
    reply = visitor.goto(f"/projects/{SLUG}/")
    assert reply is not None
    assert reply.status == 410
    expect(visitor.get_by_text("list@vre.example")).to_be_visible()
    visitor.close()
