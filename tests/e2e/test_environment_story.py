"""An administrator adds an environment with its lock and has it tested by a real job; a visitor finds it by a package."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from devstack.address import PORTAL_URL, ROOT
from tests.e2e.conftest import Windows

pytestmark = [pytest.mark.browser, pytest.mark.integration]
LOCK = ROOT / "devstack/reana/environments/sed-fit/requirements.txt"
TEST_MS = 120_000
ONE_LINE_PX = 30


def test_the_environments_of_the_configuration_are_there(window: Windows) -> None:
    page = window("lead")
    page.goto("/catalog/environments/")
    for name in ("Analysis", "KM3NeT instrument responses", "JupyterLab", "JupyterLab for fits and tables"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def test_on_a_phone_what_an_environment_is_for_is_read_in_one_line(browser: Browser) -> None:
    page = browser.new_context(base_url=PORTAL_URL, viewport={"width": 390, "height": 844}).new_page()
    page.goto("/catalog/environments/")
    tags = [tag for tag in page.locator("td .tag").all() if tag.is_visible()]
    assert tags
    assert max(tag.bounding_box()["height"] for tag in tags) < ONE_LINE_PX  # type: ignore[index]
    page.context.close()


def test_an_environment_is_added_tested_and_found(window: Windows, browser: Browser, tmp_path: Path) -> None:
    admin = window("admin")
    admin.goto("/catalog/environments/")
    admin.get_by_role("link", name="Add environment").click()
    admin.get_by_label("Name", exact=True).fill("Story of fits")
    admin.get_by_label("Container image").fill("ghcr.io/vre-demo/sed-fit:1.0")
    admin.get_by_label("For workflow steps").check()
    admin.locator("input[type=file]").set_input_files(LOCK)
    admin.get_by_label("Modules to import").fill("numpy, astropy.io, scipy, no_such_module")
    admin.get_by_role("button", name="Save environment").click()
    expect(admin.get_by_role("heading", name="Story of fits")).to_be_visible()
    address = admin.url

    test_button, start = admin.locator("summary", has_text="Test environment"), admin.get_by_role("button", name="Start test")
    test_button.click()
    expect(test_button).to_have_css("color", start.evaluate("it => getComputedStyle(it).color"))  # also under the pointer
    start.click()
    tests = admin.locator("#tests")
    expect(tests).to_contain_text("ModuleNotFoundError", timeout=TEST_MS)  # it says of each module how it went
    expect(tests.get_by_role("img", name="imported")).to_have_count(3)

    admin.get_by_role("link", name="Edit environment").click()
    admin.get_by_label("Modules to import").fill("numpy, astropy.io, scipy")
    admin.get_by_label("What has changed").fill("No module that is not there")
    admin.get_by_role("button", name="Save environment").click()
    admin.locator("summary", has_text="Test environment").click()
    admin.get_by_role("button", name="Start test").click()
    expect(admin.locator("#tests").get_by_text("passed", exact=True).first).to_be_visible(timeout=TEST_MS)
    admin.reload()
    expect(admin.locator("#tests")).to_contain_text("Last passed")

    visitor = browser.new_context(base_url=PORTAL_URL).new_page()
    visitor.goto("/catalog/environments/")
    visitor.get_by_label("Package with version").fill("astropy>=6")
    visitor.get_by_role("button", name="Search").first.click()
    expect(visitor.get_by_role("link", name="Story of fits").first).to_be_visible()
    visitor.goto(address)
    expect(visitor.locator("#tests")).to_contain_text("Last passed")
    expect(visitor.get_by_role("link", name=re.compile("Edit"))).to_have_count(0)
    visitor.context.close()

    admin.get_by_role("link", name="Edit environment").click()
    admin.get_by_label("Status", exact=True).select_option("withdrawn")
    admin.get_by_role("button", name="Save environment").click()
    expect(admin.get_by_text("This environment was withdrawn.")).to_be_visible()
