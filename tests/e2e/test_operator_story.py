"""Staff announce a maintenance, stop actions that resume by themselves, and see mail through an outage of the mail server."""

import os
import re
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, Route, expect

from devstack.address import MAIL_URL, PORTAL_URL
from devstack.plain_pages import CONTROL
from tests.e2e.conftest import Windows
from tests.e2e.waiting import ACT_SECONDS, mails_to, until

pytestmark = [pytest.mark.browser, pytest.mark.integration("portal", "worker", "beat", "rucio", "storage", "hub", "mail", "iam")]
MARK = uuid.uuid4().hex[:6]
WORDS = f"Maintenance at ten {MARK}"


def moment(seconds: float) -> str:
    """A time from now, as a field for moments takes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def look_again(page: Page) -> bool:
    """As if the person came back to the page after a while; whether the banner is there."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(500)
    return page.get_by_role("region", name="Announcements").get_by_text(WORDS).count() > 0


def stop(admin: Page, kind: str, name: str, action: str, reason: str, until_moment: str) -> None:
    admin.goto(f"/stop-switches/{kind}/{name}/{action}/")
    admin.get_by_label("Reason").fill(reason)
    admin.get_by_label("Until (UTC)").fill(until_moment)
    admin.get_by_role("button", name=re.compile("Stop action|Save changes")).click()
    expect(admin.get_by_role("listitem").filter(has_text=reason)).to_contain_text("until")


def test_a_planned_banner_comes_and_goes_on_a_page_that_is_open(window: Windows, browser: Browser) -> None:
    admin = window("admin")
    visitor = browser.new_context(base_url=PORTAL_URL, viewport={"width": 390, "height": 844}).new_page()
    visitor.goto("/projects/")
    admin.goto("/banners/")
    admin.get_by_role("link", name="New banner").click()
    admin.get_by_label("Text", exact=True).fill(WORDS)
    admin.get_by_label("Severity").select_option("critical")
    admin.get_by_label("Show from (UTC)").fill(moment(3))
    admin.get_by_role("button", name="Save banner").click()
    expect(admin.get_by_role("row", name=re.compile(WORDS))).to_be_visible()
    until(lambda: look_again(visitor), ACT_SECONDS, "no banner")
    expect(visitor.get_by_role("alert").filter(has_text=WORDS)).to_have_count(1)  # read aloud at once
    admin.get_by_role("row", name=re.compile(WORDS)).get_by_role("link", name=re.compile("Edit banner")).click()
    admin.get_by_label("Show until (UTC)").fill(moment(4))
    admin.get_by_role("button", name="Save banner").click()
    expect(admin.get_by_role("row", name=re.compile(WORDS))).to_be_visible()
    until(lambda: not look_again(visitor), ACT_SECONDS, "the banner stays")
    visitor.context.close()


def test_a_notebook_is_refused_with_the_reason_until_the_stop_has_ended(window: Windows) -> None:
    admin, member = window("admin"), window("member")
    member.goto("/projects/km3net/notebooks/")
    reason = f"Upgrade of the hub {MARK}"
    stop(admin, "jupyterhub", "hub", "sessions", reason, moment(20))
    main = member.get_by_role("main")
    main.get_by_role("button", name="Open a notebook").first.click()  # the page was opened before
    expect(main).to_contain_text("New notebook sessions on Demonstration JupyterHub are stopped until")
    expect(main).to_contain_text(reason)

    def may_open() -> bool:
        member.goto("/projects/km3net/notebooks/")
        return member.get_by_text(reason).count() == 0

    until(may_open, ACT_SECONDS, "still stopped")
    expect(main.get_by_role("button", name="Open a notebook").first).not_to_have_attribute("aria-disabled", "true")


def test_what_waits_at_a_stop_resumes_by_itself(window: Windows, tmp_path: Path) -> None:
    admin, member = window("admin"), window("member")
    file = tmp_path / f"calibration-{MARK}.bin"
    file.write_bytes(os.urandom(9_000_000))  # two parts
    held: list[Route] = []

    def hold_second(route: Route) -> None:
        is_second = route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0"
        held.append(route) if is_second else route.continue_()

    member.route("**/upload/files/*/", hold_second)
    member.goto("/datalake/escape/upload/")
    member.set_input_files("#choose-files", str(file))
    member.locator("#send").click()
    end = time.monotonic() + ACT_SECONDS
    while not held:
        assert time.monotonic() < end
        member.wait_for_timeout(100)
    reason = f"Move of the storage {MARK}"
    stop(admin, "rucio", "escape", "uploads", reason, moment(3600))
    held[0].continue_()
    row = member.locator("#uploads tr", has_text=file.name)
    expect(row).to_contain_text("Waiting, and resumes by itself", timeout=30_000)
    admin.get_by_role("listitem").filter(has_text=reason).get_by_role("button", name="End the stop").click()
    expect(admin.get_by_role("row", name=re.compile(reason))).to_contain_text("ended by Ada Admin")
    expect(row.locator(".pill", has_text="in the Data Lake")).to_be_visible(timeout=60_000)
    member.unroute_all()


def mail_server(*, down: bool) -> None:
    reply = requests.post(f"{MAIL_URL}/api/faults", json={"down": down}, headers={CONTROL: "1"}, timeout=10)
    assert reply.ok


def test_mail_waits_while_the_mail_server_is_down_and_arrives_afterwards(window: Windows) -> None:
    admin, newcomer = (
        window("admin"),
        window("newcomer"),
    )  # who got no mail before: mails that follow each other are sent more and more slowly
    newcomer.goto("/notices/mail/")
    before = len(mails_to("newcomer"))
    mail_server(down=True)
    try:
        newcomer.get_by_role("button", name="Send test e-mail").click()
        expect(newcomer.get_by_text("A test e-mail will be sent to you.")).to_be_visible()

        def failure_is_shown() -> bool:
            admin.goto("/notices/mail/queue/")
            return admin.get_by_role("row", name=re.compile("Nils Newcomer.*The mail server cannot be reached")).count() > 0

        until(failure_is_shown, ACT_SECONDS, "no failure on the page of the queue")
        assert len(mails_to("newcomer")) == before
    finally:
        mail_server(down=False)
        begin = time.monotonic()
    until(lambda: len(mails_to("newcomer")) > before, ACT_SECONDS, "no mail")
    print(f"\nmail {time.monotonic() - begin:.1f} s after the mail server was back")
    admin.goto("/notices/mail/queue/")
    expect(admin.get_by_role("row", name=re.compile("Nils Newcomer"))).to_have_count(0)
