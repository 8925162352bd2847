"""The Data Lake in a browser: the tree opens, the preview comes, a DID gets into a project."""

import base64
import io
import json
import re
import zlib
from collections.abc import Callable

import pytest
import requests
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from datalake.files.preview_process import TIMEOUT_SECONDS
from datalake.files.previews import READ_SECONDS
from devstack.address import PORTAL_URL, STORAGE_URL
from tests.devstack.rucio_client import on_disk, rucio, unique, upload

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
    opener = lead.locator("summary", has_text="Contents of DM.PointSourceIRF.km3irf")
    expect(opener.locator("a")).to_have_count(0)
    opener.press("Enter")
    expect(lead.get_by_role("link", name="psf.fits")).to_be_visible()
    expect(lead.locator(".tree .tree li, .tree ul li")).to_have_count(6)  # five files, and the branch that is still closed


def test_the_preview_comes_by_itself_and_breaks_no_rule_of_the_page(lead: Page) -> None:
    said: list[str] = []
    lead.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    lead.goto(FILE)
    picture = lead.get_by_role("img", name=re.compile("EFFAREA .*over THETA"))
    expect(picture).to_be_visible(timeout=1000 * (READ_SECONDS + TIMEOUT_SECONDS))  # as long as the portal gives it
    assert picture.evaluate("image => image.naturalWidth") > 300
    assert said == []


def test_the_file_comes_down_whole(lead: Page) -> None:
    lead.goto(FILE)
    with lead.expect_download() as download:
        lead.get_by_role("link", name="Download").first.click()
    assert download.value.suggested_filename == "aeff.fits"
    assert download.value.path().stat().st_size == 11520


def test_the_file_comes_directly_from_its_storage(browser: Browser, portal_session: Callable[[str], requests.Session]) -> None:
    context = browser.new_context(ignore_https_errors=True)  # the storage's certificate is of an authority of its own
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    for item in portal_session("lead").cookies:
        if item.name.startswith("vre"):
            context.add_cookies([{"name": item.name, "value": item.value or "", "url": PORTAL_URL}])
    page.goto(FILE)
    page.get_by_label("My location").select_option("DEMO-BOLOGNA")
    page.get_by_role("button", name="Sort by distance").click()
    expect(page.locator(".copies-table tbody tr").first).to_contain_text("DEMO-BOLOGNA")
    page.get_by_text("Download from site", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download from DEMO-BOLOGNA").click()
    assert download.value.url.startswith(f"{STORAGE_URL}/bologna/KM3NET_ECAP_SP/")
    content = download.value.path().read_bytes()
    assert (len(content), f"{zlib.adler32(content):08x}") == (11520, "1f08a76a")
    assert "authz" not in page.url
    assert said == []
    context.close()


def test_commands_are_there_to_copy(lead: Page) -> None:
    lead.goto(FILE)
    lead.get_by_text("Use outside the portal").click()
    expect(lead.get_by_text("rucio download KM3NET_ECAP_SP:aeff.fits")).to_be_visible()
    lead.set_viewport_size({"width": 390, "height": 844})
    box = lead.locator(".copy-menu").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_a_did_gets_into_a_project(lead: Page) -> None:
    lead.goto(FILE)
    lead.get_by_label("Project").select_option("km3net")
    lead.get_by_role("button", name="Add to this project").click()
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


@pytest.fixture
def complaints(lead: Page) -> list[str]:
    """What the browser finds against the page: scripts and styles that its policy forbids, errors."""
    said: list[str] = []
    lead.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    return said


def plain(browser: Browser, session: requests.Session | None = None) -> Page:
    """A page without JavaScript, signed in if there is a session."""
    context = browser.new_context(java_script_enabled=False)
    for item in session.cookies if session else ():
        if item.name.startswith("vre"):
            context.add_cookies([{"name": item.name, "value": item.value or "", "url": PORTAL_URL}])
    return context.new_page()


def test_metadata_are_changed_followed_and_undone(lead: Page, complaints: list[str]) -> None:
    name = unique("described")
    assert rucio("lead", "POST", "/dids", json=[{"scope": "user.lead", "name": name, "type": "DATASET"}]).status_code == 201
    lead.goto(f"{LAKE}did/user.lead/{name}")
    lead.get_by_role("link", name="Add metadata").click()
    lead.get_by_label("Key", exact=True).fill("quality")
    lead.get_by_label("Type of value").select_option("boolean")
    lead.get_by_label("Value", exact=True).fill("maybe")
    lead.get_by_role("button", name="Save").click()
    expect(lead.locator("main")).to_contain_text("Enter true or false.")
    expect(lead.get_by_label("Value", exact=True)).to_have_value("maybe")
    lead.get_by_label("Value", exact=True).fill("true")
    lead.get_by_role("button", name="Save").click()
    row = lead.locator("#metadata tr", has_text="quality")
    expect(row).to_contain_text("True or false", timeout=20_000)  # the section asks for itself until the worker is done
    assert rucio("lead", "GET", f"/dids/user.lead/{name}/meta", params={"plugin": "JSON"}).json() == {"quality": True}
    lead.get_by_text("Show history").click()
    lead.get_by_role("button", name="Undo").click()
    expect(lead.locator("#metadata")).to_contain_text("No metadata.", timeout=20_000)
    assert [item for item in complaints if "400" not in item] == []  # a form that is sent back has that status


def test_a_branch_opens_by_the_keyboard(lead: Page) -> None:
    lead.goto(CONTAINER)
    lead.locator("#content summary").first.focus()
    lead.keyboard.press("Enter")
    expect(lead.locator("#content details[open] li a").first).to_be_visible()


def test_everything_reads_without_javascript(browser: Browser, portal_session: Callable[[str], requests.Session]) -> None:
    page = plain(browser, portal_session("lead"))
    page.goto(CONTAINER)
    page.get_by_role("link", name="Show contents").click()
    page.get_by_role("link", name="DM.PointSourceIRF.km3irf").first.click()
    page.get_by_role("link", name="Show contents").click()
    page.get_by_role("link", name="aeff.fits").first.click()
    page.get_by_role("link", name="Show preview").click()
    expect(page.locator("main")).to_contain_text("EFFECTIVE AREA")
    page.goto(f"{LAKE}did/KM3NET_ECAP_SP/psf.fits")  # not in the project yet: what is there already is not offered
    page.get_by_role("link", name="Add to a project").click()
    page.get_by_label("Project").select_option("km3net")
    page.get_by_role("main").get_by_role("button", name="Add to project").click()
    expect(page).to_have_url(f"{PORTAL_URL}/projects/km3net/data/")
    page.goto(FILE)
    page.get_by_text("Show history").click()
    page.get_by_role("link", name="Open the history page").click()
    expect(page.locator("main")).to_contain_text("Created")
    page.context.close()


def test_a_file_opens_in_the_launch_form(lead: Page) -> None:
    lead.goto(FILE)
    lead.get_by_role("link", name="Use in a workflow").click()
    lead.locator("main li a").first.click()
    lead.wait_for_url("**/workflows/new/**")
    assert "KM3NET_ECAP_SP:aeff.fits" in [field.input_value() for field in lead.locator("input[name^=i-]").all()]


def test_a_stranger_reads_public_data_and_machines_find_their_description(browser: Browser) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.goto(f"{LAKE}did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf")
    expect(page.get_by_role("link", name="Sign in to use the data")).to_be_visible()
    data = json.loads(page.locator('script[type="application/ld+json"]').text_content() or "")
    assert data["@type"] == "Dataset"
    assert said == []  # a data block runs nothing: the strict policy of the page does not mind it
    page.close()


def test_a_hostile_notebook_runs_nothing(lead: Page, complaints: list[str]) -> None:
    png = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(png, "PNG")
    attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    outputs = [
        {"output_type": "display_data", "data": {"text/html": attack, "image/svg+xml": "<svg onload=alert(1)>", "text/plain": attack}},
        {"output_type": "display_data", "data": {"image/png": base64.b64encode(png.getvalue()).decode()}},
    ]
    cells = [
        {"cell_type": "markdown", "source": f"# Words\n{attack}\n[go](javascript:alert(1))"},
        {"cell_type": "code", "source": attack, "outputs": outputs},
    ]
    name = upload("lead", "user.lead", json.dumps({"nbformat": 4, "cells": cells}).encode(), ending=".ipynb")
    lead.goto(f"{LAKE}did/user.lead/{name}")
    expect(lead.get_by_role("heading", name="Words")).to_be_visible(timeout=20_000)
    expect(lead.locator(".previews-made img")).to_have_count(1)
    assert lead.title().startswith(name)
    assert complaints == []


def test_a_dataset_comes_down_as_one_zip(lead: Page) -> None:
    lead.goto(f"{LAKE}did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf")
    lead.locator("summary", has_text="Download").click()
    with lead.expect_download() as download:
        lead.get_by_role("link", name="Download all files (zip)").click()
    assert download.value.suggested_filename == "DM.PointSourceIRF.km3irf.zip"
    assert download.value.failure() is None


def test_a_zip_with_a_missing_file_is_a_download_that_failed(lead: Page) -> None:
    name, files = unique("torn"), [upload("lead", "user.lead", content) for content in (b"here", b"gone")]
    assert rucio("lead", "POST", "/dids", json=[{"scope": "user.lead", "name": name, "type": "DATASET"}]).status_code == 201
    inside = {"dids": [{"scope": "user.lead", "name": file} for file in files]}
    assert rucio("lead", "POST", f"/dids/user.lead/{name}/dids", json=inside).status_code == 201
    copy = on_disk("user.lead", files[1], "erlangen")
    assert copy
    copy.unlink()
    lead.goto(f"{LAKE}did/user.lead/{name}")
    lead.locator("summary", has_text="Download").click()
    with lead.expect_download() as download:
        lead.get_by_role("link", name="Download all files (zip)").click()
    assert download.value.failure()


def test_back_after_show_more_leads_to_the_same_rows(lead: Page) -> None:
    name = unique("many")
    datasets = [{"scope": "user.lead", "name": f"{name}.{number:03}", "type": "DATASET"} for number in range(120)]
    assert rucio("lead", "POST", "/dids", json=[*datasets, {"scope": "user.lead", "name": name, "type": "CONTAINER"}]).status_code == 201
    inside = {"dids": [{"scope": "user.lead", "name": item["name"]} for item in datasets]}
    assert rucio("lead", "POST", f"/dids/user.lead/{name}/dids", json=inside).status_code == 201
    address = f"{LAKE}did/user.lead/{name}"
    lead.goto(address)
    rows = lead.locator("#content .tree > li:not(.more)")
    expect(rows).to_have_count(50)
    lead.get_by_role("link", name="Show more").click()
    expect(rows).to_have_count(100)
    assert lead.url == f"{address}?shown=100"
    last = rows.nth(99).get_by_role("link").first
    words = last.inner_text()
    last.click()
    lead.wait_for_url(f"**/{words}")
    lead.go_back()
    lead.wait_for_url(f"{address}?shown=100")
    expect(rows).to_have_count(100)
    expect(rows.nth(99)).to_contain_text(words)
    lead.get_by_role("link", name="Show more").click()
    expect(rows).to_have_count(120)
    expect(lead.get_by_role("link", name="Show more")).to_have_count(0)
    lead.reload()
    expect(rows).to_have_count(120)
