"""A lead brings a workflow in from their own machine: as a zip with folders, and as single files that become its next version."""

import io
import re
import uuid
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
SLOW = 90_000  # milliseconds: what a worker reads on a busy machine
NAME = f"zip-{uuid.uuid4().hex[:6]}"
SPECIFICATION = """inputs: {files: [code/count.py], parameters: {words: 3}}
workflow:
  type: serial
  specification:
    steps: [{name: count, environment: 'python:3.13', commands: ['python code/count.py ${words}']}]
"""
Windows = Callable[[str], Page]


def packed(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in files.items():
            archive.writestr(f"analysis/{path}", text)
    return made.getvalue()


def test_a_zip_with_a_folder_becomes_a_workflow(window: Windows) -> None:
    page = window("lead")
    page.goto("/projects/blazars/workflows/specifications/new/?from=upload")
    body = packed({"reana.yaml": SPECIFICATION, "code/count.py": "print('a b c')\n"})
    page.get_by_label("Files", exact=True).set_input_files({"name": "analysis.zip", "mimeType": "application/zip", "buffer": body})
    page.get_by_role("button", name="Upload files").click()
    expect(page.get_by_role("button", name="Save workflow")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("main").get_by_text("code/count.py").first).to_be_visible()
    page.get_by_label("Title").fill(NAME)
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_role("button", name="Save workflow").click()
    expect(page).to_have_url(re.compile(f"/specifications/{NAME}/$"))


def test_a_single_file_changes_it_and_the_others_are_kept(window: Windows) -> None:
    page = window("lead")
    page.goto(f"/projects/blazars/workflows/specifications/{NAME}/")
    page.get_by_role("link", name="Upload").first.click()
    file = {"name": "reana.yaml", "mimeType": "text/yaml", "buffer": SPECIFICATION.replace("words: 3", "words: 4").encode()}
    page.get_by_label("Files", exact=True).set_input_files(file)
    page.get_by_label("Keep the other files of the workflow").check()
    page.get_by_role("button", name="Upload files").click()
    expect(page.get_by_role("heading", name="What changes")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Save as new version").first.click()
    expect(page.get_by_role("link", name="Version 2")).to_be_visible()
    page.goto(f"/projects/blazars/workflows/new/?specification={NAME}")
    expect(page.get_by_label("words")).to_have_value("4")
    page.goto(f"/projects/blazars/workflows/specifications/{NAME}/")
    page.get_by_text("Delete workflow").first.click()
    page.get_by_role("button", name="Delete workflow").click()
    expect(page).to_have_url(re.compile("/projects/blazars/workflows/$"))
