"""A student plans a project, in a browser: what exists is found, the rest is requested, the answers come by bell and by mail."""

import re
import time
import uuid

import pytest
from playwright.sync_api import Browser, Page, expect

from devstack.address import MAIL_URL, PORTAL_URL
from tests.e2e.conftest import Windows
from tests.e2e.waiting import open_notice, unread, wait_for_bell, wait_for_mail

pytestmark = [pytest.mark.browser, pytest.mark.integration("portal", "worker", "beat", "rucio", "iam", "mail")]
MARK = uuid.uuid4().hex[:6]
TITLE = f"CTA and KM3NeT: one source {MARK}"
NEWS = f"New response functions {MARK}"
LAKE_PART = "Space in Demonstration Data Lake"


def fill(page: Page, *, row: int = 0, **values: str) -> None:
    """Fields of a step by the first words of their labels, with _ for a space."""
    place = page.get_by_role("group", name=f"Row {row}", exact=True) if row else page.locator(".onboarding-form")
    for label, value in values.items():
        place.get_by_label(re.compile(f"^{label.replace('_', ' ')}")).first.fill(value)


def go_on(page: Page, heading: str) -> None:
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()


def test_the_dashboard_leads_to_onboarding_which_shows_what_exists(window: Windows) -> None:
    page = window("student")
    page.get_by_role("main").get_by_role("link", name="Plan a project").first.click()
    page.get_by_role("link", name="Start onboarding").first.click()
    fill(page, Working_title=TITLE, The_question="A joint fit of gamma-ray and neutrino spectra of one source.", Experiments="CTA, KM3NeT")
    fill(page, row=1, Name="Sam Student", Part_in="joint fit")
    go_on(page, "Data")
    fill(page, row=1, What_it_is="Response functions for point sources", Where_it="Data Lake", Size="1")
    fill(page, row=2, What_it_is="Simulated CTA events", Where_it="institute", Size="300", Embargo="2028-06-01")
    found = page.get_by_role("complementary", name="What exists here")
    expect(found.get_by_role("link", name="Response functions for point sources")).to_be_visible()  # while it is typed
    go_on(page, "Computing")
    fill(page, CPU_hours="2000", Memory="4")
    page.get_by_label(re.compile("^Do you need GPUs")).select_option("no")
    go_on(page, "Software")
    fill(page, Software="Gammapy, km3irf", What_the_analysis="point sources, sensitivity", Environments="km3irf")
    go_on(page, "Archives, training, publication")
    go_on(page, "Review")
    main = page.get_by_role("main")
    for words in ("KM3NeT point-source sensitivity", "Gammapy", "ghcr.io/vre-demo/km3irf:0.4.0", "Event rates and sensitivity"):
        expect(main.get_by_role("link", name=words).first).to_be_visible()
    expect(main.get_by_text("calibration notes")).to_have_count(0)  # of members only


def test_the_answer_to_a_request_for_a_project_comes_by_bell_and_by_mail(window: Windows, browser: Browser) -> None:
    page, admin = window("student"), window("admin")
    page.get_by_role("link", name="Ask for a new project").click()
    expect(page.get_by_label("Title of the project")).to_have_value(TITLE)
    page.get_by_label("Reason").fill("For my thesis.")
    page.get_by_role("button", name="Send request").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE)
    before = unread(page)
    open_notice(admin, re.compile(f"Sam Student asks.*{MARK}"))
    begin = time.monotonic()
    admin.get_by_role("button", name="Grant request").click()
    wait_for_bell(page, before, begin, "a request was granted")
    mail = wait_for_mail("student", MARK, begin)
    assert mail["subject"].startswith("VRE portal: Granted: ")
    reader = browser.new_context().new_page()  # no session of the portal
    reader.goto(f"{MAIL_URL}/mails/{mail['id']}")
    expect(reader.get_by_role("heading", level=1)).to_contain_text(TITLE)
    (link,) = [value for name, value in mail["headers"] if name == "List-Unsubscribe"]
    reader.goto(link.strip("<>"))
    expect(reader.get_by_text("Nothing has been changed yet.")).to_be_visible()
    reader.get_by_role("button", name="Turn off “Your request was decided”").click()
    expect(reader.get_by_role("heading", name="Unsubscribed")).to_be_visible()
    reader.context.close()
    open_notice(page, f"Granted: New project: {TITLE}")
    page.goto("/notices/settings/")
    choices = page.get_by_role("group", name="Your request was decided")
    expect(choices.get_by_role("radio", name="inbox only", exact=True)).to_be_checked()
    page.get_by_role("button", name="Reset to defaults").click()
    expect(choices.get_by_role("radio", name=re.compile("^default: e-mail at once"))).to_be_checked()


def test_the_review_makes_a_plan_in_the_new_project_and_sends_the_requests(window: Windows) -> None:
    page, admin = window("student"), window("admin")
    page.goto("/onboarding/")
    page.get_by_role("main").get_by_role("link", name=TITLE).first.click()
    page.get_by_role("navigation", name="Steps").get_by_role("link", name="Review").click()
    page.get_by_role("radio", name=TITLE).check()
    page.get_by_role("button", name="Make plan and send requests").click()
    expect(page).to_have_url(re.compile(f"{PORTAL_URL}/projects/.*/plan/"))
    main = page.get_by_role("main")
    expect(main.get_by_text("open", exact=True).first).to_be_visible()
    before = unread(page)
    admin.goto("/requests/?whose=others&state=unfinished")
    admin.get_by_role("main").get_by_role("link", name=re.compile("Restricted scope and group for Simulated CTA events")).first.click()
    admin.get_by_label("Message to the person").fill("Ask again when you have the first data.")
    begin = time.monotonic()
    admin.get_by_role("button", name="Decline request").click()
    wait_for_bell(page, before, begin, "a request was declined")
    page.reload()
    item = main.get_by_role("listitem").filter(has_text="Restricted scope")
    expect(item.get_by_text("declined").first).to_be_visible()
    item.get_by_role("button", name="Not needed").click()
    item = main.locator(".plan-item").filter(has=page.get_by_role("button", name="Mark as done")).first
    number = item.get_attribute("id")
    item.get_by_role("button", name="Mark as done").click()
    expect(page.locator(f"#{number}")).to_contain_text("Marked by Sam Student")
    expect(main.locator(".section-head").first).to_contain_text(re.compile(r"\b1 of \d+ items done"))


def test_more_quota_is_asked_for_beside_what_is_used(window: Windows) -> None:
    page = window("student")
    page.locator(".topbar").get_by_role("group").last.click()
    page.get_by_role("link", name="What I may use").click()
    row = page.locator("section").filter(has=page.get_by_role("heading", name=LAKE_PART)).get_by_role("row", name=re.compile("DEMO-ANNECY"))
    row.get_by_role("link", name="Ask for more").click()
    expect(page.get_by_label("Storage element")).to_have_value("DEMO-ANNECY")
    page.get_by_label("Total limit").fill("2 TB")
    page.get_by_label("Reason").fill("Simulated events of the joint fit")
    page.get_by_role("button", name="Send request").click()
    expect(page.get_by_role("heading", level=1, name="2.0 TB at DEMO-ANNECY")).to_be_visible()
    page.get_by_text("Withdraw request").first.click()
    page.get_by_role("button", name="Withdraw request").click()
    expect(page.locator(".page-header").get_by_text("withdrawn")).to_be_visible()


def test_news_of_a_followed_project_is_in_the_inbox(window: Windows) -> None:
    page, lead = window("student"), window("lead")
    page.goto("/projects/blazars/")
    page.get_by_role("button", name=re.compile("^Follow ")).click()
    expect(page.get_by_role("button", name=re.compile("^Unfollow "))).to_be_visible()
    before = unread(page)
    lead.goto("/projects/blazars/news/new/")
    lead.get_by_label("Title").fill(NEWS)
    lead.get_by_label("Text", exact=True).fill("Version 2 is in the Data Lake.")
    begin = time.monotonic()
    lead.get_by_role("button", name="Publish").click()
    wait_for_bell(page, before, begin, "news of a followed project")
    open_notice(page, re.compile(NEWS))
    expect(page.get_by_text("Version 2 is in the Data Lake.")).to_be_visible()
    page.goto("/notices/following/")
    page.get_by_role("button", name=re.compile("^Unfollow Two humps")).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
