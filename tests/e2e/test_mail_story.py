"""A person asks for a test e-mail, which arrives at the stack's mail server in time, and unsubscribes by its link without a session."""

import re
import time
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, expect

from devstack.address import MAIL_URL, PORTAL_URL

pytestmark = [pytest.mark.integration("mail"), pytest.mark.browser]
HANDED_OVER_SECONDS = 30
ADDRESS = "physicist@vre.example"


def mails() -> list[dict[str, Any]]:
    found = requests.get(f"{MAIL_URL}/api/mails", timeout=10).json()["items"]
    return [mail for mail in found if ADDRESS in mail["recipients"]]


def test_a_test_mail_arrives_and_its_link_turns_mail_off(browser: Browser) -> None:
    page = browser.new_context(base_url=PORTAL_URL).new_page()
    page.goto("/notices/mail/")
    page.get_by_role("main").get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).first.click()
    page.get_by_role("button", name="Use the account physicist").click()
    if page.get_by_role("button", name="Turn on e-mail").is_visible():  # an earlier run of this test
        page.get_by_role("button", name="Turn on e-mail").click()
    before, begin = len(mails()), time.monotonic()
    page.get_by_role("button", name="Send test e-mail").click()
    expect(page.get_by_text("A test e-mail will be sent to you.")).to_be_visible()
    while len(mails()) == before:
        assert time.monotonic() - begin < HANDED_OVER_SECONDS
        time.sleep(0.2)
    mail = mails()[0]
    assert mail["subject"] == "VRE portal: Test e-mail"
    (link,) = [value for name, value in mail["headers"] if name == "List-Unsubscribe"]
    visitor = browser.new_context().new_page()
    visitor.goto(link.strip("<>"))
    visitor.get_by_role("button", name="Turn off all e-mail").click()
    expect(visitor.get_by_role("heading", name="Unsubscribed")).to_be_visible()
    page.goto("/notices/mail/")
    expect(page.get_by_text("You turned off all e-mail.")).to_be_visible()
    page.get_by_role("button", name="Turn on e-mail").click()
    expect(page.get_by_role("button", name="Turn off all e-mail")).to_be_visible()
