"""Somebody collects before they sign in, goes on afterwards, and shares what they have; the whole way with the keyboard where a list has boxes."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from devstack.address import PORTAL_URL

pytestmark = pytest.mark.browser
Windows = Callable[[str], Page]
COUNT = "#basket-count"


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """A window of somebody without an account."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=PORTAL_URL)
    yield context.new_page()
    context.close()


def open_first_software(page: Page) -> None:
    page.goto("/catalog/software/")
    page.get_by_role("main").locator("table a").first.click()


def test_a_visitor_collects_and_signs_in(visitor: Page) -> None:
    open_first_software(visitor)
    title = visitor.get_by_role("heading", level=1).inner_text()
    visitor.get_by_role("button", name=f"Add {title} to the basket").click()
    expect(visitor.get_by_role("button", name=f"Remove {title} from the basket")).to_be_visible()
    expect(visitor.locator(COUNT)).to_have_text("1")
    visitor.reload()
    expect(visitor.get_by_role("button", name=f"Remove {title} from the basket")).to_be_visible()
    visitor.goto("/basket/")
    expect(visitor.get_by_role("main").get_by_role("link", name=title)).to_be_visible()
    visitor.goto("/dashboard/")
    visitor.get_by_role("main").get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).first.click()
    visitor.get_by_role("button", name="Use the account outsider").click()
    expect(visitor).to_have_url(re.compile(f"^{PORTAL_URL}/dashboard/"))
    expect(visitor.get_by_text(re.compile("added to the basket|already in the basket"))).to_be_visible()
    visitor.goto("/basket/")
    expect(visitor.get_by_role("main").get_by_role("link", name=title, exact=True)).to_be_visible()


def test_rows_are_selected_by_keyboard_noted_removed_and_put_back(window: Windows) -> None:
    page = window("member")
    page.goto("/basket/new/")
    page.get_by_label("Name").fill(f"Story {page.evaluate('Date.now()')}")
    page.get_by_role("button", name="Create basket").click()
    page.goto("/catalog/software/")
    boxes = page.locator("input[name=thing][form=basket-selection]")
    for number in range(2):
        boxes.nth(number).focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Add selected to basket").press("Enter")
    expect(page.get_by_text("2 items were added to the basket")).to_be_visible()
    expect(page.locator(COUNT)).to_have_text("2")
    page.goto("/basket/")
    page.get_by_role("link", name="Add note").first.click()
    page.get_by_role("textbox", name="Note").fill("for the paper")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("for the paper")).to_be_visible()
    page.get_by_role("checkbox", name="Select all items on this page").check()
    page.get_by_label("Selected items").select_option("Remove")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("This basket is empty")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("for the paper")).to_be_visible()


def test_a_link_is_read_by_somebody_else_until_it_is_revoked(window: Windows, visitor: Page) -> None:
    page = window("member")
    page.goto("/basket/")
    title = page.get_by_role("main").locator("table a").first.inner_text()
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_role("button", name="Create link").click()
    address = page.locator("[data-copy*='/basket/shared/']").get_attribute("data-copy") or ""
    visitor.goto(address)
    expect(visitor.get_by_role("link", name=title)).to_be_visible()
    expect(visitor.get_by_text("for the paper")).not_to_be_visible()
    visitor.get_by_role("button", name="Copy into my basket").click()
    expect(visitor.locator(COUNT)).to_have_text("2")
    page.get_by_role("button", name="Revoke link").first.click()
    expect(page.get_by_text("The link was revoked.")).to_be_visible()
    visitor.goto(address)
    expect(visitor.get_by_role("heading", name="This link does not work")).to_be_visible()
