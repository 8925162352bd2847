"""A lead chooses the columns of a list of runs, publishes one, and withdraws its result: a visitor reads why."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from devstack.address import PORTAL_URL
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser
RUN_SECONDS = 180.0  # a run on a busy machine
LAUNCH = "/projects/blazars/workflows/new/?specification=two-humps"
REASON = "The wrong table was fitted."
Windows = Callable[[str], Page]


def test_the_columns_of_a_list_are_chosen_in_peace_and_stay_in_its_address(window: Windows) -> None:
    page = window("lead")
    page.goto(LAUNCH)
    page.get_by_label("Lowest energy").fill("0.0625")
    page.get_by_role("button", name="Launch workflow").click()
    expect(page).to_have_url(re.compile(r"/workflows/\d+/$"))
    run = page.url
    page.goto("/projects/blazars/workflows/")
    page.get_by_text("Columns", exact=True).click()
    boxes = page.locator("input[type=checkbox][name=column]")
    for key in [str(box.get_attribute("value")) for box in boxes.all() if box.is_checked()]:
        page.locator(f"input[type=checkbox][name=column][value='{key}']").uncheck()
    page.locator("input[type=checkbox][name=column][value='p:energy_min']").check()
    page.get_by_text("Columns", exact=True).focus()
    until(lambda: page.request.get(f"{run}?format=json").json()["status"] == "finished", RUN_SECONDS, "the run does not end")
    page.wait_for_timeout(6000)  # in which the list would be fetched again, for the run has changed
    expect(page.locator("input[type=checkbox][name=column]:checked")).to_have_count(1)
    page.get_by_role("button", name="Show these columns").click()
    expect(page.get_by_role("columnheader", name=re.compile("energy_min|Lowest energy"))).to_be_visible()
    expect(page.get_by_role("columnheader", name=re.compile("energy_max|Highest energy"))).to_have_count(0)
    expect(page.get_by_role("cell", name="0.0625").first).to_be_visible()
    assert "energy_min" in page.url


def test_a_result_is_published_and_withdrawn_and_its_page_says_why(window: Windows, browser: Browser) -> None:
    page, context = window("lead"), browser.new_context(base_url=PORTAL_URL)
    visitor = context.new_page()
    page.goto("/projects/blazars/workflows/")
    page.locator("tbody tr").first.get_by_role("link").first.click()  # the newest
    page.locator("summary", has_text="Publish run").click()
    page.get_by_role("button", name="Publish run").click()
    expect(page.get_by_text("Everybody who can see this project can see this run.")).to_be_visible()
    where = page.url
    page.goto(re.sub(r"/workflows/(\d+)/.*", r"/results/\1/", where))
    visitor.goto(page.url)
    expect(visitor.get_by_role("heading", name="How to cite")).to_be_visible()
    page.get_by_role("link", name="Withdraw").click()
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Withdraw result").click()
    expect(page.get_by_text("Do not cite it.")).to_be_visible()
    visitor.reload()
    expect(visitor.get_by_text(REASON)).to_be_visible()
    expect(visitor.get_by_role("heading", name="How to cite")).to_have_count(0)
    reply = visitor.goto(where)
    assert reply is not None
    assert reply.status == 404
    context.close()
