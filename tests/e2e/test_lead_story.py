"""A lead hears of requests, discusses and decides them, and sends the project's events to a webhook and a feed reader, in a browser."""

import base64
import hashlib
import hmac
import re
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from devstack.address import HOOKS_URL, PORTAL_URL
from devstack.plain_pages import CONTROL
from tests.e2e.conftest import Windows
from tests.e2e.waiting import ACT_SECONDS, open_notice, unread, until, wait_for_bell

pytestmark = [pytest.mark.browser, pytest.mark.integration("portal", "worker", "beat", "iam", "hooks")]
PROJECT, MARK = "/projects/blazars/", uuid.uuid4().hex[:6]
HOOK = f"/hooks/{MARK}"
shared: dict[str, str] = {}  # what one step leaves for the next


def messages() -> list[dict[str, Any]]:
    """What arrived at the project's webhook, the newest first."""
    found = requests.get(f"{HOOKS_URL}/api/messages", timeout=10).json()["items"]
    return [message for message in found if message["path"] == HOOK]


def message(words: str, seconds: float = ACT_SECONDS) -> dict[str, Any]:
    return until(lambda: next((item for item in messages() if words in item["body"]), None), seconds, f"no message: {words}") or {}


def is_signed(item: dict[str, Any], secret: str) -> bool:
    """As the documentation tells receivers to verify a message."""
    headers, key = item["headers"], base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{item['body']}".encode()
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return wanted in headers["webhook-signature"].split(" ")


def answer_with(status: int) -> None:
    reply = requests.post(f"{HOOKS_URL}/api/answer", json={"status": status}, headers={CONTROL: "1"}, timeout=10)
    assert reply.ok


def test_a_webhook_is_added_at_a_named_host_and_nowhere_private(window: Windows) -> None:
    page = window("lead")
    page.goto(PROJECT)
    page.get_by_role("navigation", name="Project").get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Webhooks", exact=True).click()
    page.get_by_role("link", name="Add webhook").click()
    page.get_by_label("Title").fill(f"Chat {MARK}")
    page.get_by_label("Somebody joined the project").check()
    page.get_by_label("Address").fill("https://127.0.0.1/hooks/1")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_role("main")).to_contain_text("127.0.0.1 is inside a private network.")
    expect(page.get_by_label("Somebody joined the project")).to_be_checked()
    page.get_by_label("Address").fill(f"{HOOKS_URL}{HOOK}")
    page.get_by_role("button", name="Add webhook").click()
    shared["secret"] = page.locator(".created-link .id").inner_text().strip()
    page.get_by_role("link", name="Go to the webhook").click()
    shared["webhook"] = page.url


def test_a_test_event_is_delivered_signed_and_a_failure_is_shown_and_repeated(window: Windows) -> None:
    page = window("lead")
    answer_with(500)
    try:
        page.get_by_role("button", name="Send test event").click()
        first = message('"webhooks.test"')
        assert is_signed(first, shared["secret"])
        page.goto(shared["webhook"])
        page.locator("#deliveries").get_by_role("row").nth(1).get_by_role("link").click()
        expect(page.get_by_text("Status 500").first).to_be_visible()
    finally:
        answer_with(200)

    def is_delivered() -> bool:
        page.reload()
        return page.locator(".section-head").first.get_by_text("delivered").count() > 0

    until(is_delivered, ACT_SECONDS, "not repeated")
    count = len(messages())
    page.get_by_role("button", name="Send again").click()
    until(lambda: len(messages()) > count, ACT_SECONDS, "not sent again")
    assert {item["headers"]["webhook-id"] for item in messages()} == {first["headers"]["webhook-id"]}


def test_a_request_to_join_rings_the_bell_and_is_discussed(window: Windows) -> None:
    page, asking = window("lead"), window("physicist")
    page.goto("/dashboard/")
    before = unread(page)
    asking.goto(PROJECT)
    asking.get_by_role("link", name="Ask to join").click()
    asking.get_by_label("Why do you want to join?").fill(f"New spectra of **Mrk 421** {MARK}")
    begin = time.monotonic()
    asking.get_by_role("button", name="Send request").click()
    wait_for_bell(page, before, begin, "a request to join")
    open_notice(page, re.compile("^Petra Physicist asks"))
    expect(page.get_by_role("main").get_by_text(MARK).first).to_be_visible()
    page.get_by_role("button", name="Assign to me").click()
    page.get_by_label("Due date").fill((datetime.now(UTC) + timedelta(days=7)).date().isoformat())
    page.get_by_role("button", name="Set date").click()
    expect(page.locator(".page-header .facts-line")).to_contain_text("due ")
    page.get_by_role("link", name="Quote this text").click()
    expect(page.get_by_label("Comment")).to_have_value(re.compile(r"^> \*\*Petra Physicist:\*\*[\s>]*New spectra"))
    page.get_by_label("Comment").press("Control+End")
    page.get_by_label("Comment").press_sequentially("Which instrument? <script>alert(1)</script>")
    page.get_by_label("Attachments").set_input_files([{"name": "bins.csv", "mimeType": "text/csv", "buffer": b"energy,flux\n1,2\n"}])
    before, begin = unread(asking), time.monotonic()
    page.get_by_role("button", name="Add comment").click()
    wait_for_bell(asking, before, begin, "a comment")
    open_notice(asking, re.compile("^Lena Lead commented"))
    expect(asking.get_by_role("blockquote").first).to_contain_text("Mrk 421")
    expect(asking.get_by_role("link", name="bins.csv")).to_be_visible()
    asking.get_by_label("Comment").fill("MAGIC, 2013.")
    asking.get_by_role("button", name="Add comment").click()
    expect(asking.get_by_text("MAGIC, 2013.")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Lock thread").click()
    expect(page.get_by_role("button", name="Unlock thread")).to_be_visible()
    asking.reload()
    expect(asking.get_by_text("The thread is locked")).to_be_visible()
    expect(asking.get_by_label("Comment")).to_have_count(0)


def grant_twice(page: Page) -> Page:
    """Press on the same page in two windows; the second one."""
    second = page.context.new_page()
    second.goto(page.url)
    page.get_by_role("button", name="Grant request").click()
    expect(page.locator(".page-header").get_by_text("granted")).to_be_visible()
    second.get_by_role("button", name="Grant request").click()
    return second


def test_approving_twice_is_one_act_and_everybody_is_told_who_joined(window: Windows) -> None:
    page, asking = window("lead"), window("physicist")
    before = unread(asking)
    second = grant_twice(page)
    expect(second.locator(".page-header").get_by_text("granted")).to_be_visible()
    expect(second.locator(".outcome")).to_contain_text("The request was granted with the role Member.")
    expect(second.locator(".outcome")).to_contain_text("Decided by Lena Lead")
    second.close()
    wait_for_bell(asking, before, time.monotonic(), "a request was granted")
    open_notice(asking, re.compile("^Granted: "))
    asking.goto(f"{PROJECT}people/")
    expect(asking.get_by_role("row", name=re.compile("Petra Physicist"))).to_contain_text("Member")
    assert is_signed(message("Petra Physicist"), shared["secret"])
    assert len([item for item in messages() if "projects.joined" in item["body"]]) == 1
    page.goto(f"{PROJECT}activity/")
    expect(page.get_by_role("main").get_by_text(re.compile("Petra Physicist")).first).to_be_visible()


def test_a_feed_reader_gets_the_notices_until_the_address_is_revoked(window: Windows) -> None:
    page = window("lead")
    page.goto("/notices/settings/")
    page.get_by_role("button", name="Create feed address").click()
    if page.get_by_role("link", name="Show feed address").count():
        page.get_by_role("link", name="Show feed address").click()
    feed = page.locator("#feed .id").inner_text().strip()
    assert feed.startswith(PORTAL_URL)
    reply = requests.get(feed, timeout=10)
    assert "Petra Physicist asks" in reply.text
    page.get_by_role("button", name="Revoke address").click()
    assert requests.get(feed, timeout=10).status_code == 404


def test_restricted_data_are_asked_for_and_declined_with_a_reason(window: Windows) -> None:
    page, asking = window("lead"), window("outsider")
    page.goto("/dashboard/")
    before = unread(page)
    asking.goto("/datalake/escape/access/")
    asking.get_by_role("main").get_by_role("link", name="Candidate neutrinos before publication").first.click()
    asking.get_by_role("link", name="Request access").click()
    asking.get_by_label("Reason").fill(f"A stacking analysis {MARK}")
    begin = time.monotonic()
    asking.get_by_role("button", name="Send request").click()
    wait_for_bell(page, before, begin, "a request for restricted data")
    open_notice(page, re.compile("^Olga Outsider asks: Access to"))
    page.get_by_role("button", name="Decline request").click()
    expect(page.get_by_text("A message is required to decline.")).to_be_visible()
    page.get_by_label("Message to the person").fill("The embargo ends in June 2027.")
    page.get_by_role("button", name="Decline request").click()
    expect(page.locator(".page-header").get_by_text("declined")).to_be_visible()
    asking.reload()
    expect(asking.get_by_text("The embargo ends in June 2027.")).to_be_visible()


def test_the_lead_takes_back_what_the_story_made(window: Windows) -> None:
    page = window("lead")
    page.goto(f"{PROJECT}people/")
    page.get_by_role("row").filter(has_text="Petra Physicist").get_by_role("link", name=re.compile("Remove")).click()
    page.get_by_role("button", name="Remove person", exact=True).click()
    page.goto(shared["webhook"])
    page.locator("summary", has_text="Delete webhook").click()
    page.get_by_role("button", name="Delete webhook").click()
    expect(page.get_by_text("The webhook was deleted.")).to_be_visible()
