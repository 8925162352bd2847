"""Uploads in a browser: a folder, a pause, a page that was left, a name that is taken."""

import os
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, Route, expect

from devstack.address import PORTAL_URL
from tests.datalake.operations.elements import root
from tests.devstack.rucio_client import upload as put
from tests.portal_client import stopped

pytestmark = [pytest.mark.browser, pytest.mark.integration("portal", "worker", "rucio", "storage", "iam")]
UPLOAD = f"{PORTAL_URL}/datalake/escape/upload/"


def signed_in(context: BrowserContext, page: Page, session: requests.Session) -> Page:
    """The page of uploads, of somebody who is signed in."""
    cookies = session.cookies
    context.add_cookies(
        [{"name": item.name, "value": item.value or "", "url": PORTAL_URL} for item in cookies if item.name.startswith("vre")]
    )
    page.goto(UPLOAD)
    return page


@pytest.fixture
def lead(context: BrowserContext, page: Page, portal_session: Callable[[str], requests.Session]) -> Page:
    return signed_in(context, page, portal_session("lead"))


def rows(page: Page) -> list[str]:
    return page.locator("#chosen-rows .said").all_inner_texts()


def test_a_folder_comes_into_the_lake_with_names_that_it_takes(lead: Page, tmp_path: Path) -> None:
    said: list[str] = []
    lead.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    folder = tmp_path / f"run-{uuid.uuid4().hex[:8]}"
    (folder / "sub dir").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "sub dir" / "Größe 2.txt").write_text("b" * 100)
    (folder / "empty").write_text("")
    lead.set_input_files("#choose-folder", str(folder))
    expect(lead.locator("#chosen-rows .said", has_text="Ready")).to_have_count(3)
    lead.get_by_label("Dataset").fill(f"{folder.name}.all")
    lead.locator("#send").click()
    expect(lead.locator("#uploads tr", has_text=folder.name).locator(".pill", has_text="in the Data Lake")).to_have_count(3, timeout=30_000)
    expect(lead.locator("#uploads")).to_contain_text(f"user.lead:{folder.name}/sub_dir/Grosse_2.txt")
    assert said == []


def test_a_pause_and_a_page_that_was_left_lose_nothing(lead: Page, tmp_path: Path) -> None:
    file = tmp_path / f"big-{uuid.uuid4().hex[:8]}.bin"
    file.write_bytes(os.urandom(20_000_000))
    parts: list[int] = []

    def second_part_waits(route: Route) -> None:
        offset = int(route.request.headers["upload-offset"])
        parts.append(offset)
        if offset == 0 or len(parts) > 2:
            route.continue_()

    lead.route("**/upload/files/*/", lambda route: second_part_waits(route) if route.request.method == "PATCH" else route.continue_())
    lead.set_input_files("#choose-files", str(file))
    lead.locator("#send").click()
    row = lead.locator("#chosen-rows li")
    expect(row).to_contain_text("8.4 MB of 20.0 MB")
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("The part already received is kept")
    lead.goto("about:blank")
    lead.unroute_all()
    lead.goto(UPLOAD)
    expect(lead.locator("#uploads")).to_contain_text(re.compile(rf"{file.name}\s*1?[0-9]\.[0-9] MB of 20\.0 MB received"))
    again: list[int] = []
    lead.on("request", lambda request: again.append(int(request.headers["upload-offset"])) if request.method == "PATCH" else None)
    lead.set_input_files("#choose-files", str(file))
    expect(lead.locator("#chosen-rows")).to_contain_text("Ready to resume")
    lead.locator("#send").click()
    expect(lead.locator("#uploads tr", has_text=file.name).locator(".pill", has_text="in the Data Lake")).to_be_visible(timeout=30_000)
    assert again[0] >= 8 * 1024 * 1024


def test_another_file_of_a_name_that_was_begun_is_not_mixed_with_it(lead: Page, tmp_path: Path) -> None:
    file = tmp_path / f"mixed-{uuid.uuid4().hex[:8]}.bin"
    file.write_bytes(os.urandom(10_000_000))
    lead.route(
        "**/upload/files/*/", lambda route: route.abort() if route.request.headers.get("upload-offset", "0") != "0" else route.continue_()
    )
    lead.set_input_files("#choose-files", str(file))
    lead.locator("#send").click()
    expect(lead.locator("#chosen-rows li")).to_contain_text("Connection lost. The upload resumes automatically.")
    lead.goto("about:blank")  # before the way is free again, so that the first page does not go on meanwhile
    lead.unroute_all()
    lead.goto(UPLOAD)
    file.write_bytes(os.urandom(10_000_000))
    lead.set_input_files("#choose-files", str(file))
    lead.locator("#send").click()
    expect(lead.locator("#chosen-rows li")).to_contain_text("An unfinished upload of a different file has this name")
    lead.locator("#uploads tr", has_text=file.name).get_by_role("button", name="Cancel").click()
    expect(lead.locator("#uploads")).not_to_contain_text(file.name)


def test_another_file_is_not_called_received_while_one_of_its_name_is_moved(lead: Page, tmp_path: Path) -> None:
    file = tmp_path / f"moved-{uuid.uuid4().hex[:8]}.bin"
    file.write_bytes(b"the first")
    with stopped("storage"):
        lead.set_input_files("#choose-files", str(file))
        lead.locator("#send").click()
        expect(lead.locator("#chosen-rows li")).to_contain_text("Upload received")
        lead.reload()
        file.write_bytes(b"another 1")
        lead.set_input_files("#choose-files", str(file))
        lead.locator("#send").click()
        expect(lead.locator("#chosen-rows li")).to_contain_text("A different file with this name is being moved to the Data Lake")
    expect(lead.locator("#uploads tr", has_text=file.name).locator(".pill", has_text="in the Data Lake")).to_be_visible(timeout=60_000)


def test_the_same_file_again_is_already_there_and_another_is_not_sent(lead: Page, tmp_path: Path) -> None:
    name = put("lead", "user.lead", b"the same")
    file = tmp_path / name
    file.write_bytes(b"the same")
    lead.set_input_files("#choose-files", str(file))
    expect(lead.locator("#chosen-rows")).to_contain_text("Already in the Data Lake with the same checksum")
    expect(lead.locator("#send")).to_be_disabled()
    lead.locator("#chosen-rows").get_by_role("button", name="Remove").click()
    file.write_bytes(b"not that")
    lead.set_input_files("#choose-files", str(file))
    expect(lead.locator("#chosen-rows")).to_contain_text("This name is already used in the Data Lake")


@pytest.fixture
def one_megabyte() -> Iterator[None]:
    """The outsider may keep no more at the storage element that files are sent to."""
    path = "/accountlimits/global/outsider/DEMO-ERLANGEN"
    assert root("POST", path, json={"bytes": 1_000_000}).status_code == 201
    yield
    root("DELETE", path)


@pytest.mark.usefixtures("one_megabyte")
def test_what_does_not_fit_is_said_as_files_are_added_and_taken_away(
    context: BrowserContext, page: Page, portal_session: Callable[[str], requests.Session], tmp_path: Path
) -> None:
    signed_in(context, page, portal_session("outsider"))
    small, large = tmp_path / f"small-{uuid.uuid4().hex[:8]}.bin", tmp_path / f"large-{uuid.uuid4().hex[:8]}.bin"
    small.write_bytes(b"x" * 1000)
    large.write_bytes(b"x" * 1_500_000)
    expect(page.locator("#room")).to_contain_text("of 1.0 MB quota left")
    page.set_input_files("#choose-files", [str(small), str(large)])
    expect(page.locator("#room")).to_contain_text(
        re.compile(r"the upload \(1\.5 MB\) must be smaller than the remaining quota \(.+ of 1\.0 MB\)")
    )
    expect(page.locator("#chosen-rows .said", has_text="Ready")).to_have_count(2)
    expect(page.locator("#send")).to_be_disabled()
    page.locator("#chosen-rows li").nth(1).get_by_role("button", name="Remove").click()
    expect(page.locator("#room .pill", has_text="enough space")).to_be_visible()
    expect(page.locator("#room")).not_to_contain_text("must be smaller")
    expect(page.locator("#send")).to_be_enabled()


@pytest.mark.parametrize("path", ["upload/", "rses/", "rses/DEMO-ANNECY/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(lead: Page, path: str, scheme: str, tmp_path: Path) -> None:
    lead.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    lead.set_viewport_size({"width": 390, "height": 844})
    lead.goto(f"{PORTAL_URL}/datalake/escape/{path}")
    if path == "upload/":
        file = tmp_path / ("long" * 50)
        file.write_text("x")
        lead.set_input_files("#choose-files", str(file))
        expect(lead.locator("#chosen-rows li")).to_be_visible()
    assert lead.evaluate("document.documentElement.scrollWidth") <= 390


def test_sites_on_the_map_are_reached_with_the_keyboard(lead: Page) -> None:
    lead.goto(f"{PORTAL_URL}/datalake/escape/rses/")
    mark = lead.locator(".site-map a.site-mark").first
    mark.focus()
    assert mark.evaluate("item => item.matches(':focus-visible')")
    lead.keyboard.press("Enter")
    expect(lead.locator("h1")).to_contain_text("DEMO-")
