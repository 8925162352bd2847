"""The Data Lake in a browser: the tree opens, the preview comes, a DID gets into a project."""

from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from devstack.address import PORTAL_URL

pytestmark = [pytest.mark.browser, pytest.mark.integration("portal", "rucio", "storage", "iam")]
LAKE = f"{PORTAL_URL}/datalake/escape/"
CONTAINER = f"{LAKE}did/KM3NET_ECAP_SP/DM.PointSource"
FILE = f"{LAKE}did/KM3NET_ECAP_SP/aeff.fits"


@pytest.fixture
def lead(context: BrowserContext, page: Page, portal_session: Callable[[str], requests.Session]) -> Page:
    """A page of somebody who is signed in."""
    cookies = portal_session("lead").cookies
    context.add_cookies(
        [{"name": item.name, "value": item.value or "", "url": PORTAL_URL} for item in cookies if item.name.startswith("vre")]
    )
    return page


def test_a_branch_opens_where_it_stands(lead: Page) -> None:
    lead.goto(CONTAINER)
    lead.locator("summary", has_text="DM.PointSourceIRF.km3irf").locator(".icon").first.click()
    expect(lead.get_by_role("link", name="psf.fits")).to_be_visible()
    expect(lead.locator(".tree .tree li, .tree ul li")).to_have_count(6)  # five files, and the branch that is still closed


def test_the_preview_comes_by_itself_and_breaks_no_rule_of_the_page(lead: Page) -> None:
    said: list[str] = []
    lead.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    lead.goto(FILE)
    picture = lead.get_by_role("img", name="EFFAREA as a map")
    expect(picture).to_be_visible(timeout=20_000)
    assert picture.evaluate("image => image.naturalWidth") > 300
    assert said == []


def test_the_file_comes_down_whole(lead: Page) -> None:
    lead.goto(FILE)
    with lead.expect_download() as download:
        lead.get_by_role("link", name="Download").first.click()
    assert download.value.suggested_filename == "aeff.fits"
    assert download.value.path().stat().st_size == 11520


def test_commands_are_there_to_copy(lead: Page) -> None:
    lead.goto(FILE)
    lead.get_by_text("Use elsewhere").click()
    expect(lead.get_by_text("rucio download KM3NET_ECAP_SP:aeff.fits")).to_be_visible()
    lead.set_viewport_size({"width": 390, "height": 844})
    box = lead.locator(".copy-menu").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_a_did_gets_into_a_project(lead: Page) -> None:
    lead.goto(FILE)
    lead.get_by_label("Project").select_option("km3net")
    lead.get_by_role("button", name="Add", exact=True).click()
    expect(lead).to_have_url(f"{PORTAL_URL}/projects/km3net/data/")
    expect(lead.locator("main")).to_contain_text("KM3NET_ECAP_SP:aeff.fits")


@pytest.mark.parametrize(
    "path", ["", "?scope=KM3NET_ECAP_SP", "did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf", "did/KM3NET_ECAP_SP/aeff.fits", "rses/"]
)
def test_no_page_is_wider_than_a_phone(lead: Page, path: str) -> None:
    lead.set_viewport_size({"width": 390, "height": 844})
    lead.goto(f"{LAKE}{path}")
    lead.wait_for_load_state("networkidle")
    assert lead.evaluate("document.documentElement.scrollWidth") <= 390
