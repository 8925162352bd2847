"""An open page changes because it is told, without asking regularly; while nobody tells it, it asks again."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, Page, Request, expect

from devstack.address import EVENTS_URL, PORTAL_URL
from tests.e2e.conftest import Windows
from tests.e2e.waiting import unread, until
from tests.portal_client import launch, post, stopped

pytestmark = [
    pytest.mark.browser,
    pytest.mark.integration("portal", "events", "worker", "beat", "reana", "rucio", "iam"),
    pytest.mark.timeout(300),
]
QUIET_SECONDS = 8
PATIENCE_MS = 120_000  # a run takes long on a busy machine
UNDER_WAY, ENDED = re.compile("pending|running|finished"), re.compile("stopped|finished")


@pytest.fixture
def lead(portal_session: Callable[[str], requests.Session]) -> requests.Session:
    return portal_session("lead")


@pytest.fixture
def asked(window: Windows) -> Iterator[list[str]]:
    """What the lead's page asks the portal."""
    found: list[str] = []

    def note(request: Request) -> None:
        if request.url.startswith(PORTAL_URL) and request.resource_type in ("fetch", "xhr"):
            found.append(request.url.removeprefix(PORTAL_URL))

    window("lead").on("request", note)
    yield found
    window("lead").remove_listener("request", note)


def state(page: Page) -> Locator:
    """The state of the run that a page shows."""
    return page.locator("#run-status [role=status] .pill").first


def told(page: Page, address: str) -> None:
    """Open a page, and return when it is told of changes."""
    with page.expect_response(lambda reply: reply.url.startswith(EVENTS_URL) and reply.ok):
        page.goto(address)
    page.wait_for_timeout(1000)


def test_the_page_of_a_run_follows_it_without_asking_regularly(window: Windows, lead: requests.Session, asked: list[str]) -> None:
    page = window("lead")
    with stopped("worker"):  # nothing can change
        found: dict[str, Any] = launch(lead)
        told(page, f"/projects/km3net/workflows/{found['number']}/")
        asked.clear()
        page.wait_for_timeout(QUIET_SECONDS * 1000)
        assert [url for url in asked if "/banners/" not in url] == []
    begin = time.monotonic()
    expect(state(page)).to_have_attribute("data-state", UNDER_WAY, timeout=PATIENCE_MS)
    address = f"/projects/km3net/workflows/{found['number']}/"
    assert post(lead, f"{address}stop/", {}).status_code == 302  # elsewhere
    expect(state(page)).to_have_attribute("data-state", ENDED, timeout=PATIENCE_MS)
    seconds = time.monotonic() - begin
    parts = [url for url in asked if address in url]
    print(f"\nfollowed for {seconds:.0f} s by {len(parts)} questions")
    assert 0 < len(parts) < seconds / 2 + 3


def test_the_bell_rings_because_it_is_told(window: Windows, lead: requests.Session, asked: list[str]) -> None:
    page = window("lead")
    told(page, "/notices/")
    before = unread(page)
    asked.clear()
    page.wait_for_timeout(QUIET_SECONDS * 1000)
    assert "/notices/unread/" not in asked
    launch(lead)
    until(lambda: page.wait_for_timeout(100) or unread(page) > before, 120, "the bell did not ring")
    assert asked.count("/notices/unread/") <= 3


def test_without_the_process_pages_ask_again(window: Windows, lead: requests.Session, asked: list[str]) -> None:
    page = window("lead")
    with stopped("events"):
        found = launch(lead)
        page.goto(f"/projects/km3net/workflows/{found['number']}/")
        expect(state(page)).to_have_attribute("data-state", UNDER_WAY, timeout=PATIENCE_MS)
    assert any(f"/workflows/{found['number']}/" in url for url in asked)
