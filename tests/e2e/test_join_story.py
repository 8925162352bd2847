"""Somebody outside a project asks to join it, in a browser, and is given a role by its lead."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Windows

pytestmark = pytest.mark.browser
PROJECT = "/projects/blazars/"


def test_an_outsider_finds_the_project_and_asks_to_join(window: Windows) -> None:
    page = window("outsider")
    page.get_by_role("link", name="Explore projects", exact=True).click()
    page.get_by_role("link", name=re.compile("Two humps")).first.click()
    page.get_by_role("link", name="Ask to join").first.click()
    page.get_by_label("Why do you want to join?").fill("I have new data of Mrk 421 and would like to fit them.")
    page.get_by_role("button", name="Send request").click()
    page.goto(PROJECT)
    expect(page.get_by_role("link", name="Your request to join is open")).to_be_visible()


def test_the_lead_finds_the_request_on_the_dashboard_and_grants_it(window: Windows) -> None:
    page = window("lead")
    page.goto("/dashboard/")
    page.locator(".attention").get_by_role("link", name=re.compile("Olga Outsider.*Two humps")).first.click()
    expect(page.get_by_text("new data of Mrk 421").first).to_be_visible()
    page.get_by_label("Role").select_option("member")
    page.get_by_role("button", name="Grant request").click()
    expect(page.get_by_text(re.compile("granted", re.IGNORECASE)).first).to_be_visible()


def test_the_outsider_is_a_member_now_and_may_launch(window: Windows) -> None:
    page = window("outsider")
    page.goto("/dashboard/")
    expect(page.get_by_role("main").get_by_role("link", name=re.compile("Two humps")).first).to_be_visible()
    page.goto(f"{PROJECT}workflows/new/")
    expect(page.get_by_role("button", name="Launch workflow")).to_be_visible()


def test_the_lead_takes_the_role_back(window: Windows) -> None:
    page = window("lead")
    page.goto(f"{PROJECT}people/")
    page.get_by_role("row").filter(has_text="Olga Outsider").get_by_role("link", name=re.compile("Remove")).click()
    page.get_by_role("button", name="Remove person", exact=True).click()
    reply = window("outsider").goto(f"{PROJECT}workflows/new/")
    assert reply is not None
    assert reply.status == 403
