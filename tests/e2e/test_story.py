"""The main job, walked in a browser as the lead of a project: from the landing page to a result with a second copy."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from devstack.address import PORTAL_URL
from tests.e2e.reana_token import store_token

pytestmark = pytest.mark.browser
SLOW = 90_000  # milliseconds: a run, a transfer or a notebook's start on a busy machine


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One browser window for the whole story; a script or style that the policy refuses fails it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=PORTAL_URL)
    opened = context.new_page()
    refused: list[str] = []
    opened.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
    yield opened
    context.close()
    assert not refused


def sign_in(page: Page, name: str) -> None:
    """Through the IAM's own page."""
    page.goto("/dashboard/")
    page.get_by_role("main").get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).first.click()
    page.get_by_role("button", name=f"Use the account {name}").click()
    expect(page).to_have_url(re.compile(f"^{PORTAL_URL}/dashboard/"))


def test_the_landing_page_shows_the_public_projects_without_signing_in(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="KM3NeT point-source sensitivity").first).to_be_visible()
    expect(page.get_by_text("calibration notes")).to_have_count(0)
    expect(page.get_by_text("demonstration").first).to_be_visible()


def test_the_lead_signs_in_at_the_iam(page: Page) -> None:
    sign_in(page, "lead")
    expect(page.get_by_role("main").get_by_text("KM3NeT point-source sensitivity").first).to_be_visible()


def test_the_project_page_shows_what_it_binds(page: Page) -> None:
    page.goto("/projects/km3net/")
    for words in ("Lena Lead", "Response functions for point sources", "Gammapy", "ghcr.io/vre-demo/plotting:1.0"):
        expect(page.get_by_role("main").get_by_text(words).first).to_be_visible()


def test_the_lake_shows_a_dataset_down_to_a_files_picture(page: Page) -> None:
    page.goto("/datalake/escape/did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf")
    page.get_by_role("link", name=re.compile("aeff.fits")).first.click()
    expect(page.locator("#replicas").get_by_role("link", name=re.compile("DEMO-")).first).to_be_visible()
    expect(page.get_by_role("term").filter(has_text="Adler-32").first).to_be_visible()
    expect(page.get_by_text("EFFECTIVE AREA").first).to_be_visible(timeout=20_000)


def test_a_launch_with_other_parameters_runs_to_its_plots(page: Page) -> None:
    page.goto("/projects/km3net/workflows/new/")
    expect(page.get_by_text("Valid REANA specification file.")).to_be_visible()
    page.get_by_label("Observation time").fill("-3")
    page.get_by_role("button", name="Launch workflow").click()
    expect(page.get_by_role("main").get_by_role("alert").first).to_be_visible()
    page.get_by_label("Observation time").fill("5")
    page.get_by_label("Spectral index").fill("2.5")
    page.get_by_role("button", name="Launch workflow").click()
    reaches_its_plots(page)


def reaches_its_plots(page: Page) -> None:
    """A run that was just launched finishes, and both of its pictures are shown."""
    expect(page).to_have_url(re.compile(r"/projects/km3net/workflows/\d+/$"))
    expect(page.locator("#run-status .pill[data-state=finished]").first).to_be_visible(timeout=SLOW)
    expect(page.locator("#results img")).to_have_count(2, timeout=SLOW)
    for picture in page.locator("#results img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 300


def test_the_run_is_for_members_until_it_is_published(page: Page, browser: Browser) -> None:
    context = browser.new_context(base_url=PORTAL_URL)
    visitor, where = context.new_page(), page.url
    assert [reply.status for reply in (visitor.goto(where), visitor.goto(f"{where}?format=json")) if reply] == [404, 404]
    page.locator("summary", has_text="Publish run").click()
    page.get_by_role("button", name="Publish run").click()
    expect(page.get_by_text("Everybody who can see this project can see this run.")).to_be_visible()
    visitor.goto(where)
    expect(visitor.locator("#results img")).to_have_count(2)
    page.get_by_role("button", name="Unpublish run").click()
    expect(page.locator("summary", has_text="Publish run")).to_be_visible()
    reply = visitor.goto(where)
    assert reply is not None
    assert reply.status == 404
    context.close()


def test_the_result_is_kept_and_gets_its_second_copy(page: Page) -> None:
    page.get_by_role("link", name="Keep result").click()
    expect(page.get_by_text("KM3NET_ECAP_SP is public.")).to_be_visible()
    page.get_by_label("Make these files public").check()
    page.get_by_role("button", name="Keep result").click()
    expect(page.locator("#keeps .pill").first).to_be_visible()
    expect(page.locator("#keeps .pill[data-state=replicating]").first).to_be_visible(timeout=SLOW)
    expect(page.locator("#keeps .pill[data-state=ok]").first).to_be_visible(timeout=SLOW)
    page.locator("#keeps a").first.click()
    expect(page.get_by_text("vre_provenance").first).to_be_visible()
    expect(page.locator("#replicas").get_by_role("link", name="DEMO-ANNECY")).to_be_visible(timeout=SLOW)


def test_a_reana_0_9_runs_the_same_with_a_token_that_the_person_stores(page: Page) -> None:
    page.goto("/projects/km3net/workflows/new/")
    page.get_by_role("radio", name="Demonstration REANA 0.9").check()
    page.get_by_role("button", name="Launch workflow").click()
    expect(page.get_by_text("needs a token of its own").first).to_be_visible()
    store_token(page)
    page.goto("/projects/km3net/workflows/new/")
    page.get_by_role("radio", name="Demonstration REANA 0.9").check()
    page.get_by_role("button", name="Launch workflow").click()
    reaches_its_plots(page)


def test_a_notebook_opens_without_a_second_password_and_stops(page: Page) -> None:
    page.goto("/projects/km3net/notebooks/")
    page.get_by_role("button", name="Open a notebook").first.click()
    page.wait_for_url(re.compile("/lab"), timeout=SLOW)
    expect(page.get_by_role("tabpanel", name="start.ipynb")).to_be_visible(timeout=SLOW)
    page.goto(f"{PORTAL_URL}/projects/km3net/notebooks/")
    page.get_by_text("Stop session…").first.click()
    expect(page.get_by_text("Code that is running, variables in memory").first).to_be_visible()
    page.get_by_role("button", name="Stop session").first.click()
    expect(page.get_by_text(re.compile("stopped|ended", re.IGNORECASE)).first).to_be_visible(timeout=SLOW)


def test_a_software_entry_is_found_and_added_to_the_project(page: Page) -> None:
    page.goto("/catalog/software/?q=agnpy")
    page.get_by_role("main").get_by_role("link", name=re.compile("^agnpy", re.IGNORECASE)).first.click()
    page.get_by_role("combobox", name="Project").select_option("km3net")
    page.get_by_role("button", name="Add to project").click()
    expect(page.get_by_text("Added to KM3NeT point-source sensitivity.")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("agnpy").first).to_be_visible()


@pytest.mark.parametrize("name", ["outsider", "newcomer"])
def test_people_outside_see_what_is_public_and_nothing_else(browser: Browser, name: str) -> None:
    context = browser.new_context(base_url=PORTAL_URL)
    page = context.new_page()
    sign_in(page, name)
    page.goto("/projects/")
    expect(page.get_by_text("calibration notes")).to_have_count(0)
    for address, status in (("/projects/calibration-notes/", 404), ("/projects/km3net/workflows/new/", 403), ("/projects/km3net/", 200)):
        reply = page.goto(address)
        assert reply is not None
        assert reply.status == status
    context.close()


def test_a_member_may_launch(browser: Browser) -> None:
    context = browser.new_context(base_url=PORTAL_URL)
    page = context.new_page()
    sign_in(page, "member")
    page.goto("/projects/calibration-notes/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("calibration notes")
    page.goto("/projects/km3net/workflows/new/")
    expect(page.get_by_role("button", name="Launch workflow")).to_be_visible()
    context.close()
