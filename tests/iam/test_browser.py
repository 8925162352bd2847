"""Signing in and out as a person does, with the policy of both servers enforced by a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from devstack.address import IAM_ISSUER, PORTAL_URL

pytestmark = [pytest.mark.browser, pytest.mark.integration("iam")]


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page in a browser that nobody used before, and the errors that its console shows."""
    context: BrowserContext = browser.new_context(base_url=PORTAL_URL, java_script_enabled=request.param)
    page, errors = context.new_page(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page, errors
    context.close()


def test_one_signs_in_lands_where_one_wanted_and_signs_out(visit: tuple[Page, list[str]]) -> None:
    page, errors = visit
    page.goto("/me/")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.get_by_role("button", name="Sign in with").click()
    expect(page).to_have_url(re.compile(re.escape(IAM_ISSUER)))
    expect(page.get_by_text("demonstration with public passwords")).to_be_visible()
    page.get_by_label("Name").fill("lead")
    page.get_by_label("Password").fill("lead")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{PORTAL_URL}/me/")
    expect(page.get_by_role("heading", name="Lena Lead")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{PORTAL_URL}/")
    page.goto("/me/")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    assert not errors


def test_a_wrong_password_is_said_at_the_iam(visit: tuple[Page, list[str]]) -> None:
    page, _ = visit
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with").click()
    page.get_by_label("Name").fill("lead")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.get_by_role("button", name="Use the account newcomer").click()
    expect(page).to_have_url(f"{PORTAL_URL}/dashboard/")
    expect(page.get_by_role("main")).to_contain_text("your account belongs to no group")
