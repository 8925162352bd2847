"""Who makes the results of others public, what of it is told before a project is public, and which notebooks are offered."""

from typing import Any

import pytest
from django.test import Client

from projects import exposure
from projects.models import Membership, Project, Role
from projects.workflows.entering.saving import add_version
from projects.workflows.models import NotebookPage, Specification
from projects.workflows.notebook_pages.forms import candidates
from tests.factories import make_person
from tests.workflows.notebook_pages.notebooks import TEXT
from tests.workflows.notebook_pages.test_pages import ADDRESS, signed_in
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
NEW = "/projects/fits/notebook-pages/new/"


@pytest.fixture
def editor(project: Project) -> Client:
    person = make_person("newcomer")
    Membership.objects.create(project=project, user=person, role=Role.EDITOR)
    return signed_in(person)


def test_an_editor_does_not_publish_the_runs_of_others(editor: Client, specification: Specification) -> None:
    sent: dict[str, Any] = {"notebook": "output:fit:results/fit.ipynb", "is_public": "on"}
    answer = editor.post(NEW, sent)
    assert answer.status_code == 422
    assert "Ask a project lead" in answer.content.decode()
    assert editor.post(NEW, sent | {"is_public": ""})["Location"] == ADDRESS
    answer = editor.post(f"{ADDRESS}edit/", {"is_public": "on", "description": "A line"})
    assert answer.status_code == 422
    assert "Ask a project lead" in answer.content.decode()
    assert not NotebookPage.objects.get().is_public


def test_an_editor_describes_a_public_page_and_closes_it(editor: Client, page: NotebookPage) -> None:
    assert editor.post(f"{ADDRESS}edit/", {"is_public": "on", "description": "A line"}).status_code == 302
    page.refresh_from_db()
    assert (page.is_public, page.description) == (True, "A line")
    assert editor.post(f"{ADDRESS}edit/", {"description": "A line"}).status_code == 302
    page.refresh_from_db()
    assert not page.is_public


def test_public_pages_are_named_before_the_project_is_public(page: NotebookPage, project: Project, lead: User) -> None:
    closed = Specification.objects.create(project=project, name="other", title="Other")
    NotebookPage.objects.create(specification=closed, output="other.ipynb")
    shown = {item.what: item for item in exposure.exposures(lead, project)}
    pages = shown["public notebook pages"]
    assert (str(pages.title), pages.opens, pages.count, pages.closed) == ("Public notebook pages", ("Fit",), 1, 1)
    assert "except for their results on public notebook pages" in shown["published runs"].stays_closed


def test_notebooks_are_offered_by_the_paths_of_their_files(project: Project) -> None:
    long = f"{'x' * 601}.ipynb"
    made = Specification(project=project, name="fit", title="Fit")
    text = TEXT.replace("files: [results/fit.ipynb]", f"files: [./results/fit.ipynb, results//fit.ipynb, {long}]")
    add_version(made, by=None, text=text, files={}, data={}, origin="git", commit="a" * 40)
    assert [item.path for item in candidates(project)] == ["results/fit.ipynb"]
