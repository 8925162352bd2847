"""The token of REANA 0.9, which a person copies from its page and stores in the portal."""

from playwright.sync_api import Page, expect

from devstack.address import PORTAL_URL, REANA_QUERY_URL

SERVER = "Demonstration REANA 0.9"


def store_token(page: Page) -> None:
    """As the person of the page does it, in whose name runs start there from then on; one that is stored already is replaced."""
    page.goto(REANA_QUERY_URL)
    page.get_by_role("button", name="Show token").click()
    token = page.locator("#token").inner_text()
    page.goto(f"{PORTAL_URL}/me/services/")
    page.get_by_label("Service").select_option(SERVER)
    page.get_by_role("textbox", name="Token").fill(token)
    page.get_by_role("button", name="Store token").click()
    expect(page.get_by_text("is stored")).to_be_visible()
