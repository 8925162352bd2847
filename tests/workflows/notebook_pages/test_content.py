"""Notebook pages of content files, and the one of the demonstration."""

from typing import Any

import pytest

from projects.content import BadEntry
from projects.workflows import reana_yaml
from projects.workflows.models import NotebookPage, Specification
from projects.workflows.notebook_pages import services
from projects.workflows.notebook_pages.content import add_notebook_page
from projects.workflows.notebook_pages.sidecar import read_sidecar
from tests.demo.steps import DEMO
from vre_portal.iam.models import User


@pytest.mark.django_db
def test_an_entry_gives_a_workflow_its_page_once(specification: Specification) -> None:
    entry = {"notebook_page": {"output": "results/fit.ipynb", "public": True}}
    add_notebook_page(specification, entry)
    NotebookPage.objects.update(is_public=False)  # as an editor decided since
    add_notebook_page(specification, entry)
    page = NotebookPage.objects.get()
    assert (page.specification, page.output, page.is_public) == (specification, "results/fit.ipynb", False)
    add_notebook_page(specification, {})


@pytest.mark.django_db
def test_a_page_that_was_removed_does_not_come_back(specification: Specification, lead: User) -> None:
    entry = {"notebook_page": {"output": "./results/fit.ipynb"}}
    add_notebook_page(specification, entry)
    page = NotebookPage.objects.get()
    assert page.output == "results/fit.ipynb"
    services.remove_page(by=lead, page=page)
    add_notebook_page(specification, entry)
    assert not NotebookPage.objects.exists()


@pytest.mark.parametrize("facts", [{"public": True}, {"output": 1}, {"output": "a.ipynb", "public": "yes"}, {"output": "../a.ipynb"}])
@pytest.mark.django_db
def test_an_entry_that_cannot_be_used_is_told(specification: Specification, facts: dict[str, Any]) -> None:
    with pytest.raises(BadEntry):
        add_notebook_page(specification, {"notebook_page": facts})
    assert not NotebookPage.objects.exists()


def test_the_sidecar_of_the_demonstration_agrees_with_its_workflow() -> None:
    folder = DEMO / "log-parabola"
    read = reana_yaml.read((folder / "reana.yaml").read_text())
    assert not read.faults
    assert dict(read_sidecar((folder / "log-parabola.yaml").read_text()).parameters) == read.parameters
