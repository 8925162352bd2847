"""Somebody asks for a group of the IAM and for an environment, in a browser; one is carried out by the portal, the other one by hand."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.devstack.changed_people import restore
from tests.e2e.conftest import Windows

pytestmark = pytest.mark.browser
SLOW = 60_000  # milliseconds: a worker and the IAM on a busy machine


@pytest.fixture(scope="module", autouse=True)
def _as_before() -> Iterator[None]:
    yield
    restore("outsider")


def choose(page: Page, kind: str) -> None:
    page.goto("/requests/")
    page.get_by_role("main").get_by_role("link", name="New request").first.click()
    page.get_by_role("link", name=kind, exact=True).click()


def test_a_group_is_asked_for_approved_and_given_by_the_portal(window: Windows) -> None:
    page, admin = window("outsider"), window("admin")
    choose(page, "IAM group")
    page.get_by_label("Group").fill("escape/km3net")
    page.get_by_label("Reason").fill("I joined **KM3NeT** in November.")
    page.get_by_role("button", name="Send request").click()
    expect(page.get_by_role("heading", level=1, name="IAM group escape/km3net")).to_be_visible()
    admin.goto("/dashboard/")
    admin.locator(".attention").get_by_role("link", name=re.compile("Olga Outsider.*IAM group")).first.click()
    admin.get_by_role("button", name="Assign to me").click()
    admin.get_by_role("button", name="Grant request").click()
    expect(admin.get_by_text("took on the request")).to_be_visible()
    where = page.url

    def is_granted() -> bool:
        page.goto(where)
        return page.get_by_text("Member of escape/km3net").count() > 0

    for _ in range(60):
        if is_granted():
            break
        page.wait_for_timeout(1000)
    assert is_granted()


def test_an_environment_is_approved_and_ticked_off_with_a_word(window: Windows) -> None:
    page, admin = window("outsider"), window("admin")
    choose(page, "Environment")
    page.get_by_label("Name").fill("agnpy")
    page.get_by_label("Packages and versions").fill("agnpy 0.4\nnumpy 2.1")
    page.get_by_label("Reason").fill("For the fits of Mrk 421.")
    page.get_by_label("Attachments").set_input_files([{"name": "environment.yaml", "mimeType": "text/yaml", "buffer": b"name: agnpy\n"}])
    page.get_by_role("button", name="Send request").click()
    expect(page.get_by_role("link", name="environment.yaml")).to_be_visible()
    where = page.url
    admin.goto(where)
    admin.get_by_role("link", name="Quote this text").click()
    admin.get_by_label("Comment").fill("> For the fits of Mrk 421.\n\nWhich Python?")
    admin.get_by_role("button", name="Add comment").click()
    admin.get_by_role("button", name="Grant request").click()
    admin.get_by_label("What was done").fill("It is there as agnpy 1.")
    admin.get_by_role("button", name="Mark as done").click()
    page.goto(where)
    expect(page.get_by_text("It is there as agnpy 1.")).to_be_visible()
    expect(page.get_by_role("blockquote").first).to_be_visible()
