"""A visitor without an account finds a dataset by words, in a browser, and looks into one of its files."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
SLOW = 60_000  # milliseconds: a preview on a busy machine


@pytest.mark.parametrize("width", [1280, 390])
def test_a_visitor_finds_a_dataset_by_words_and_previews_a_file_of_it(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    search = page.get_by_role("search").first.get_by_role("searchbox")
    search.fill("neutrino type:dataset")
    search.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?"))
    page.get_by_role("main").get_by_role("link", name="instrument response functions").first.click()
    expect(page).to_have_url(re.compile("/datalake/escape/did/KM3NET_ECAP_SP/"))
    page.get_by_role("link", name=re.compile("aeff.fits")).first.click()
    expect(page.get_by_text("EFFECTIVE AREA").first).to_be_visible(timeout=SLOW)


def test_words_of_a_members_project_find_nothing_for_a_visitor(page: Page) -> None:
    page.goto("/search/?q=calibration+notes")
    expect(page.get_by_role("main").get_by_role("link", name=re.compile("calibration notes", re.IGNORECASE))).to_have_count(0)
