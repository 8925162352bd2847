"""A lead fills in the launch form as fields and as YAML, saves values as a template, launches, and runs again with changes."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
SLOW = 180_000  # milliseconds: a run on a busy machine
LAUNCH = "/projects/blazars/workflows/new/?specification=two-humps"
OF_GROUP = "/projects/km3net/workflows/new/?specification=sensitivity"  # whose members are those of a group
TEMPLATE = f"Seven years {uuid.uuid4().hex[:6]}"
Windows = Callable[[str], Page]


def in_more(page: Page) -> None:
    """Open what is folded at the end of the form."""
    page.get_by_text("Save, share or load values").click()


def test_values_go_to_yaml_and_back_and_a_fault_is_told_beside_them(window: Windows) -> None:
    page = window("lead")
    page.goto(LAUNCH)
    page.get_by_label("Lowest energy").fill("0.5")
    page.get_by_role("button", name="Edit as YAML").click()
    text = page.get_by_label("Parameters as YAML")
    expect(text).to_have_value(re.compile(r"^energy_min: 0\.5$", re.MULTILINE))
    written = text.input_value()
    text.fill(written.replace("energy_min: 0.5", "energy_min: [0.5"))
    page.get_by_role("button", name="Edit as a form").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    expect(page.get_by_label("Parameters as YAML")).to_have_value(re.compile(r"energy_min: \[0\.5"))  # nothing that was typed is lost
    page.get_by_label("Parameters as YAML").fill(written.replace("energy_min: 0.5", "energy_min: 0.25"))
    page.get_by_role("button", name="Edit as a form").click()
    expect(page.get_by_label("Lowest energy")).to_have_value("0.25")
    expect(page.get_by_label("Highest energy")).to_have_value(re.compile("1"))


def test_values_are_saved_as_a_template_and_chosen_again(window: Windows) -> None:
    page = window("lead")
    page.goto(OF_GROUP)
    page.get_by_label("Observation time").fill("7")
    in_more(page)
    page.get_by_label("Name of a new template").fill(TEMPLATE)
    page.get_by_label("Share with the members of this project").check()
    page.get_by_role("button", name="Save as template").click()
    expect(page.get_by_role("navigation", name="Start from").get_by_role("link", name=TEMPLATE)).to_be_visible()
    other = window("member")
    other.goto(OF_GROUP)
    other.get_by_role("navigation", name="Start from").get_by_role("link", name=TEMPLATE).click()
    expect(other.get_by_label("Observation time")).to_have_value("7.0")
    page.goto("/projects/km3net/workflows/templates/")
    item = page.get_by_role("listitem").filter(has_text=TEMPLATE)
    item.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("main").get_by_role("link", name=TEMPLATE)).to_have_count(0)


def test_what_differs_from_the_earlier_run_is_marked_while_it_is_typed(window: Windows) -> None:
    page = window("lead")
    page.goto(LAUNCH)
    page.get_by_label("Systematic error").fill("0.3")
    page.get_by_role("button", name="Launch workflow").click()
    expect(page.locator("#run-status .pill[data-state=finished]").first).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="Run again with changes").first.click()
    expect(page.get_by_label("Systematic error")).to_have_value("0.3")
    marks = page.locator("#parameters .parameter-was:visible")
    expect(marks).to_have_count(0)
    page.get_by_label("Systematic error").fill("0.1")
    expect(marks).to_have_count(1)
    expect(marks).to_have_text("was 0.3")
    page.get_by_label("Systematic error").fill("0.3")
    expect(marks).to_have_count(0)


def test_what_is_known_of_an_input_goes_when_another_is_typed_and_comes_anew(window: Windows) -> None:
    page = window("lead")
    page.goto(OF_GROUP)
    first, before = page.locator(".launch-input").first, page.locator("#preflight")
    field, state = first.get_by_role("textbox"), first.locator(".pill")
    expect(state).to_have_attribute("data-state", "there")
    expect(before.get_by_text("Check again")).to_be_visible(timeout=SLOW)
    field.fill("KM3NET_ECAP_SP:no.such.file")
    expect(state).to_have_count(0)
    expect(before).to_have_attribute("data-outdated", "")
    field.blur()
    expect(state).to_have_attribute("data-state", "missing", timeout=SLOW)
    expect(before).to_contain_text("no.such.file not found")
    expect(before).not_to_have_attribute("data-outdated", "")
