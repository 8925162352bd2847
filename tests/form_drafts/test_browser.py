"""In a browser: a session ended elsewhere, the button pressed, signed in again, and the form is as it was left."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from devstack.address import PORTAL_URL

pytestmark = [pytest.mark.browser, pytest.mark.integration("iam")]
FORM = "/projects/km3net/workflows/new/"


def sign_in(page: Page, name: str) -> None:
    """By the button of the IAM; which asks for an account unless it knows the browser."""
    page.get_by_role("main").get_by_role("button", name="Sign in with").click()
    if page.url.startswith(PORTAL_URL):
        return
    page.get_by_role("button", name=f"Use the account {name}").click()


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def two(request: pytest.FixtureRequest, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """Two browsers in which the same person is signed in."""
    contexts: list[BrowserContext] = [browser.new_context(base_url=PORTAL_URL, java_script_enabled=request.param) for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.goto(f"/accounts/login/?next={FORM}")
        sign_in(page, "lead")
        expect(page).to_have_url(re.compile(re.escape(FORM)))
    yield pages[0], pages[1]
    for context in contexts:
        context.close()


def test_a_launch_survives_a_session_that_was_ended_elsewhere(two: tuple[Page, Page]) -> None:
    here, there = two
    here.locator('[name="p-years"]').fill("4.25")
    key = here.locator('[name="key"]').input_value()
    there.goto("/me/sessions/")
    there.get_by_role("button", name="End all other sessions").click()
    here.get_by_role("button", name="Launch workflow", exact=True).click()
    expect(here).to_have_url(re.compile("/accounts/login/"))
    expect(here.get_by_text("What you typed is saved for one hour.")).to_be_visible()
    sign_in(here, "lead")
    expect(here).to_have_url(re.compile(re.escape(FORM)))
    expect(here.get_by_text("Your entries were restored.")).to_be_visible()
    expect(here.locator('[name="p-years"]')).to_have_value("4.25")
    expect(here.locator('[name="key"]')).to_have_value(key)


def test_another_person_in_the_same_browser_finds_nothing(two: tuple[Page, Page]) -> None:
    here, there = two
    here.locator('[name="p-years"]').fill("4.75")
    there.goto("/me/sessions/")
    there.get_by_role("button", name="End all other sessions").click()
    here.get_by_role("button", name="Launch workflow", exact=True).click()
    expect(here).to_have_url(re.compile("/accounts/login/"))
    here.context.clear_cookies(domain=re.compile("."), name=re.compile("iam", re.IGNORECASE))
    here.get_by_role("main").get_by_role("button", name="Sign in with").click()
    if not here.url.startswith(PORTAL_URL):
        here.get_by_role("button", name="Use the account member").click()
        expect(here.get_by_text("Your entries were restored.")).to_have_count(0)
        assert "4.75" not in here.content()
