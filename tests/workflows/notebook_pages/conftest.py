"""A workflow that executes a notebook, its page, and somebody who has results computed."""

from collections.abc import Callable
from typing import Any

import pytest

from projects.models import Membership, Project, Role
from projects.workflows import services
from projects.workflows.entering.saving import add_version
from projects.workflows.models import NotebookPage, NotebookRendering, Specification, StoredFile
from projects.workflows.notebook_pages import services as pages
from tests.factories import make_person, make_project
from tests.workflows.notebook_pages.notebooks import OUTPUT, SIDECAR, TEXT, notebook
from vre_portal.iam.models import User


@pytest.fixture(autouse=True)
def no_reana(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    """Nobody here holds a token, and nothing is sent."""
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(services, "require_token", lambda *_, **__: "token")


@pytest.fixture
def lead(db: None) -> User:
    return make_person("lead")


@pytest.fixture
def project(lead: User) -> Project:
    return make_project(lead=lead, slug="fits", visibility="public")


@pytest.fixture
def member(project: Project) -> User:
    person = make_person("member")
    Membership.objects.create(project=project, user=person, role=Role.MEMBER)
    return person


@pytest.fixture
def specification(project: Project) -> Specification:
    made = Specification(project=project, name="fit", title="Fit")
    files = {"fit.ipynb": StoredFile.objects.keep(notebook()), "fit.yaml": StoredFile.objects.keep(SIDECAR)}
    add_version(made, by=None, text=TEXT, files=files, data={}, origin="git", commit="a" * 40, address="https://git.example/fit.git")
    return made


@pytest.fixture
def page(specification: Specification, lead: User) -> NotebookPage:
    return pages.add_page(by=lead, specification=specification, is_public=True, output=OUTPUT)


@pytest.fixture
def compute(page: NotebookPage, member: User) -> Callable[..., NotebookRendering]:
    """What the member gets who presses the button."""

    def press(by: User | None = None, *, again: bool = False, **values: Any) -> NotebookRendering:
        now = NotebookPage.objects.select_related("specification__current", "specification__project").get(pk=page.pk)
        return pages.compute(by=by or member, page=now, parameters={"index": 2.0, "label": "Fit"} | values, again=again)

    return press
