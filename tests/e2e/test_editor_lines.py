"""The editor in a browser: a line that is named is selected in the text, going back shows what was typed, and undo goes on after a press."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
SLOW = 90_000  # milliseconds: a text that is read on a busy machine
NEW = "/projects/blazars/workflows/specifications/new/?from=editor"
Windows = Callable[[str], Page]
SELECTED = "document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"


def test_lines_are_numbered_and_gone_to(window: Windows) -> None:
    page = window("lead")
    page.goto(NEW)
    editor = page.get_by_label("Specification (reana.yaml)")
    lines = editor.input_value().split("\n")
    assert page.locator(".line-numbers").inner_text().split("\n") == [str(number) for number in range(1, len(lines) + 1)]
    editor.fill(editor.input_value().replace("environment:", "enviroment:"))
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("link", name="line 10").click()
    assert page.evaluate(SELECTED).strip().startswith("enviroment:")
    page.get_by_text("Steps of a serial workflow").click()
    page.get_by_role("button", name="Insert kubernetes_memory_limit").click()
    expect(page.get_by_text("Inserted on line")).to_be_visible()
    assert page.evaluate(SELECTED).strip() == "kubernetes_memory_limit: 2Gi"
    expect(page.get_by_role("button", name="Insert kubernetes_memory_limit")).to_be_visible()


def test_going_back_shows_what_was_typed_and_a_name_follows_its_title(window: Windows) -> None:
    page = window("lead")
    page.goto(NEW)
    editor = page.get_by_label("Specification (reana.yaml)")
    editor.fill(f"{editor.input_value()}# typed\n")
    page.get_by_role("button", name="Review workflow").click()
    expect(page.get_by_role("button", name="Save workflow")).to_be_visible(timeout=SLOW)
    page.get_by_label("Title").fill("Größe of M 87, 2nd try")
    expect(page.get_by_label("Name", exact=True)).to_have_value("gro-e-of-m-87-2nd-try")
    page.go_back()
    expect(editor).to_have_value(f"{editor.input_value().removesuffix('# typed\n')}# typed\n")


def test_undo_goes_on_after_a_check_and_takes_an_insertion_back(window: Windows) -> None:
    page = window("lead")
    page.goto(NEW)
    editor = page.get_by_label("Specification (reana.yaml)")
    before = editor.input_value()
    editor.press("Control+End")
    editor.press_sequentially("# typed")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("The check found no errors. Nothing was saved.")).to_be_visible()
    page.get_by_text("Steps of a serial workflow").click()
    page.get_by_role("button", name="Insert kubernetes_memory_limit").click()
    expect(page.get_by_text("in the step “greet”.")).to_be_visible()
    assert "kubernetes_memory_limit: 2Gi" in editor.input_value()
    editor.press("Control+z")
    assert "kubernetes_memory_limit: 2Gi" not in editor.input_value()
    for _ in range(10):
        editor.press("Control+z")
    assert editor.input_value() == before


def test_what_is_refused_in_the_editor_stands_beside_its_field(window: Windows) -> None:
    page = window("lead")
    page.goto(NEW)
    page.get_by_label("Specification (reana.yaml)").fill("")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("This field is required.")).to_be_visible()
