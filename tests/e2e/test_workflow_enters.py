"""A lead brings a workflow into a project in a browser: from the stack's git server, looked at, saved, changed and compared."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from devstack import address
from tests.e2e import reana_token

pytestmark = pytest.mark.browser
SLOW = 90_000  # milliseconds: a repository that is fetched on a busy machine
REPOSITORY = f"http://{address.HOST}:{address.PORT_BASE + 10}/blazars.git"
NAME = f"story-{uuid.uuid4().hex[:6]}"
Windows = Callable[[str], Page]


def test_a_workflow_is_fetched_shown_saved_changed_and_compared(window: Windows) -> None:
    page = window("lead")
    page.goto("/projects/blazars/workflows/")
    page.get_by_role("link", name="Add a workflow").first.click()
    page.get_by_label("Address of the repository").fill(REPOSITORY)
    page.get_by_role("button", name="Fetch repository").click()
    expect(page.get_by_role("button", name="Save workflow")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("main").get_by_text("serial").first).to_be_visible()
    page.get_by_label("Title").fill(f"Fit of {NAME}")
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_role("button", name="Save workflow").click()
    expect(page).to_have_url(re.compile(f"/specifications/{NAME}/$"))
    expect(page.get_by_role("link", name="Version 1")).to_be_visible()
    page.get_by_role("button", name="Check for a newer commit").click()
    expect(page.get_by_text("There is no newer commit.")).to_be_visible(timeout=SLOW)
    page.goto(f"/projects/blazars/workflows/specifications/{NAME}/edit/")
    editor = page.get_by_label("Specification (reana.yaml)")
    editor.fill(f"# changed\n{editor.input_value()}")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("The check found no errors. Nothing was saved.")).to_be_visible()
    page.get_by_role("button", name="Review changes").click()
    expect(page.get_by_role("heading", name="What changes")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Save as new version").first.click()  # above what changes, and below it
    page.get_by_role("link", name="Version 2").click()
    page.get_by_role("link", name="What changed").click()
    expect(page.get_by_text("+# changed")).to_be_visible()
    page.goto(f"/projects/blazars/workflows/specifications/{NAME}/")
    page.get_by_text("Delete workflow").first.click()
    page.get_by_role("button", name="Delete workflow").click()
    expect(page).to_have_url(re.compile("/projects/blazars/workflows/$"))


OUTPUTS = {"snakemake": "results/greetings.txt", "cwl": "outputs/greetings.txt", "yadage": "helloworld/greetings.txt"}
SERVERS = {
    "Demonstration REANA": "Checked by Demonstration REANA",
    reana_token.SERVER: "is of a version that does not check specifications.",
}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("engine", OUTPUTS)
def test_a_workflow_of_each_engine_enters_from_git_and_runs_to_its_end(window: Windows, engine: str, server: str) -> None:
    page, name = window("lead"), f"hello-{engine}-{uuid.uuid4().hex[:6]}"
    if server == reana_token.SERVER:
        reana_token.store_token(page)
    page.goto("/projects/blazars/workflows/specifications/new/")
    page.get_by_label("Address of the repository").fill(REPOSITORY.replace("blazars", "helloworld"))
    page.get_by_role("button", name="Fetch repository").click()
    page.get_by_role("button", name=re.compile(f"reana-{engine}.yaml")).click(timeout=SLOW)
    expect(page.get_by_role("button", name="Save workflow")).to_be_visible(timeout=SLOW)
    page.get_by_label("Title").fill(name)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save workflow").click()
    page.get_by_role("main").get_by_role("link", name="Launch", exact=True).click()
    expect(page.locator(".graph svg").first).to_be_visible()
    page.get_by_role("radio", name=server, exact=True).check()
    checks = page.locator("#server-checks")
    if server == reana_token.SERVER:  # version 0.9 cannot be asked
        expect(checks.get_by_role("button")).to_have_count(0)
    else:
        page.get_by_role("button", name="Check on the server").click()
        expect(checks.get_by_role("button", name="Check again")).to_be_visible(timeout=SLOW)
    expect(checks.get_by_text(SERVERS[server]).first).to_be_visible()
    expect(checks.get_by_text("To correct")).to_have_count(0)
    page.get_by_role("button", name="Launch workflow").click()
    expect(page.locator("#run-status .pill[data-state=finished]").first).to_be_visible(timeout=2 * SLOW)
    run = page.request.get(f"{page.url.partition('#')[0]}?format=json").json()
    assert run["server"] == ("reana-0.9" if server == reana_token.SERVER else "reana")
    expect(page.get_by_text(OUTPUTS[engine]).first).to_be_visible(timeout=SLOW)
