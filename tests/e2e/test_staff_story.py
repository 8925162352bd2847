"""Staff edit a text of the start page, in a browser, without a deployment; visitors see it at once, and it is put back."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from devstack.address import PORTAL_URL

pytestmark = pytest.mark.browser
WORDS = f"Welcome to the demonstration {uuid.uuid4().hex[:6]}"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """The window of the portal's administrator."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=PORTAL_URL)
    opened = context.new_page()
    opened.goto("/dashboard/")
    opened.get_by_role("main").get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).first.click()
    opened.get_by_role("button", name="Use the account admin").click()
    expect(opened).to_have_url(re.compile(f"^{PORTAL_URL}/dashboard/"))
    yield opened
    context.close()


def shown_to_visitors(browser: Browser) -> str:
    visitor = browser.new_context(base_url=PORTAL_URL).new_page()
    visitor.goto("/")
    text = visitor.get_by_role("main").inner_text()
    visitor.context.close()
    return text


def test_a_text_of_the_start_page_is_edited_and_put_back(page: Page, browser: Browser) -> None:
    page.goto("/about/edit/")
    page.get_by_role("main").get_by_role("link").first.click()
    where, editor = page.url, page.get_by_role("main").get_by_role("textbox").first
    before = editor.input_value()
    assert before  # an editor begins with the text that is shown now
    editor.fill(f"{WORDS}\n\n{before}")
    page.get_by_role("button", name=re.compile("^(Save|Publish)")).first.click()
    assert WORDS in shown_to_visitors(browser)
    page.goto(where)
    page.get_by_role("main").get_by_role("textbox").first.fill(before)
    page.get_by_role("button", name=re.compile("^(Save|Publish)")).first.click()
    assert WORDS not in shown_to_visitors(browser)


def test_staff_see_figures_and_problems_on_the_dashboard(page: Page) -> None:
    page.goto("/dashboard/")
    for words in ("Portal figures", "Active runs", "Failed runs"):
        expect(page.get_by_role("main").get_by_text(words, exact=True).first).to_be_visible()


def test_nobody_else_may_edit_the_start_page(browser: Browser) -> None:
    visitor = browser.new_context(base_url=PORTAL_URL).new_page()
    reply = visitor.goto("/about/edit/")
    assert reply is not None
    assert reply.status in (403, 404) or "/accounts/login" in visitor.url or visitor.get_by_role("button", name=re.compile("sign in", re.I))
    assert visitor.get_by_role("main").get_by_role("textbox").count() == 0
    visitor.context.close()
