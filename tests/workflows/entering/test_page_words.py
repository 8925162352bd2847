"""What pages of entries say where something was not saved, not read, or changes a workflow."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from projects.models import Project
from projects.workflows.models import Entry
from tests.page_text import text_of
from tests.workflows.entering.conftest import REANA
from tests.workflows.entering.test_pages import version_of
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(project: Project, signed_in: Callable[..., Client]) -> Client:
    return signed_in("lead")


def entry_of(project: Project, person: User, **facts: object) -> Entry:
    values = {"origin": Entry.Origin.GIT, "state": "read", "text": REANA, **facts}
    return Entry.objects.create(project=project, by=person, key=uuid.uuid4(), **values)


def test_all_that_is_not_saved_is_listed_with_its_place_and_what_failed_last(
    lead: Client, project: Project, people: dict[str, User]
) -> None:
    for number in range(7):
        state = "failed" if number > 4 else "choice"
        entry_of(project, people["lead"], state=state, address=f"https://git.example.org/r{number}.git", ref=f"branch-{number}")
    page = text_of(lead.get("/projects/fits/workflows/").content)
    places = [page.index(f"https://git.example.org/r{number}.git branch-{number}") for number in (4, 3, 2, 1, 0, 6, 5)]
    assert places == sorted(places)
    assert "Show all 7" in page


def test_of_a_specification_that_cannot_be_read_no_part_is_shown_as_empty(lead: Client, project: Project, people: dict[str, User]) -> None:
    entry = entry_of(project, people["lead"], text="workflow: [")
    page = text_of(lead.get(entry.get_absolute_url()).content)
    assert "This workflow has no parameters" not in page
    assert "Outputs" not in page
    assert "line 2" in page


def test_an_update_says_what_it_changes(lead: Client, project: Project, people: dict[str, User]) -> None:
    workflow = version_of(project).specification
    workflow.commit = "a" * 40
    workflow.save()
    entry = entry_of(project, people["lead"], specification=workflow, commit="b" * 40, text=REANA.replace("level: 2", "level: 3"))
    page = lead.get(entry.get_absolute_url()).content.decode()
    words = text_of(page.encode())
    assert "New version of Fit" in words
    assert "Version 1 is the current one." in words
    assert "aaaaaaaa → bbbbbbbb" in words
    assert page.index('form="save"') < page.index('id="save"')
