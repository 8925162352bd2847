"""Windows of the people of a story, signed in through the IAM's own page."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from devstack.address import PORTAL_URL

Windows = Callable[[str], Page]


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Windows]:
    """A window of each person, the same for the whole story; a script or style that the policy refuses fails it."""
    pages: dict[str, Page] = {}
    refused: list[str] = []

    def of(name: str) -> Page:
        if name not in pages:
            page = pages[name] = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=PORTAL_URL).new_page()
            page.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
            page.goto("/dashboard/")
            page.get_by_role("main").get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).first.click()
            page.get_by_role("button", name=f"Use the account {name}").click()
            expect(page).to_have_url(re.compile(f"^{PORTAL_URL}/dashboard/"))
        return pages[name]

    yield of
    for page in pages.values():
        page.context.close()
    assert not refused
