"""Public pages in a real browser: nothing wider than the screen, nothing refused by the browser, names for all that can be used."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, StorageState

from devstack import address

PAGES = (
    "/",
    "/projects/",
    "/projects/km3net/",
    "/projects/km3net/people/",
    "/projects/km3net/data/scope/",
    "/projects/km3net/data/",
    "/projects/km3net/activity/",
    "/status/",
    "/catalog/software/",
    "/nowhere/",
    "/search/?q=neutrino",
    "/people/",
    "/news/",
    "/about/",
    "/about/references/",
)
OF_A_LEAD = (
    "/dashboard/",
    "/me/",
    "/me/identities/",
    "/me/sessions/",
    "/me/recent/",
    "/notebooks/",
    "/projects/new/",
    "/projects/new/?from=repository",
    "/projects/km3net/lifecycle/",
    "/projects/km3net/settings/picture/",
    "/projects/km3net/people/",
    "/projects/km3net/people/rule/?group=escape&role=viewer",
    "/projects/km3net/settings/",
    "/projects/km3net/settings/visibility/?visibility=members",
    "/projects/calibration-notes/settings/visibility/?visibility=public",
    "/projects/km3net/settings/embargo/?date=2099-03-03&time=00:00",
    "/projects/km3net/workflows/",
    "/projects/km3net/workflows/new/",
    "/projects/km3net/notebooks/",
    "/datalake/escape/",
    "/datalake/escape/did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf",
    "/datalake/escape/did/KM3NET_ECAP_SP/aeff.fits",
    "/datalake/escape/rses/",
    "/datalake/escape/did/KM3NET_EMBARGO_SP/candidates_mrk421_simulated.ecsv",
)
WIDTHS = (390, 768, 1280, 1600)
HERE = Path(__file__).parent
FAULTS = (HERE / "faults.js").read_text()
WIDER = (HERE / "wider.js").read_text()
REACH = (HERE / "reach.js").read_text()

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lead(browser: Browser) -> Iterator[StorageState]:
    """What a browser keeps in which the project lead is signed in."""
    context = browser.new_context(base_url=address.PORTAL_URL)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Use the account lead").click()
    page.wait_for_url(f"{address.PORTAL_URL}/**")
    yield context.storage_state()
    context.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_public_page_fits_every_screen_and_is_whole(browser: Browser, path: str, scheme: str) -> None:
    look(browser.new_context(base_url=address.PORTAL_URL, color_scheme=scheme, reduced_motion="reduce"), path, scheme)


@pytest.mark.integration("rucio")
@pytest.mark.parametrize("path", OF_A_LEAD)
def test_a_page_of_a_member_fits_every_screen_and_is_whole(browser: Browser, lead: StorageState, path: str) -> None:
    look(browser.new_context(base_url=address.PORTAL_URL, color_scheme="dark", reduced_motion="reduce", storage_state=lead), path, "dark")


def look(context: BrowserContext, path: str, scheme: str) -> None:
    """Open it, in every width; nothing sticks out, nothing is refused, everything has a name."""
    page = context.new_page()
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            said.append(message.text)

    page.on("console", listen)
    page.goto(path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDER) == [], f"wider than {width} px"
        assert page.evaluate(REACH) == [], f"at {width} px"
        picture(page, f"{path.strip('/').replace('/', '-') or 'start'}-{width}-{scheme}")
    assert page.evaluate(FAULTS) == []
    assert said == []
    context.close()


def picture(page: Page, name: str) -> None:
    """A screenshot to look at, where VRE_SHOTS names a folder for it."""
    if folder := os.environ.get("VRE_SHOTS"):  # noqa: TID251 -- tests have no settings of their own
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_the_first_tab_leads_past_the_frame(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_keyboard_leads_to_search_and_to_the_projects(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    assert page.locator("#site-palette input").evaluate("item => item === document.activeElement")
    page.keyboard.type("g p")
    assert page.input_value("#site-palette input") == "g p"
    page.keyboard.press("Escape")
    assert not page.locator("#site-palette").is_visible()
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/projects/")


def test_the_scheme_is_chosen_without_javascript_and_stays(browser: Browser) -> None:
    context = browser.new_context(base_url=address.PORTAL_URL, java_script_enabled=False, color_scheme="light")
    page = context.new_page()
    page.goto("/projects/")
    page.get_by_role("button", name="Dark").click()
    assert page.url.endswith("/projects/")
    page.goto("/")
    assert page.get_attribute("html", "data-theme") == "dark"
    context.close()


def test_menus_open_without_javascript(browser: Browser) -> None:
    context = browser.new_context(base_url=address.PORTAL_URL, java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto("/")
    page.locator("details.menu-narrow > summary").click()
    assert page.locator("details.menu-narrow").get_by_role("link", name="Data Lake").is_visible()
    context.close()
