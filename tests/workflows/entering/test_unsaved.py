"""What is not saved: at most twenty are kept for a person, and none goes without a word."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from projects.models import Project
from projects.workflows.entering.beginning import MAX_KEPT
from projects.workflows.models import Entry
from tests.page_text import text_of
from tests.workflows.entering.conftest import REANA
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
NEW = "/projects/fits/workflows/specifications/new/"


def enter(project: Project, by: User, number: int, state: str = Entry.State.READ) -> Entry:
    facts = {"origin": Entry.Origin.EDITOR, "state": state, "title": f"Number {number}"}
    return Entry.objects.create(project=project, by=by, key=uuid.uuid4(), **facts)


def test_before_and_after_the_oldest_goes_it_is_named(
    signed_in: Callable[[str], Client], project: Project, people: dict[str, User]
) -> None:
    lead = signed_in("lead")
    for number in range(MAX_KEPT - 1):
        enter(project, people["lead"], number)
    assert "the oldest is deleted" not in text_of(lead.get(NEW).content)
    enter(project, people["lead"], MAX_KEPT)
    for address in (NEW, f"{NEW}?from=editor"):
        assert "the oldest is deleted: “Number 0”" in text_of(lead.get(address).content)
    page = lead.post(f"{NEW}?from=editor", {"key": str(uuid.uuid4()), "text": REANA}, follow=True).content
    assert f"At most {MAX_KEPT} workflows that are not saved are kept, so the oldest one was deleted: Number 0." in text_of(page)
    assert Entry.objects.count() == MAX_KEPT


def test_a_look_without_a_finding_is_not_missed(signed_in: Callable[[str], Client], project: Project, people: dict[str, User]) -> None:
    lead = signed_in("lead")
    for number in range(MAX_KEPT):
        enter(project, people["lead"], number, Entry.State.SAME)
    assert "the oldest is deleted" not in text_of(lead.get(NEW).content)
    page = lead.post(f"{NEW}?from=editor", {"key": str(uuid.uuid4()), "text": REANA}, follow=True).content
    assert "was deleted" not in text_of(page)
