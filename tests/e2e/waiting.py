"""How long a person of a story waits for what the portal tells them: the bell of an open page, and mail at the stack's mail server."""

import re
import time
from collections.abc import Callable
from typing import Any

import requests
from playwright.sync_api import Page, expect

from devstack.address import DEMO_USERS, MAIL_URL

NOTICE_SECONDS, MAIL_SECONDS, ACT_SECONDS = 10.0, 60.0, 60.0  # on a busy machine; how soon on a quiet one, benchmarks tell


def until[T](look: Callable[[], T], seconds: float, words: str) -> T:
    """What `look` gives as soon as that is something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, words
        time.sleep(0.2)
    return found


def unread(page: Page) -> int:
    """The number at the bell of an open page."""
    words = page.locator("#bell [data-words]").inner_text()
    found = re.search(r"\d+", words)
    assert found, words
    return int(found[0])


def wait_for_bell(page: Page, before: int, begin: float, what: str) -> float:
    """The seconds from `begin` until the bell shows more than before, without a press on the page."""
    while unread(page) <= before:
        assert time.monotonic() - begin < NOTICE_SECONDS, what
        page.wait_for_timeout(50)
    seconds = time.monotonic() - begin
    print(f"\nnotice on the open page after {seconds:.1f} s: {what}")
    return seconds


def mails_to(name: str) -> list[dict[str, Any]]:
    """What arrived for one of the demonstration's people, the newest first."""
    address = DEMO_USERS[name][1]
    return [mail for mail in requests.get(f"{MAIL_URL}/api/mails", timeout=10).json()["items"] if address in mail["recipients"]]


def wait_for_mail(name: str, subject: str, begin: float) -> dict[str, Any]:
    """The newest mail to somebody with these words in its subject."""
    found = until(lambda: [mail for mail in mails_to(name) if subject in mail["subject"]], MAIL_SECONDS, f"no mail to {name}: {subject}")
    print(f"\nmail after {time.monotonic() - begin:.1f} s: {found[0]['subject']}")
    return found[0]


def open_notice(page: Page, title: str | re.Pattern[str]) -> None:
    """From the bell through the inbox to the page that the notice is about."""
    page.locator("#bell").click()
    page.get_by_role("main").get_by_role("link", name=title).first.click()
    expect(page).not_to_have_url(re.compile("/notices/"))
