"""A basket is taken into a session with settings, which opens in its notebook, is listed, and is stopped after a question."""

import re

import pytest
from playwright.sync_api import expect

from devstack.address import GIT_URL, PORTAL_URL
from tests.e2e.conftest import Windows

pytestmark = [pytest.mark.browser, pytest.mark.integration("portal", "hub", "iam", "rucio", "git")]
SLOW = 90_000  # milliseconds: a start on a busy machine


def test_a_basket_is_taken_into_a_session_of_its_own_size(window: Windows) -> None:
    page = window("member")
    page.goto("/basket/")
    if not page.get_by_role("link", name="Start a session").count():
        page.goto("/projects/km3net/")
        page.get_by_role("button", name=re.compile("Add to basket")).first.click()
        expect(page.get_by_text("In basket").first).to_be_visible()
        page.goto("/basket/")
    page.get_by_role("link", name="Start a session").click()
    if not page.url.startswith(f"{PORTAL_URL}/projects/"):
        page.get_by_role("main").get_by_role("link", name="KM3NeT point-source sensitivity").click()
    expect(page.locator("#id_basket")).not_to_have_value("")
    page.get_by_label("CPUs").select_option("1")
    page.get_by_label("Memory").select_option("2")
    page.get_by_label("Name of the session").fill("story")
    page.get_by_role("button", name="Start session").click()
    page.wait_for_url(re.compile("/lab"), timeout=SLOW)
    expect(page.get_by_role("tabpanel", name=re.compile(r"basket-\d+\.ipynb"))).to_be_visible(timeout=SLOW)


def test_it_is_listed_and_stopped_after_a_question(window: Windows) -> None:
    page = window("member")
    page.goto(f"{PORTAL_URL}/notebooks/")
    row = page.get_by_role("row").filter(has_text="story")
    expect(row).to_contain_text("limit 2 GB")
    row.get_by_text("Stop session…").click()
    expect(row).to_contain_text("Saved files, in your folder for this project.")
    row.get_by_role("button", name="Stop session").click()
    expect(page.get_by_text("Stopped", exact=True).first).to_be_visible(timeout=SLOW)


def test_a_repository_is_fetched_and_shown(window: Windows) -> None:
    page = window("member")
    page.goto(f"{PORTAL_URL}/projects/km3net/notebooks/new/?name=git&git={GIT_URL}/km3net.git")
    page.get_by_role("button", name="Start session").click()
    page.wait_for_url(re.compile("/lab/tree/km3net"), timeout=SLOW)
    expect(page.get_by_text("reana.yaml").first).to_be_visible(timeout=SLOW)
    page.goto(f"{PORTAL_URL}/notebooks/")
    row = page.get_by_role("row").filter(has_text="git")
    row.get_by_text("Stop session…").click()
    row.get_by_role("button", name="Stop session").click()
    expect(page.get_by_text("Stopped", exact=True).first).to_be_visible(timeout=SLOW)


def test_what_is_wrong_in_a_link_stands_beside_its_field(window: Windows) -> None:
    page = window("member")
    page.goto(f"{PORTAL_URL}/projects/km3net/notebooks/new/?cpu=99&did=nonsense")
    expect(page.locator(".field", has=page.get_by_label("CPUs"))).to_contain_text("“99” is not offered here")
    expect(page.locator(".field", has=page.get_by_label("Data", exact=False).first)).to_contain_text("is not a DID")
