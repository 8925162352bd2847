"""A member chooses the data of a launch in a browser: from the project, from the lake, from another run, and a file of their own."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
Windows = Callable[[str], Page]
LAUNCH = "/projects/blazars/workflows/new/?specification=two-humps"
SPECTRUM = "MAGIC_IFAE_SP:Mrk421_2011.ecsv"


def choose(page: Page, tab: str) -> None:
    """Open the page that chooses the first input, at a tab."""
    page.get_by_role("button", name="Choose data").first.click()
    expect(page.get_by_role("heading", name=re.compile("Choose data for"))).to_be_visible()
    page.get_by_role("navigation", name="Choose from").get_by_role("button", name=tab).click()


def test_data_are_chosen_on_a_page_and_what_was_typed_stays(window: Windows) -> None:
    page = window("lead")
    page.goto(LAUNCH)
    first = page.locator("[name=i-0]")
    first.fill("half a name")
    page.get_by_label("Lowest energy").fill("0.5")
    choose(page, "Demonstration Data Lake")
    page.get_by_role("searchbox", name="Search by name").fill("Mrk421_2011")
    page.get_by_role("searchbox", name="Search by name").press("Enter")
    row = page.get_by_role("listitem").filter(has_text=SPECTRUM)
    expect(row.locator(".pill[data-state=there]")).to_be_visible()
    page.get_by_role("button", name="Check copies").click()
    expect(row.get_by_text(re.compile("[0-9] cop(y|ies)"))).to_be_visible()
    row.get_by_role("button", name="Use").click()
    expect(first).to_have_value(SPECTRUM)
    expect(page.get_by_label("Lowest energy")).to_have_value("0.5")
    expect(page.locator("#inputs .pill[data-state=there]").first).to_be_visible()


def test_a_file_of_ones_own_is_uploaded_chosen_and_read_by_a_run(window: Windows) -> None:
    page = window("lead")
    page.goto(LAUNCH)
    body = page.request.get(f"/datalake/escape/download/{SPECTRUM.replace(':', '/')}").body()
    choose(page, "Upload")
    page.get_by_label("File from your computer").set_input_files({"name": "own.ecsv", "mimeType": "text/plain", "buffer": body})
    page.get_by_role("button", name="Upload", exact=True).last.click()
    page.get_by_role("listitem").filter(has_text="own.ecsv").get_by_role("button", name="Use").first.click()
    expect(page.locator("[name=i-0]")).to_have_value(re.compile("^upload/[0-9a-f]{64}$"))
    page.get_by_role("button", name="Launch workflow").click()
    expect(page.get_by_text("own.ecsv (uploaded)")).to_be_visible()
    expect(page.locator("#run-status .pill[data-state=finished]").first).to_be_visible(timeout=180_000)
    expect(page.locator("main a[href*='/files/'][download]").first).to_be_attached(timeout=60_000)  # copied from REANA
    page.goto(LAUNCH)
    choose(page, "Files of runs")
    page.get_by_role("listitem").filter(has_text="results/").first.get_by_role("button", name="Use").click()
    expect(page.locator("[name=i-0]")).to_have_value(re.compile("^file/[0-9]+$"))
