"""The palette in a browser: by keyboard, and a page without JavaScript."""

import pytest
from playwright.sync_api import Browser, Page, expect

from devstack.address import PORTAL_URL

pytestmark = pytest.mark.browser


def test_the_palette_opens_completes_and_closes_by_keyboard(page: Page) -> None:
    page.goto("/about/")
    page.keyboard.press("Control+k")
    palette = page.locator("#site-palette")
    expect(palette).to_be_visible()
    page.keyboard.type("help")
    expect(palette.locator("[role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    chosen = palette.locator("[aria-selected=true]")
    expect(palette.locator("input")).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    page.keyboard.press("Escape")
    expect(palette).not_to_be_visible()
    page.keyboard.press("/")
    expect(palette).to_be_visible()
    page.keyboard.type("documentation of the portal")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=documentation*")


def test_the_palette_offers_something_at_once_and_moves_by_home_and_end(page: Page) -> None:
    page.goto("/about/")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.outerHTML")
    page.keyboard.press("Control+k")
    options = page.locator("#site-palette [role=option]")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Home")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.outerHTML") == focused


def test_the_search_works_without_javascript(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=PORTAL_URL)
    page = context.new_page()
    page.goto("/search/?q=type:documentation")
    expect(page.locator(".search-hits li").first).to_be_visible()
    expect(page.locator(".palette-open")).not_to_be_visible()
    context.close()
